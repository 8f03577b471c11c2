"""What users do with a backend: every Terraform command that touches it, each from a state of things of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tfproof.backend_use.place import LOCK_ID, state_text
from tfproof.backend_use.scratch import Ran, Scratch

__all__ = ["OPERATIONS", "BackendOperation", "Start", "operation_by_name"]


class Start(StrEnum):
    """What is there before an operation."""

    NOTHING = "nothing"
    STATE = "a state"
    WORKSPACE = "a state in another workspace"
    LOCKED = "a state that somebody else has locked"


_INIT: Final = ("init", "-no-color", "-input=false")
_QUIET: Final = ("-no-color", "-input=false")


def _nothing(_: Scratch) -> None:
    """No preparation."""


@dataclass(frozen=True, slots=True)
class BackendOperation:
    """One thing done with a backend.

    Attributes:
        name: As in the tables.
        start: What is there before.
        command: The Terraform command that is watched.
        initialised: Whether the folder has been initialised before, by the run itself.
        prepare: What else is done before, by the run itself.
        writes: Whether it changes the state when nothing is in its way.
        reads_only: Whether it must work with read-only permissions.
        workspace: The workspace it is about.
        remote: Whether it reads the backend through `terraform_remote_state` instead of having it as its own.
    """

    name: str
    start: Start
    command: tuple[str, ...]
    initialised: bool = True
    prepare: Callable[[Scratch], None] = field(default=_nothing)
    writes: bool = False
    reads_only: bool = False
    workspace: str = "default"
    remote: bool = False

    def run(self, scratch: Scratch) -> Ran:
        """Does it."""
        return scratch.run(*self.command)


def _local_state(scratch: Scratch) -> None:
    """A state in a local file, which is to be migrated."""
    scratch.write("terraform.tfstate", state_text().decode())


def _newer_state(scratch: Scratch) -> None:
    """A state to be pushed."""
    document = json.loads(state_text(serial=9))
    scratch.write("newer.tfstate", json.dumps(document))


def _in_dev(scratch: Scratch) -> None:
    """Stands in the workspace `dev`, as `workspace select` leaves it."""
    (scratch.folder / ".terraform").mkdir(exist_ok=True)
    (scratch.folder / ".terraform" / "environment").write_text("dev", encoding="utf-8")


OPERATIONS: Final[tuple[BackendOperation, ...]] = (
    BackendOperation("init, no state", Start.NOTHING, _INIT, initialised=False),
    BackendOperation("init", Start.STATE, _INIT, initialised=False, reads_only=True),
    BackendOperation(
        "init -migrate-state",
        Start.NOTHING,
        (*_INIT, "-migrate-state", "-force-copy"),
        initialised=False,
        prepare=_local_state,
        writes=True,
    ),
    BackendOperation("plan, no state", Start.NOTHING, ("plan", *_QUIET)),
    BackendOperation("plan", Start.STATE, ("plan", *_QUIET)),
    BackendOperation("plan -lock=false", Start.STATE, ("plan", *_QUIET, "-lock=false"), reads_only=True),
    BackendOperation("apply, no state", Start.NOTHING, ("apply", *_QUIET, "-auto-approve"), writes=True),
    BackendOperation("apply", Start.STATE, ("apply", *_QUIET, "-auto-approve", "-var=value=changed"), writes=True),
    BackendOperation("destroy", Start.STATE, ("destroy", *_QUIET, "-auto-approve"), writes=True),
    BackendOperation("output", Start.STATE, ("output", "-no-color"), reads_only=True),
    BackendOperation("state list", Start.STATE, ("state", "list"), reads_only=True),
    BackendOperation("state pull", Start.STATE, ("state", "pull"), reads_only=True),
    BackendOperation("state push", Start.STATE, ("state", "push", "newer.tfstate"), prepare=_newer_state, writes=True),
    BackendOperation(
        "state mv", Start.STATE, ("state", "mv", "terraform_data.second", "terraform_data.third"), writes=True
    ),
    BackendOperation("state rm", Start.STATE, ("state", "rm", "terraform_data.second"), writes=True),
    BackendOperation("workspace list", Start.WORKSPACE, ("workspace", "list"), reads_only=True),
    BackendOperation("workspace select", Start.WORKSPACE, ("workspace", "select", "dev"), reads_only=True),
    BackendOperation("workspace new", Start.STATE, ("workspace", "new", "dev"), writes=True, workspace="dev"),
    BackendOperation(
        "apply in a workspace",
        Start.WORKSPACE,
        ("apply", *_QUIET, "-auto-approve", "-var=value=changed"),
        prepare=_in_dev,
        writes=True,
        workspace="dev",
    ),
    BackendOperation(
        "workspace delete", Start.WORKSPACE, ("workspace", "delete", "-force", "dev"), writes=True, workspace="dev"
    ),
    BackendOperation("force-unlock", Start.LOCKED, ("force-unlock", "-force", LOCK_ID)),
    BackendOperation(
        "terraform_remote_state", Start.STATE, ("apply", *_QUIET, "-auto-approve"), reads_only=True, remote=True
    ),
)
"""Every command that touches a backend; `plan` while somebody else holds the lock is about locks, not permissions."""


def operation_by_name(name: str) -> BackendOperation:
    """The operation of this name; raises KeyError when there is none."""
    found = next((operation for operation in OPERATIONS if operation.name == name), None)
    if found is None:
        raise KeyError(f"operation {name!r}: there are {', '.join(operation.name for operation in OPERATIONS)}")
    return found
