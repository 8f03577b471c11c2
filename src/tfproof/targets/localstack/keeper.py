"""Keeps a server for as long as somebody holds its standard input: `python -m tfproof.targets.localstack.keeper`.

It reads one line of JSON (`command`, `environment`, `folder`, `log`), starts the command, prints one line with its
process id, and ends it with all its children when standard input ends: when whoever started it is gone, however that
happened. LocalStack would stay, and its DynamoDB Local would outlive a LocalStack that is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from typing import Final

import psutil

__all__ = ["main"]

_LOOK_SECONDS: Final = 0.5
_END_SECONDS: Final = 10.0
_PR_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h


def main() -> int:
    """Serves until standard input ends, or the server does; answers the server's exit code."""
    # Ctrl-C is for whoever started us, and the end of our input is how we are told.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _adopt_orphans()
    told = json.loads(sys.stdin.buffer.readline())
    with open(told["log"], "ab") as log:  # noqa: PTH123  # nothing but builtins and psutil: this starts at once
        server = subprocess.Popen(
            told["command"],
            cwd=told["folder"],
            env=told["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    sys.stdout.write(json.dumps({"process_id": server.pid}) + "\n")
    sys.stdout.flush()
    family: dict[int, psutil.Process] = {}
    while server.poll() is None:
        _remember(family)
        if select.select([sys.stdin], [], [], _LOOK_SECONDS)[0] and not os.read(sys.stdin.fileno(), 4096):
            break
    _end(server, family)
    return server.returncode


def _adopt_orphans() -> None:
    """Makes children of children ours when their parent goes: what the server had just started can be found then.

    Only Linux can; elsewhere what was there at the last look is ended.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _remember(family: dict[int, psutil.Process]) -> None:
    with contextlib.suppress(psutil.Error):
        family |= {child.pid: child for child in psutil.Process().children(recursive=True)}


def _end(server: subprocess.Popen[bytes], family: dict[int, psutil.Process]) -> None:
    _remember(family)
    server.terminate()
    try:
        server.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    _remember(family)
    left = [process for pid, process in family.items() if pid != server.pid and process.is_running()]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=_END_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
