"""What makes an audit fail: for its exit code, and for every format that says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from tfproof.checks.severity import Severity, severity_of

__all__ = ["Threshold"]


class Threshold:
    """What makes an audit fail.

    Args:
        severity: The least severity of a failed check that counts.
        undecided: Whether what could not be decided counts.
    """

    def __init__(self, severity: Severity = Severity.LOW, *, undecided: bool = False) -> None:
        self.severity = severity
        self.undecided = undecided

    @classmethod
    def of(cls, evidence: dict[str, Any]) -> Self:
        """That of an evidence; a proof has none, and everything counts there."""
        given = evidence.get("fail_on")
        return cls(Severity(given["severity"]), undecided=given["undecided"]) if given else cls(undecided=True)

    def counts(self, outcome: str, severity: Severity) -> bool:
        """Whether a check of a severity that came out so makes the audit fail."""
        return severity.rank >= self.severity.rank and (
            outcome == "failed" or (outcome == "undecided" and self.undecided)
        )

    def verdict(self, failed: Iterable[str], undecided: Iterable[str]) -> str:
        """failed, undecided or passed, by the ids of checks with open failures and with undecided findings."""
        for outcome, check_ids in (("failed", failed), ("undecided", undecided)):
            if any(self.counts(outcome, severity_of(check_id)) for check_id in check_ids):
                return outcome
        return "passed"
