"""The gateway's process, as whoever started it sees it. What it does is in `tfproof.gateway`."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TargetError

__all__ = ["Front"]

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0


class Front:
    """Starts the gateway's process, waits for its port, ends it.

    Args:
        log: File for the process's own output; calls and certificates are put beside it.
        settings: Its settings, see `tfproof.gateway.process.ProcessSettings`.

    Attributes:
        token: What a caller of the gateway's own paths must show.
    """

    def __init__(self, log: Path, settings: Mapping[str, Any]) -> None:
        self.token = secrets.token_hex(16)
        self._log = log
        told = {"folder": str(log.parent), "token": self.token, "log": True, **settings}
        with log.open("ab") as output:
            # -P: the folder the user stands in must not be able to shadow a module of the process.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tfproof.gateway.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=_environment(),
                process_group=0,
            )
        with contextlib.suppress(OSError):  # it may have died already; the first look at its port tells
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(told).encode() + b"\n")
                self._process.stdin.flush()

    @cached_property
    def port(self) -> int:
        """The port it listens on; the first look waits until it does.

        Raises:
            TargetError: It does not start; its own words are in the message.
        """
        answer: list[bytes] = []
        reader = threading.Thread(target=lambda: answer.append(_first_line(self._process)), daemon=True)
        reader.start()
        reader.join(_START_SECONDS)
        try:
            return int(json.loads(answer[0])["port"])
        except (IndexError, ValueError, LookupError, TypeError):
            self.stop()
            raise TargetError(
                f"the target did not start: {_tail(self._log) or 'it said nothing'}",
                remedy="Look for a port in use, or for a package of the environment that is missing or too new.",
            ) from None

    @property
    def process_id(self) -> int:
        """Of the process."""
        return self._process.pid

    def stop(self) -> None:
        """Ends the process by closing its standard input, or by force when it does not listen; safe to call twice."""
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


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_", "TF_"))}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline() if process.stdout is not None else b""


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
    except OSError:
        return ""
