"""The embedded target: moto on loopback behind the gateway, started for the run and gone with it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

from tfproof.targets.fronted import FrontedEmulator

__all__ = ["EmbeddedTarget"]

_ACCOUNT: Final = "123456789012"


class EmbeddedTarget(FrontedEmulator):
    """moto, with what it gets wrong for a state backend mended, in the gateway's own process.

    Args:
        log: File for the process's own output; the log of its calls is `calls.jsonl` beside it.
        region: Region of the run.
        port: Port on 127.0.0.1; 0 takes a free one.

    Raises:
        TargetError: By the first use: the server does not start; its own words are in the message.
    """

    def __init__(self, log: Path, *, region: str = "us-east-1", port: int = 0) -> None:
        name = f"moto {version('moto')}"
        super().__init__(
            log, kind="embedded", upstream="moto", name=name, account_id=_ACCOUNT, region=region, port=port
        )
