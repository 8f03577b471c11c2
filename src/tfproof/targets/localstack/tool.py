"""Runs a tool to its end: its output in a log, Ctrl-C ends it, a failure says what it said last."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem
from tfproof.interrupts import interrupts

__all__ = ["run_tool", "tail"]

_LOOK_SECONDS: Final = 0.2
_END_SECONDS: Final = 10.0
_LEADS_ASTRAY: Final = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "JAVA_TOOL_OPTIONS")
"""What would make a tool of another environment load ours."""


def run_tool(command: Sequence[str | Path], log: Path, *, folder: Path, what: str, remedy: str) -> None:
    """Runs a command to its end.

    Args:
        command: Program and arguments.
        log: File that its output is appended to.
        folder: Where it runs.
        what: What it is for, to be read after "could not".
        remedy: What to do when it fails.

    Raises:
        EnvironmentProblem: It could not be started, or failed.
        KeyboardInterrupt: Ctrl-C came; it has been ended.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _LEADS_ASTRAY}
    with log.open("ab") as output:
        output.write(f"$ {' '.join(str(part) for part in command)}\n".encode())
        output.flush()
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        except OSError as error:
            raise EnvironmentProblem(f"could not {what}: {error.strerror or error}", remedy=remedy) from error
        try:
            code = _wait(process)
        finally:
            if process.poll() is None:
                _end(process)
    if code:
        raise EnvironmentProblem(
            f"could not {what}: {Path(command[0]).name} exited with {code}\n{tail(log)}", remedy=remedy
        )


def tail(log: Path, length: int = 1500) -> str:
    """The last characters of a log; `""` when there is none."""
    try:
        return log.read_text(encoding="utf-8", errors="replace").strip()[-length:]
    except OSError:
        return ""


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            # Ctrl-C may be held back (`tfproof.interrupts`); an install of a minute must still be ended by it.
            if interrupts():
                raise KeyboardInterrupt from None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
