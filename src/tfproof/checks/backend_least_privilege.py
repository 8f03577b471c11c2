"""The read-write policy has nothing that no operation needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.backend_use.permissions import PermissionTable
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer

__all__ = ["CHECK", "judge"]

_NONE: Final = "no operation breaks without it"
_NEEDED: Final = Expectation("an operation that breaks without it", lambda found: found != _NONE)
_WHEN_FAILING: Final = {
    "s3:AbortMultipartUpload": "needed when an upload above 5 MiB fails: without it the parts stay, unseen and billed"
}
"""Needed by what goes wrong, which no operation that goes well can show."""

CHECK = Check(
    id="backend-least-privilege",
    section="backend",
    title="Every action of the read-write policy is needed by an operation, or is unsettled",
    reason="An action that nothing needs only helps whoever steals the credentials.",
)


def judge(backend: Backend, table: PermissionTable) -> Iterator[Answer]:
    """Answers on every action that was taken away.

    Args:
        backend: The backend in the state, for addresses.
        table: What became of the operations without it.
    """
    address = backend.output_address("read_write_policy_json")
    for mode in dict.fromkeys(cell.lock_mode for cell in table.cells):
        for action in table.actions(mode):
            broken = ", ".join(cell.operation for cell in table.broken_by(action, mode))
            why = (
                "unsettled: what DynamoDB asks of the caller's key permissions" if _is_unsettled(action, table) else ""
            )
            shown = broken or _WHEN_FAILING.get(action) or why or _NONE
            yield answer(_NEEDED, shown, subject=f"{action} in lock mode {mode}", path="value", address=address)


def _is_unsettled(action: str, table: PermissionTable) -> bool:
    """Key actions beside a lock table: AWS's documents leave open which of them the caller needs for it."""
    has_table = any(call.service == "dynamodb" for trial in table.baseline.values() for call in trial.calls)
    return has_table and action.startswith("kms:")
