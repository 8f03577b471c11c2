"""Which statement allowed the write of a state, and the use of the key that came of it."""

from __future__ import annotations

from typing import Any

from tfproof.backend_use.encryption import WrittenState
from tfproof.backend_use.use import BackendUse
from tfproof.errors import TfproofError
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.request import Request

__all__ = ["allowed_by"]


def allowed_by(use: BackendUse, written: WrittenState) -> list[dict[str, Any]]:
    """For each action that a state's write took: the statement of the caller's policy that allowed it.

    Decided anew by the evaluator on the policies that were enforced; empty for a write that was refused.
    """
    write = written.write
    if write is None or written.is_refused or not use.documented:
        return []
    policies = PolicySet(next(iter(use.documented.values())).policies)
    calls = [write, *(call for call in written.calls.implied if call.caused_by == write.number)]
    found: dict[str, dict[str, Any]] = {}
    for need in (need for call in calls for need in call.needs):
        try:
            decision = policies.decide(
                Request(need.action, need.resource, principal=written.caller, context=need.context)
            )
        except TfproofError:
            continue
        found[need.action] = {
            "action": need.action,
            "resource": need.resource,
            "basis": str(need.basis),
            "statements": [statement.sid or f"statement {statement.index + 1}" for statement in decision.statements],
        }
    return list(found.values())
