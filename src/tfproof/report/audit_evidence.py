"""Gathers the evidence of an audit while it runs: everything counted, of each check no more than some hundred shown."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from tfproof.audit.audited import Audited
from tfproof.audit.baseline import Baseline
from tfproof.audit.catalogue import AUDIT_CHECKS, Choice
from tfproof.checks.finding import Finding, Verdict
from tfproof.report.failure import Locate
from tfproof.report.model import Evidence, check_entry, finding_entry, head
from tfproof.report.threshold import Threshold

__all__ = ["AuditEvidence"]

_SHOWN: Final = 500
_PASSED_SHOWN: Final = 20
_INPUTS_SHOWN: Final = 200
_NOTES: Final = 200


class AuditEvidence:
    """Takes the results of an audit in, and gives the evidence.

    Args:
        kind: audit or audit-backend.
        choice: Which checks count.
        baseline: What is accepted.
        threshold: What makes it fail.
        locate: Finds source lines.
    """

    def __init__(
        self,
        kind: str,
        *,
        choice: Choice,
        baseline: Baseline,
        threshold: Threshold,
        locate: Locate | None = None,
    ) -> None:
        self._kind = kind
        self._choice = choice
        self._baseline = baseline
        self._threshold = threshold
        self._locate = locate
        self._counts: dict[str, Counter[str]] = {}
        self._shown: dict[str, list[Evidence]] = {}
        self._inputs: list[Evidence] = []
        self._inputs_seen = 0
        self._notes: Counter[str] = Counter()
        self._notes_left_out = 0

    def add(self, audited: Audited) -> None:
        """Takes the audit of one document in."""
        self.input(audited.name, audited.kind, audited.facts)
        for note in audited.notes:
            self.note(note)
        for finding in audited.findings:
            self.finding(finding, audited.name)

    def note(self, text: str) -> None:
        """Takes a remark in; the first two hundred are kept, and the rest counted."""
        if len(self._notes) < _NOTES or text in self._notes:
            self._notes[text] += 1
        else:
            self._notes_left_out += 1

    def input(self, name: str, kind: str, facts: dict[str, Any]) -> None:
        """Takes in what was audited."""
        self._inputs_seen += 1
        if len(self._inputs) < _INPUTS_SHOWN:
            self._inputs.append({"name": name, "kind": kind, "facts": facts})

    def finding(self, finding: Finding, name: str, remedy: str = "") -> None:
        """Takes a finding in, with what would mend it."""
        if finding.check_id not in self._choice:
            return
        accepted = self._baseline.accepts(finding, name) if finding.verdict is not Verdict.PASSED else None
        counted = "accepted" if accepted is not None else finding.verdict.value
        counts = self._counts.setdefault(finding.check_id, Counter())
        counts[counted] += 1
        if counts[counted] > (_PASSED_SHOWN if finding.verdict is Verdict.PASSED else _SHOWN):
            return
        entry = finding_entry(
            finding,
            name=name,
            # Only for what somebody is going to look at: each look reads the sources.
            locate=self._locate if finding.verdict is not Verdict.PASSED else None,
            remedy=remedy,
            accepted={"reason": accepted.reason, "until": accepted.until.isoformat()} if accepted is not None else None,
        )
        self._shown.setdefault(finding.check_id, []).append(entry)

    def evidence(self, seconds: float, **more: Any) -> Evidence:
        """The evidence, when all was taken in; `more` are members beside the usual ones."""
        more_notes = [f"{self._notes_left_out} more notes like these"] if self._notes_left_out else []
        failed = [check_id for check_id, counts in self._counts.items() if counts["failed"]]
        undecided = [check_id for check_id, counts in self._counts.items() if counts["undecided"]]
        checks = [
            check_entry(check, _outcome(self._counts[check.id]), self._shown.get(check.id, []), self._counts[check.id])
            for check in AUDIT_CHECKS
            if check.id in self._counts
        ]
        return {
            **head(self._kind, self._threshold.verdict(failed, undecided), seconds),
            "fail_on": {"severity": str(self._threshold.severity), "undecided": self._threshold.undecided},
            "inputs": self._inputs,
            "inputs_seen": self._inputs_seen,
            "checks": checks,
            # Those of the baseline in any case: they say what counts again.
            "notes": [*self._notes, *more_notes, *self._baseline.notes()],
            **more,
        }


def _outcome(counts: Counter[str]) -> str:
    for verdict in ("failed", "undecided", "passed", "accepted"):
        if counts[verdict]:
            return verdict
    return "not applicable"
