"""Which operation needs which action: tried by taking actions away, one at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from tfproof.backend_use.encryption import ENCRYPTION_SETTINGS, with_encryption
from tfproof.backend_use.operations import OPERATIONS, BackendOperation
from tfproof.backend_use.trial import Bench, Caller, Trial
from tfproof.gateway.needs.need import Basis

__all__ = ["Cell", "PermissionTable", "actions_of", "permission_table", "try_operations", "without_action"]

_SIDE_BY_SIDE: Final = 3
"""Terraform processes at a time; each waits for the target half of its time."""
_MARKS: Final = {
    "exit code": "F",
    "lock left": "L",
    "errored.tfstate": "E",
    "state not changed": "N",
    "digest wrong": "D",
    "refused": "S",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one operation without one action.

    Attributes:
        operation: Name of the operation.
        action: The action that was taken away, `""` when none was.
        lock_mode: `dynamodb`, `s3` or `both`.
        called: How often the operation used the action when it had all of them.
        basis: How it is known that it used it; None when it did not.
        problems: What was not as it should be, in words.
        message: What Terraform said of it.
    """

    operation: str
    action: str
    lock_mode: str
    called: int
    basis: Basis | None
    problems: tuple[str, ...] = ()
    message: str = ""

    @property
    def breaks(self) -> bool:
        """Whether the operation did not do well without the action."""
        return bool(self.problems)

    @property
    def marks(self) -> str:
        """What happened, in letters joined by `+`.

        `.` not called; `F` failed; `L` lock left; `E` errored.tfstate; `N` state not changed; `D` digest wrong; `S`
        refused, with no other effect; `u` used in a way that is unsettled, and so not enforced; `ok` called, and not
        missed.
        """
        if not self.problems:
            return "." if not self.called else "u" if self.basis is Basis.UNSETTLED else "ok"
        found = [mark for text, mark in _MARKS.items() if any(problem.startswith(text) for problem in self.problems)]
        if len(found) > 1 and "S" in found:
            found.remove("S")
        return "+".join(found) or "?"


@dataclass(frozen=True)
class PermissionTable:
    """Every cell of action and operation, by lock mode.

    Attributes:
        policy: Which policy the actions were taken from.
        cells: The cells.
        baseline: The trials with nothing taken away, by lock mode and operation.
        extra: Trials with other encryption settings, by what they were.
    """

    policy: str
    cells: tuple[Cell, ...]
    baseline: Mapping[tuple[str, str], Trial]
    extra: Mapping[str, Trial] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        """How many trials it rests on."""
        return len(self.cells) + len(self.baseline) + len(self.extra)

    def cell(self, action: str, operation: str, lock_mode: str) -> Cell:
        """One cell; raises KeyError when it was not tried."""
        for found in self.cells:
            if (found.action, found.operation, found.lock_mode) == (action, operation, lock_mode):
                return found
        raise KeyError(f"{action} x {operation} x {lock_mode} was not tried")

    def broken_by(self, action: str, lock_mode: str) -> list[Cell]:
        """The cells of operations that break without an action."""
        return [cell for cell in self.cells if cell.breaks and (cell.action, cell.lock_mode) == (action, lock_mode)]

    def actions(self, lock_mode: str) -> list[str]:
        """The actions that were taken away in a lock mode, in the policy's order."""
        return list(dict.fromkeys(cell.action for cell in self.cells if cell.lock_mode == lock_mode))


def actions_of(policies: Iterable[str]) -> list[str]:
    """The actions that policies allow, as they are written, in their order."""
    found: dict[str, None] = {}
    for text in policies:
        for statement in _statements(json.loads(text)):
            if statement.get("Effect") == "Allow":
                found |= dict.fromkeys(_listed(statement.get("Action", [])))
    return list(found)


def without_action(policies: Iterable[str], action: str) -> tuple[str, ...]:
    """Policies without an action; a statement that has no action left is left out, and so is an empty policy."""
    left = (_without(policy, action) for policy in policies)
    return tuple(policy for policy in left if _statements(json.loads(policy)))


def _without(policy: str, action: str) -> str:
    document = json.loads(policy)
    kept = []
    for statement in _statements(document):
        left = [name for name in _listed(statement.get("Action", [])) if name != action]
        if left or "Action" not in statement:
            kept.append({**statement, **({"Action": left} if left else {})})
    return json.dumps({**document, "Statement": kept})


def try_operations(
    bench: Bench, backend: Mapping[str, Any], caller: Caller, operations: Sequence[BackendOperation] = OPERATIONS
) -> dict[str, Trial]:
    """Tries operations with all a caller has; the trials by name."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="trial") as pool:
        trials = pool.map(lambda operation: bench.attempt(operation, backend, caller), operations)
        return dict(zip((operation.name for operation in operations), trials, strict=True))


def permission_table(
    bench: Bench,
    backends: Mapping[str, Mapping[str, Any]],
    caller: Caller,
    *,
    policy: str,
    operations: Sequence[BackendOperation] = OPERATIONS,
    actions: Sequence[str] | None = None,
    settings: Sequence[str] = ENCRYPTION_SETTINGS[1:],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> PermissionTable:
    """Tries every operation without every action in every lock mode, and in every encryption setting with all of them.

    Exhaustive over operation, action and lock mode; pairwise over the encryption settings, each of which meets every
    operation and every lock mode once.

    Args:
        bench: Where it is done.
        backends: Backend settings by lock mode.
        caller: Who Terraform is; actions are taken from its policies.
        policy: Name of those, for the table.
        operations: What is tried.
        actions: Which actions are taken away; all of the policies' by default.
        settings: Which other encryption settings are tried.
        progress: Told how many trials of how many are done.
    """
    baseline = {
        (mode, name): trial
        for mode, backend in backends.items()
        for name, trial in try_operations(bench, backend, caller, operations).items()
    }
    wanted = [
        (mode, operation, action)
        for mode, operation, action in itertools.product(
            backends, operations, actions_of(caller.policies) if actions is None else actions
        )
    ]
    done = 0

    def one(what: tuple[str, BackendOperation, str]) -> Cell:
        nonlocal done
        mode, operation, action = what
        less = Caller(caller.arn, without_action(caller.policies, action))
        cell = _cell(action, mode, baseline[mode, operation.name], bench.attempt(operation, backends[mode], less))
        done += 1
        progress(done, len(wanted))
        return cell

    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="trial") as pool:
        cells = tuple(pool.map(one, wanted))
        others = list(_pairs(backends, operations, settings))
        tried = pool.map(
            lambda what: bench.attempt(what[1], with_encryption(backends[what[0]], what[2]), caller), others
        )
        extra = {
            f"{mode}, {operation.name}, {setting}": trial
            for (mode, operation, setting), trial in zip(others, tried, strict=True)
        }
    return PermissionTable(policy, cells, baseline, extra)


def _pairs(
    backends: Mapping[str, Any], operations: Sequence[BackendOperation], settings: Sequence[str]
) -> Iterator[tuple[str, BackendOperation, str]]:
    """Every setting with every operation, the lock modes taking turns."""
    modes = itertools.cycle(backends)
    for setting in settings:
        for operation in operations:
            yield next(modes), operation, setting


def _cell(action: str, mode: str, with_all: Trial, without: Trial) -> Cell:
    used = [need for call in with_all.calls for need in call.needs if need.action.lower() == action.lower()]
    settled = [need.basis for need in used if need.basis is not Basis.UNSETTLED]
    return Cell(
        operation=with_all.operation.name,
        action=action,
        lock_mode=mode,
        called=len(used),
        basis=min(settled, key=list(Basis).index) if settled else Basis.UNSETTLED if used else None,
        problems=tuple(problem for problem in without.problems if problem not in with_all.problems),
        message=without.message,
    )


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
