"""Runs a command while LocalStack runs in Docker: `python tools/compose_localstack.py COMMAND ...`.

Brings up docker-compose.yml, waits until it is healthy, runs the command, and takes it down again, whatever happens:
also when the command fails, when LocalStack does not start, and after Ctrl-C. The command finds it by LOCALSTACK_HOST.
The exit code is the command's; 3 when LocalStack could not be had.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

__all__ = ["main"]

_ROOT: Final = Path(__file__).parents[1]
_COMPOSE: Final = ("docker", "compose", "--file", str(_ROOT / "docker-compose.yml"))
_WAIT_SECONDS: Final = 180
_NO_TOKEN: Final = 55
_COULD_NOT_RUN: Final = 3
_WITHOUT: Final = "Without Docker: make test-localstack-host."


def main(command: Sequence[str]) -> int:
    """Runs the command between up and down; answers its exit code."""
    problem = _docker_problem()
    if problem:
        return _told(problem)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        up = subprocess.run([*_COMPOSE, "up", "--detach", "--wait", "--wait-timeout", str(_WAIT_SECONDS)], check=False)
        if up.returncode:
            return _told(_why_not(up.returncode))
        return _run(command)
    except (KeyboardInterrupt, _TerminatedError):
        return 128 + signal.SIGINT
    finally:
        # Neither a second Ctrl-C nor make's own may leave the container behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.run([*_COMPOSE, "down", "--volumes"], check=False, start_new_session=True)


def _docker_problem() -> str:
    if shutil.which("docker") is None:
        return f"docker was not found. {_WITHOUT}"
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:  # noqa: S607
        return f"docker has no compose: its plugin is missing. {_WITHOUT}"
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:  # noqa: S607
        return f"docker has no engine to talk to: it is not running, or you may not use it. {_WITHOUT}"
    return ""


def _run(command: Sequence[str]) -> int:
    environment = {**os.environ, "LOCALSTACK_HOST": f"127.0.0.1:{os.environ.get('LOCALSTACK_PORT', '4566')}"}
    with subprocess.Popen(command, env=environment) as process:
        # No exceptions from here on: one that comes between a command's end and its answer makes an exit code of 0.
        # Ctrl-C is told to the command by the terminal: it clears up, and is waited for.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        return process.wait()


def _why_not(code: int) -> str:
    subprocess.run([*_COMPOSE, "logs", "--tail", "30"], check=False)
    listed = subprocess.run(
        [*_COMPOSE, "ps", "--all", "--quiet"], capture_output=True, text=True, check=False
    ).stdout.split()
    inspect = ["docker", "inspect", "--format", "{{.State.ExitCode}}", *listed]
    exited = subprocess.run(inspect, capture_output=True, text=True, check=False).stdout.split() if listed else []
    if str(_NO_TOKEN) in exited:
        return (
            "LocalStack exited with code 55: this image starts with a token only. Leave LOCALSTACK_IMAGE_TAG out, "
            "since 4.14.0 needs none, or set LOCALSTACK_AUTH_TOKEN."
        )
    return f"LocalStack did not become healthy (docker compose exited with {code}); its log is above. {_WITHOUT}"


def _told(problem: str) -> int:
    sys.stderr.write(f"{problem}\n")
    return _COULD_NOT_RUN


class _TerminatedError(Exception):
    """A SIGTERM, as an exception, so that what was brought up is taken down."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
