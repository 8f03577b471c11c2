"""LocalStack as a process on this machine, without Docker: started for a run and gone with it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from tfproof.errors import TargetError
from tfproof.targets.localstack.health import WAIT_SECONDS, Health, await_health
from tfproof.targets.localstack.installation import Installation
from tfproof.targets.localstack.java import find_java_home
from tfproof.targets.localstack.tool import tail
from tfproof.targets.localstack.version import SETTINGS

__all__ = ["LocalStackHost"]

_HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 30.0
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ")
"""What LocalStack sees of the user's environment. Not TMPDIR: it warns of it, and takes its own."""


class LocalStackHost:
    """Starts an installed LocalStack, with a folder of its own for all it writes, and ends it.

    Args:
        installation: The LocalStack.
        folder: Folder of the run, for its files; its log is `localstack.log` in it.
        port: Port on 127.0.0.1; 0 takes a free one.

    Attributes:
        endpoint: Its URL.
        log: The file it writes to.

    Raises:
        EnvironmentProblem: No Java can be found.
        TargetError: The port is in use, or the process does not start.
    """

    def __init__(self, installation: Installation, folder: Path, *, port: int = 0) -> None:
        java_home = find_java_home()
        port = _free_port(port)
        self.endpoint = f"http://{_HOST}:{port}"
        self.log = folder / "localstack.log"
        self._files = folder / "localstack"
        _lay_out(self._files, installation, java_home)
        self.log.touch(mode=0o600)
        told = {
            "command": [str(installation.python), "-P", "-m", "localstack.runtime.main"],
            "environment": _environment(port, self._files, java_home),
            "folder": str(self._files),
            "log": str(self.log),
        }
        with self.log.open("ab") as output:
            self._keeper = subprocess.Popen(
                [sys.executable, "-P", "-m", "tfproof.targets.localstack.keeper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                process_group=0,
            )
        self.process_ids = [self._keeper.pid]
        with contextlib.suppress(OSError):  # it may have died already; its first line, or its absence, tells
            assert self._keeper.stdin is not None  # noqa: S101  # both are pipes
            self._keeper.stdin.write(json.dumps(told).encode() + b"\n")
            self._keeper.stdin.flush()
        try:
            assert self._keeper.stdout is not None  # noqa: S101
            self.process_ids.append(int(json.loads(self._keeper.stdout.readline())["process_id"]))
        except (ValueError, LookupError):
            self.stop()
            raise TargetError(f"LocalStack did not start: {tail(self.log) or 'it said nothing'}") from None

    def wait(self, say: Callable[[str], None] = lambda _: None, *, seconds: float = WAIT_SECONDS) -> Health:
        """Waits until it can be used: 10 s on an idle machine of two cores.

        Raises:
            TargetError: It ends, or does not become ready in time; the end of its log is in the message.
        """
        try:
            return await_health(self.endpoint, seconds=seconds, say=say, look=self._look)
        except TargetError as error:
            raise TargetError(
                f"{error.message}\nThe end of {self.log}:\n{tail(self.log)}",
                remedy="Look for what is missing in its log. How to install it anew: docs/targets.md.",
            ) from None

    def _look(self) -> None:
        code = self._keeper.poll()
        if code is not None:
            raise TargetError(f"LocalStack ended with exit code {code} before it was ready")

    def stop(self) -> None:
        """Ends it with all its children; safe to call twice."""
        with contextlib.suppress(OSError):
            if self._keeper.stdin is not None:
                self._keeper.stdin.close()
        try:
            self._keeper.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()
        shutil.rmtree(self._files, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def _free_port(port: int) -> int:
    with socket.socket() as listener:
        # As LocalStack does: connections of a predecessor that linger are no reason not to listen.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            raise TargetError(
                f"port={port} on {_HOST} cannot be listened on: {error.strerror}",
                remedy="End what listens there, or leave the port out: a free one is then taken.",
            ) from error
        return int(listener.getsockname()[1])


def _lay_out(files: Path, installation: Installation, java_home: Path) -> None:
    """The folders in which LocalStack looks for what it would otherwise download."""
    libraries = files / "var" / "lib" / "localstack" / "lib"
    for link, target in (("dynamodb-local/2", installation.dynamodb), ("java/21", java_home)):
        path = libraries / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target, target_is_directory=True)


def _environment(port: int, files: Path, java_home: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name in _KEPT},
        **SETTINGS,
        "GATEWAY_LISTEN": f"{_HOST}:{port}",
        "FILESYSTEM_ROOT": str(files),
        "HOME": str(files),  # it keeps a cache there
        # In a sandbox that looks like a container it would write to /var/lib/localstack.
        "OVERRIDE_IN_DOCKER": "0",
        "JAVA_HOME": str(java_home),
        "PYTHONUNBUFFERED": "1",
    }
