"""Lets other processes ask for the stacks of a run, over a loopback socket, with a key made for the run.

pytest-xdist gives a worker ten seconds to end, so nothing that must be ended can belong to one. The controller owns the
stacks and answers; a worker that dies takes nothing with it.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Mapping
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.proof.stacks import Stacks, StackSpec

__all__ = ["RemoteStacks", "StackServer"]

_CALLS: Final = frozenset({"plan_document", "prepare", "replan", "state_document", "target_address", "tools"})


class StackServer:
    """Answers other processes for a `Stacks`, one thread a connection.

    Args:
        stacks: Whom the questions are put to.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self._authkey = secrets.token_bytes(32)
        # Loopback and not a Unix socket: those take paths of 107 bytes only, and the run folder's may be longer.
        self._listener = Listener(("127.0.0.1", 0), "AF_INET", authkey=self._authkey)
        self._open = True
        threading.Thread(target=self._accept, name="tfproof-stacks", daemon=True).start()

    @property
    def address(self) -> dict[str, str]:
        """What a process needs to ask: `RemoteStacks(**address)`."""
        return {"port": str(self._listener.address[1]), "authkey": self._authkey.hex()}

    def close(self) -> None:
        """Takes no more questions."""
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.close()

    def _accept(self) -> None:
        while self._open:
            try:
                connection = self._listener.accept()
            except Exception:  # noqa: BLE001, S112  # whatever a stranger sends, or closing, must not end the loop
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        with contextlib.suppress(EOFError, OSError), connection:
            while True:
                name, arguments = connection.recv()
                connection.send(self._answer(name, arguments))

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        if name not in _CALLS:
            return False, TfproofError(f"call={name!r} is not one that stacks answer")
        try:
            if name == "tools":
                return True, (self._stacks.terraform, self._stacks.provider_source)
            return True, getattr(self._stacks, name)(*arguments)
        except TfproofError as error:
            return False, error


class RemoteStacks:
    """The stacks of another process, asked over its socket; what it refuses is raised here.

    Args:
        port: Port on 127.0.0.1 that it answers on.
        authkey: The key that was made for the run, in hexadecimal.
    """

    def __init__(self, port: str, authkey: str) -> None:
        self._address = ("127.0.0.1", int(port))
        self._authkey = bytes.fromhex(authkey)

    def ask(self, name: str, *arguments: Any) -> Any:
        """One question; a connection each, so that threads never share one.

        Raises:
            TfproofError: What the other side raised, or that it is gone.
        """
        try:
            with Client(self._address, "AF_INET", authkey=self._authkey) as connection:
                connection.send((name, arguments))
                good, answer = connection.recv()
        except (OSError, EOFError) as error:
            raise TfproofError(
                f"the process that owns the stacks is gone: {error}", remedy="Run the tests again."
            ) from error
        if not good:
            raise answer
        return answer

    def plan_document(self, spec: StackSpec) -> Path:
        """See `Stacks.plan_document`."""
        return Path(self.ask("plan_document", spec))

    def state_document(self, spec: StackSpec) -> Path:
        """See `Stacks.state_document`."""
        return Path(self.ask("state_document", spec))

    def replan(self, spec: StackSpec, refresh: bool) -> list[dict[str, Any]]:  # noqa: FBT001  # as Stacks.replan
        """See `Stacks.replan`."""
        return list(self.ask("replan", spec, refresh))

    def prepare(self, workspace_root: str, environment: Mapping[str, str]) -> str | None:
        """See `Stacks.prepare`."""
        value = self.ask("prepare", workspace_root, dict(environment))
        return None if value is None else str(value)

    def target_address(self) -> dict[str, str]:
        """See `Stacks.target_address`."""
        return dict(self.ask("target_address"))
