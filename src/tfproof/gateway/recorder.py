"""Keeps the calls: in memory for whoever asks, and as JSON lines in a file."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import IO

from tfproof.gateway.call import Call
from tfproof.gateway.needs.need import Need

__all__ = ["Recorder"]


class Recorder:
    """The calls of a gateway in the order they were answered.

    Args:
        file: File that each call is appended to as a line of JSON.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._kept: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._file: IO[str] | None = None
        if file is not None:
            file.touch(mode=0o600)
            self._file = file.open("a", encoding="utf-8")

    def add(self, call: Call) -> None:
        """Numbers a call and the calls it implies, and keeps them. Called before the answer goes out.

        Terraform may exit the moment it has its answer; whoever then reads the log must find the call in it.
        """
        with self._lock:
            number = len(self._kept) + 1
            direct = tuple(need for need in call.needs if not need.implied)
            self._keep(dataclasses.replace(call, number=number, needs=direct))
            for need in call.needs:
                if need.implied:
                    self._keep(_implied(call, need, len(self._kept) + 1, number))

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def lines(self, since: int = 0, *, access_key: str = "") -> list[str]:
        """The calls after the first `since`, as JSON; those of one access key only, if one is given."""
        with self._lock:
            kept = self._kept[since:]
        return [line for key, line in kept if not access_key or key == access_key]

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _keep(self, call: Call) -> None:
        line = call.to_json()
        self._kept.append((call.access_key, line))
        if self._file is not None:
            self._file.write(line + "\n")
            self._file.flush()


def _implied(call: Call, need: Need, number: int, cause: int) -> Call:
    service, _, operation = need.action.partition(":")
    return dataclasses.replace(
        call,
        number=number,
        service=service,
        operation=operation,
        needs=(need,),
        status=0,
        error_code="",
        seconds=0.0,
        bytes_in=None,
        bytes_out=None,
        implied=True,
        caused_by=cause,
    )
