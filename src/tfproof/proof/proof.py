"""A proof: what a journey found, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tfproof.backend_use.use import BackendUse
from tfproof.checks.catalogue import CHECKS, JOURNEY_CHECKS
from tfproof.checks.check import Check
from tfproof.checks.finding import Finding, Layer, Verdict
from tfproof.proof.coverage import AttributeCoverage
from tfproof.proof.released_module import ModuleCopy

__all__ = ["CheckResult", "Outcome", "Proof", "Step", "results_of"]


class Outcome(StrEnum):
    """How a check came out over all layers."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the journey that ended well.

    Attributes:
        name: What was done, such as `apply`.
        seconds: Wall time it took.
        detail: What came of it, for people.
    """

    name: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check with all its findings.

    Attributes:
        check: The check.
        findings: What it answered, at every layer.
        outcome: How it came out: failed when one finding failed; undecided when a layer after apply could not decide,
            or no layer could; a plan's undecided is made good by a later layer.
    """

    check: Check
    findings: tuple[Finding, ...]
    outcome: Outcome

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that decided it, in order."""
        decided = {finding.layer for finding in self.findings if finding.verdict is not Verdict.UNDECIDED}
        return tuple(layer for layer in Layer if layer in decided)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that failed."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.FAILED)


@dataclass(slots=True)
class Proof:
    """What a journey found, and what it rests on.

    Attributes:
        module: The root module, as the user named it.
        module_copy: How it differs from the released module; None when it is another one.
        target: Description of the target.
        target_kind: `embedded`, `localstack` or `aws`.
        terraform: Name and version of the binary.
        providers: Where the providers came from.
        steps: The steps that ended well, in order.
        findings: Everything the checks answered.
        interventions: What was done to the target by hand, such as switching a protection off before destroy.
        notes: What else is worth knowing about how it was done.
        use: What came of using the module as a backend; None when it was not used.
        coverage: Which planned attributes a check looked at; None while nothing is applied.
        complete: Whether the journey went to its end.
        seconds: Wall time of the journey; less than the sum of its steps, some of which run side by side.
    """

    module: str
    target: str
    target_kind: str
    terraform: str
    providers: str
    module_copy: ModuleCopy | None = None
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    interventions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    use: BackendUse | None = None
    coverage: AttributeCoverage | None = None
    complete: bool = False
    seconds: float = 0.0

    @property
    def results(self) -> list[CheckResult]:
        """Every check with its findings, in the catalogue's order."""
        return results_of(self.findings)

    @property
    def proved(self) -> bool:
        """Whether the journey is complete and every check that applies has passed."""
        good = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
        return self.complete and all(result.outcome in good for result in self.results)


def results_of(findings: Iterable[Finding], *, after_apply: bool = True) -> list[CheckResult]:
    """The catalogue's checks with these findings.

    Args:
        findings: Findings of any layers.
        after_apply: Whether the layers after apply were audited; with a plan alone, undecided is no more than that.
    """
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check_id, []).append(finding)
    checks = (*CHECKS, *JOURNEY_CHECKS) if after_apply else CHECKS
    return [
        CheckResult(check, tuple(by_check.get(check.id, ())), _outcome(by_check.get(check.id, []))) for check in checks
    ]


def _outcome(findings: list[Finding]) -> Outcome:
    if not findings:
        return Outcome.NOT_APPLICABLE
    if any(finding.verdict is Verdict.FAILED for finding in findings):
        return Outcome.FAILED
    undecided = [finding for finding in findings if finding.verdict is Verdict.UNDECIDED]
    decided = any(finding.layer is not Layer.PLAN for finding in findings if finding.verdict is Verdict.PASSED)
    if any(finding.layer is not Layer.PLAN for finding in undecided) or (undecided and not decided):
        return Outcome.UNDECIDED
    return Outcome.PASSED
