"""The embedded target: moto on loopback behind the gateway, started for the run and gone with it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

from tfproof.targets.emulator import ADMINISTRATOR, Emulator
from tfproof.targets.front import Front

__all__ = ["EmbeddedTarget"]

_ACCOUNT: Final = "123456789012"


class EmbeddedTarget(Emulator):
    """moto, with what it gets wrong for a state backend mended, behind the gateway, in a process of its own.

    Args:
        log: File for the process's own output; the log of its calls is `calls.jsonl` beside it.
        region: Region of the run.
        port: Port on 127.0.0.1; 0 takes a free one.

    Raises:
        TargetError: By the first use: the server does not start; its own words are in the message.
    """

    def __init__(self, log: Path, *, region: str = "us-east-1", port: int = 0) -> None:
        self._front = Front(
            log,
            {
                "upstream": "moto",
                "account_id": _ACCOUNT,
                "region": region,
                "administrator": ADMINISTRATOR,
                "port": port,
            },
        )
        super().__init__(kind="embedded", region=region, account_id=_ACCOUNT, token=self._front.token)

    @property
    def port(self) -> int:
        """The port it listens on; the first look waits until it does."""
        return self._front.port

    @property
    def endpoint(self) -> str:
        """URL that all AWS calls go to. An IP address, so that S3 clients use path style by themselves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def description(self) -> str:
        """What it is and where."""
        return f"moto {version('moto')} at 127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """Of the server's process."""
        return self._front.process_id

    def stop(self) -> None:
        """Ends the server."""
        self._front.stop()
        super().stop()
