"""The embedded target: moto's server on loopback, started for the run and gone with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tfproof.errors import TargetError
from tfproof.targets.emulator import Emulator

__all__ = ["EmbeddedTarget"]

_ACCOUNT: Final = "123456789012"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0


class EmbeddedTarget(Emulator):
    """moto, with what it gets wrong for a state backend mended, in a process of its own.

    Args:
        log: File for the server's own output.
        region: Region of the run.
        port: Port on 127.0.0.1; 0 takes a free one.

    Raises:
        TargetError: The server does not start: its own words are in the message.
    """

    def __init__(self, log: Path, *, region: str = "us-east-1", port: int = 0) -> None:
        super().__init__(kind="embedded", region=region, account_id=_ACCOUNT)
        self._log = log
        with log.open("ab") as output:
            # -P: the folder the user stands in must not be able to shadow a module of the server.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tfproof.targets.moto_server", f"--port={port}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=_server_environment(),
                process_group=0,
            )

    @cached_property
    def port(self) -> int:
        """The port it listens on; the first look waits until it does."""
        answer: list[bytes] = []
        reader = threading.Thread(target=lambda: answer.append(_first_line(self._process)), daemon=True)
        reader.start()
        reader.join(_START_SECONDS)
        try:
            return int(json.loads(answer[0])["port"])
        except (IndexError, ValueError, LookupError, TypeError):
            self.stop()
            raise TargetError(
                f"the embedded target did not start: {_tail(self._log) or 'it said nothing'}",
                remedy="Look for a port in use, or for a package of the environment that is missing or too new.",
            ) from None

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
        return self._process.pid

    def stop(self) -> None:
        """Ends the server by closing its standard input, or by force when it does not listen."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        super().stop()


def _server_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_", "TF_"))}
    return {**kept, "MOTO_ACCOUNT_ID": _ACCOUNT, "PYTHONUNBUFFERED": "1"}


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline() if process.stdout is not None else b""


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
    except OSError:
        return ""
