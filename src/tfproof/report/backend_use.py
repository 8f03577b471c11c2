"""What came of using the module as a backend, in lines of text: the state object, and which operation needs what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tfproof.backend_use.encryption import WrittenState
from tfproof.backend_use.permissions import PermissionTable, actions_of
from tfproof.backend_use.trial import Trial
from tfproof.backend_use.use import BackendUse
from tfproof.gateway.needs.need import Basis, Need

__all__ = ["LEGEND", "call_counts", "permission_lines", "state_lines", "table_lines"]

LEGEND: Final = (
    ". not called; ok called and not missed; u used in a way that is unsettled, and so not enforced; F failed; "
    "L lock left; E errored.tfstate; N state not changed; D digest wrong; S refused, with no other effect"
)


def state_lines(use: BackendUse) -> Iterator[str]:
    """How the states that Terraform wrote are encrypted, and what became of a backend that would bypass the key."""
    for written in use.written:
        yield f"backend with {written.setting}"
        yield f"  asked for    {written.header}"
        if not written.versions:
            yield f"  refused      {_why(written)}"
            continue
        for version in reversed(written.versions):
            with_bucket_key = "bucket key on" if version.bucket_key else "no bucket key"
            yield f"  wrote        s3://{written.bucket}/{version.key}"
            yield f"  encrypted    {version.algorithm} {version.kms_key}, {with_bucket_key}".rstrip()


def permission_lines(use: BackendUse) -> Iterator[str]:
    """Each action of the documented policy with the operations that used it, how often, and how that is known."""
    if not use.documented:
        return
    names = list(use.documented)
    counts = call_counts(use.documented)
    width = max(len(action) for action in counts) + 2
    yield f"{'':<{width}}{'  '.join(names)}"
    for action, (by_operation, basis) in counts.items():
        cells = "  ".join(f"{by_operation[name] or '.':>{len(name)}}" for name in names)
        yield f"{action:<{width}}{cells}  {basis}"


def call_counts(trials: Mapping[str, Trial]) -> dict[str, tuple[dict[str, int], str]]:
    """How often each operation used each action, and how that is known; actions nobody used come last.

    Args:
        trials: Trials by operation.

    Returns:
        By action, and service in between: uses by operation, and `observed`, `modelled`, `unsettled` or
        `not used by these`.
    """
    held = {action.lower(): action for trial in trials.values() for action in actions_of(trial.policies)}
    used: dict[str, dict[str, int]] = {}
    basis: dict[str, Basis] = {}
    order = list(Basis)
    for name, trial in trials.items():
        for call in trial.calls:
            for need in call.needs:
                label = _label(need)
                used.setdefault(label, dict.fromkeys(trials, 0))[name] += 1
                basis[label] = min(basis.get(label, need.basis), need.basis, key=order.index)
    found = {action: (used[action], str(basis[action])) for action in sorted(used, key=_service_first)}
    seen = {label.partition(" ")[0].lower() for label in used}
    unused = [action for lower, action in held.items() if lower not in seen]
    unsettled = any(value is Basis.UNSETTLED for value in basis.values()) or _has_table(trials)
    for action in unused:
        text = "unsettled, for the lock table" if action.startswith("kms:") and unsettled else "not used by these"
        found[action] = (dict.fromkeys(trials, 0), text)
    return found


def table_lines(table: PermissionTable) -> Iterator[str]:
    """A permission table, a lock mode after the other: operations down, actions across."""
    for mode in dict.fromkeys(cell.lock_mode for cell in table.cells):
        actions = table.actions(mode)
        short = [action.partition(":")[2] for action in actions]
        operations = list(dict.fromkeys(cell.operation for cell in table.cells if cell.lock_mode == mode))
        width = max(map(len, operations)) + 2
        yield f"{table.policy} policy without one action, lock mode {mode}"
        yield f"  {'':<{width}}{'  '.join(short)}"
        for operation in operations:
            marks = [table.cell(action, operation, mode).marks for action in actions]
            cells = (f"{mark:>{len(name)}}" for mark, name in zip(marks, short, strict=True))
            yield f"  {operation:<{width}}{'  '.join(cells)}"


def _why(written: WrittenState) -> str:
    refused = written.calls.refused
    return str(refused[0].reason) if len(refused) else written.message


def _label(need: Need) -> str:
    """The action, and the service that used it in the caller's name: S3's and DynamoDB's calls are told apart."""
    through = str(need.context.get("kms:ViaService", "")) if need.implied else ""
    return f"{need.action} through {through.partition('.')[0]}" if through else need.action


def _service_first(action: str) -> tuple[int, str]:
    order = ["s3", "dynamodb", "kms", "sts"]
    service = action.partition(":")[0]
    return (order.index(service) if service in order else len(order), action)


def _has_table(trials: Mapping[str, Trial]) -> bool:
    return any(call.service == "dynamodb" for trial in trials.values() for call in trial.calls)
