"""One operation tried by one caller: what it did, what it said, and what it left behind."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfproof.backend_use.operations import BackendOperation, Start
from tfproof.backend_use.place import Place, state_text
from tfproof.backend_use.scratch import Ran, Scratch
from tfproof.gateway.call_log import CallLog
from tfproof.gateway.client import Credentials, Gateway
from tfproof.targets.target import Target
from tfproof.terraform.binary import Terraform
from tfproof.terraform.command import Running

__all__ = ["TRIAL", "Bench", "Caller", "Trial"]

TRIAL: Final = "tfproof-trial-"
"""What the folder of a trial's state begins with, in the bucket."""

_REMOTE: Final = """\
data "terraform_remote_state" "other" {{
  backend = "s3"
  config  = {config}
}}

output "value" {{
  value = data.terraform_remote_state.other.outputs.value
}}
"""


@dataclass(frozen=True)
class Trial:
    """An operation that was tried. Exit codes are no oracle: calls, words and leftovers together are.

    Attributes:
        operation: What was tried.
        ran: How the command ended.
        calls: The AWS calls it made, those services made in its name among them.
        lock_left: Whether a lock is there afterwards.
        state_changed: Whether the state is another than before.
        digest_right: Whether the table's digest is that of the state.
        errored: Whether Terraform wrote `errored.tfstate`, because it could not save the state.
        policies: What the caller was allowed.
    """

    operation: BackendOperation
    ran: Ran
    calls: CallLog
    lock_left: bool
    state_changed: bool
    digest_right: bool
    errored: bool
    policies: tuple[str, ...] = ()

    @property
    def went_well(self) -> bool:
        """Whether it did all it was to do, said nothing of refusals, and left nothing behind."""
        return not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not as it should be, in words; empty when it went well."""
        found = []
        if self.ran.exit_code:
            found.append(f"exit code {self.ran.exit_code}")
        if self.calls.refused:
            found.append(f"refused: {', '.join(sorted(set(self._refused_actions)))}")
        if self.lock_left:
            found.append("lock left")
        if self.errored:
            found.append("errored.tfstate")
        if self.operation.writes and not self.state_changed:
            found.append("state not changed")
        if not self.operation.writes and self.state_changed:
            found.append("state changed")
        if not self.digest_right:
            found.append("digest wrong")
        if not found and ("AccessDenied" in self.ran.said or "Forbidden" in self.ran.said):
            found.append("a warning about access")
        return tuple(found)

    @property
    def _refused_actions(self) -> list[str]:
        return [call.needs[-1].action for call in self.calls.refused if call.needs]

    @property
    def message(self) -> str:
        """What Terraform said of a failure, in one line; `""` when it said nothing of one."""
        return self.ran.complaint


@dataclass(frozen=True, slots=True)
class Caller:
    """Who uses a backend.

    Attributes:
        arn: Of a user or role.
        policies: Its identity policies, as text.
        enforced: Whether they, the bucket policy and the key policy decide; otherwise its calls are only recorded.
    """

    arn: str
    policies: tuple[str, ...]
    enforced: bool = True

    def credentials(self, gateway: Gateway) -> Credentials:
        """Credentials of its own for one use: their calls can be told from all others."""
        return gateway.credentials(self.arn, policies=self.policies, enforced=self.enforced)


class Bench:
    """Makes trials against one backend; may be used by several threads.

    Args:
        folder: Where scratch folders are made.
        terraform: The binary.
        target: Where the backend is.
        gateway: The gateway before it.
        running: Where commands are kept while they run.

    Attributes:
        gateway: The gateway.
        terraform: The binary.
    """

    def __init__(
        self, folder: Path, *, terraform: Terraform, target: Target, gateway: Gateway, running: Running | None = None
    ) -> None:
        self._folder = folder
        self.terraform = terraform
        self._target = target
        self.gateway = gateway
        self._running = running
        # Several benches may use one bucket at the same time: none may meet the states of another.
        self._number = (10**6 + secrets.randbelow(9 * 10**6)) * 1000
        self._lock = threading.Lock()

    def place_for(self, backend: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with a state key of their own, in the folder of the given key."""
        with self._lock:
            self._number += 1
            number = self._number
        above, _, _ = str(backend["key"]).rpartition("/")
        return {**backend, "key": f"{above}/" * bool(above) + f"{TRIAL}{number}/terraform.tfstate"}

    def scratch(self, backend: Mapping[str, Any], credentials: Credentials | None = None, **named: Any) -> Scratch:
        """A scratch folder of its own."""
        with self._lock:
            self._number += 1
            folder = self._folder / f"scratch-{self._number}"
        return Scratch(
            folder,
            terraform=self.terraform,
            target=self._target,
            backend=backend,
            credentials=credentials,
            running=self._running,
            **named,
        )

    def place(self, backend: Mapping[str, Any], workspace: str = "default") -> Place:
        """Where such a backend keeps the state of a workspace."""
        return Place(self._target, backend, workspace)

    def attempt(self, operation: BackendOperation, backend: Mapping[str, Any], caller: Caller) -> Trial:
        """Tries one operation on a state of its own, which is gone afterwards."""
        credentials = caller.credentials(self.gateway)
        settings = self.place_for(backend)
        place = self.place(settings, operation.workspace)
        default = self.place(settings)
        scratch = self._made_ready(operation, settings, default)
        try:
            before = place.state()
            scratch.become(credentials)
            ran = operation.run(scratch)
            calls = self.gateway.calls(access_key=credentials.access_key)
            return Trial(
                operation,
                ran,
                calls,
                lock_left=place.lock_left(),
                state_changed=place.state() != before,
                digest_right=place.digest_is_right(),
                errored=(scratch.folder / "errored.tfstate").exists(),
                policies=caller.policies,
            )
        finally:
            shutil.rmtree(scratch.folder, ignore_errors=True)
            for used in {operation.workspace, "default", "dev"}:
                self.place(settings, used).clear()

    def _made_ready(self, operation: BackendOperation, settings: dict[str, Any], default: Place) -> Scratch:
        if operation.start is not Start.NOTHING:
            default.put_state(state_text())
        if operation.start is Start.WORKSPACE:
            self.place(settings, "dev").put_state(state_text())
        if operation.remote:
            scratch = self.scratch({}, configuration=_REMOTE.format(config=json.dumps(settings)))
        else:
            scratch = self.scratch(settings)
        if operation.initialised:
            scratch.init()
        operation.prepare(scratch)
        if operation.start is Start.LOCKED:
            default.put_lock()
        return scratch
