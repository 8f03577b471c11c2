"""What a plan would change, and how it looks to whoever reads a report."""

from __future__ import annotations

from tfproof.checks import check_by_id
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.proof.proof import CheckResult, Outcome
from tfproof.report.failure import failure_lines
from tfproof.terraform import Plan

__all__ = ["changed_types", "told"]


def changed_types(plan: Plan) -> set[str]:
    """The types of the managed resources that a plan changes."""
    changed = (address for address, change in plan.changes.items() if not change.is_idle)
    return {address.partition(".")[0] for address in changed if not address.startswith("data.")}


def told(check_id: str, found: list[str]) -> str:
    """What a report says of a check that has found something live."""
    check = check_by_id(check_id)
    findings = tuple(
        Finding(check_id, Layer.LIVE, Answer(Verdict.FAILED, "live", "", "something else", text)) for text in found
    )
    return "\n".join(failure_lines(CheckResult(check, findings, Outcome.FAILED), lambda _address, _path: None))
