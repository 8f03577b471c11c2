"""Runs a command and waits for its end, Ctrl-C or not: it is told by the terminal too, and has to clear up."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

__all__ = ["INTERRUPTED", "exit_code", "waited"]

INTERRUPTED: Final = 128 + signal.SIGINT


def waited(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Runs a command; `subprocess.run` would kill it a quarter of a second after Ctrl-C, in the middle of clearing up.

    Args:
        command: The command.
        cwd: Folder it runs in.
        environment: All of its environment; None for this process's own.
        quiet: Whether its output is kept rather than shown.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came meanwhile, and the command has ended.
        OSError: It cannot be started.
    """
    told: list[int] = []
    pipe = subprocess.PIPE if quiet else None
    with subprocess.Popen(command, cwd=cwd, env=environment, stdout=pipe, stderr=pipe, text=True) as process:

        def note(number: int, _frame: FrameType | None) -> None:
            told.append(number)
            if number == signal.SIGTERM:  # which the terminal tells to nobody
                process.send_signal(signal.SIGINT)

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            output, errors = process.communicate()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if told:
        raise KeyboardInterrupt
    return subprocess.CompletedProcess(command, process.returncode, output or "", errors or "")


def exit_code(main: Callable[[], int]) -> int:
    """What a tool's main function answers; 130 when Ctrl-C has ended it."""
    try:
        return main()
    except KeyboardInterrupt:
        return INTERRUPTED
