"""What tools share: a command that is waited for, Ctrl-C or not, and the red line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

__all__ = ["INTERRUPTED", "exit_code", "red", "waited"]

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


def red(tool: str, line: str) -> None:
    """Says what went wrong, in red where that can be seen: on a terminal, and in GitHub's log of a run."""
    if os.environ.get("GITHUB_ACTIONS"):
        sys.stderr.write(f"::error title={tool}::{line}\n")
        return
    marks = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    sys.stderr.write(f"{marks[0]}{tool}: {line}{marks[1]}\n")


def exit_code(main: Callable[[], int]) -> int:
    """What a tool's main function answers; 130 when Ctrl-C has ended it."""
    try:
        return main()
    except KeyboardInterrupt:
        return INTERRUPTED
