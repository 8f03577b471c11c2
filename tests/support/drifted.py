"""What a plan would change, and how it looks to whoever reads a report."""

from __future__ import annotations

import json
from typing import Any

from tfproof.checks import check_by_id
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.proof.proof import CheckResult, Outcome
from tfproof.report.failure import failure_lines
from tfproof.terraform import Plan
from tfproof.terraform.plan import Change
from tfproof.values import UNKNOWN, reveal

__all__ = ["changed", "told"]


def changed(plan: Plan) -> dict[str, str]:
    """What a plan does to each managed resource it changes: `create`, or `update` and the attributes that change."""
    return {
        address: " ".join([*change.actions, *_attributes(change)])
        for address, change in plan.changes.items()
        if not change.is_idle and not address.startswith("data.")
    }


def _attributes(change: Change) -> list[str]:
    """The attributes that an update changes; one that is known only after apply counts."""
    if change.actions != ("update",):
        return []
    before, after = change.before or {}, change.after or {}
    return sorted(name for name in {*before, *after} if _differs(before.get(name), after.get(name)))


def _differs(before: Any, after: Any) -> bool:
    after = reveal(after)
    return after is UNKNOWN or json.dumps(reveal(before), default=repr) != json.dumps(after, default=repr)


def told(check_id: str, found: list[str]) -> str:
    """What a report says of a check that has found something live."""
    check = check_by_id(check_id)
    findings = tuple(
        Finding(check_id, Layer.LIVE, Answer(Verdict.FAILED, "live", "", "something else", text)) for text in found
    )
    return "\n".join(failure_lines(CheckResult(check, findings, Outcome.FAILED), lambda _address, _path: None))
