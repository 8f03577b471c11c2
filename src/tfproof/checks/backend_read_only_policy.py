"""The read-only policy, tried by real Terraform under enforcement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfproof.backend_use.trial import Trial
from tfproof.checks.backend import Backend
from tfproof.checks.backend_trials import AS_EXPECTED, judge_sufficient
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer

__all__ = ["CHECK", "judge"]

_OUTPUT = "read_only_policy_json"
_REFUSED = Expectation("refused, and nothing changed", lambda found: found == AS_EXPECTED)

CHECK = Check(
    id="backend-read-only-policy",
    section="backend",
    title="Whoever has the read-only policy can read states, and change nothing",
    reason="Dashboards and terraform_remote_state need states; a right to write would let them destroy what they show.",
)


def judge(backend: Backend, trials: Mapping[str, Trial]) -> Iterator[Answer]:
    """Answers on trials with read-only permissions: reads go well, nothing is changed by the others."""
    reads = {name: trial for name, trial in trials.items() if trial.operation.reads_only}
    yield from judge_sufficient(backend, reads, _OUTPUT)
    address = backend.output_address(_OUTPUT)
    for name, trial in trials.items():
        if trial.operation.writes:
            refused = bool(trial.calls.refused) and not trial.state_changed
            shown = AS_EXPECTED if refused else "the state was changed" if trial.state_changed else "not refused"
            yield answer(_REFUSED, shown, subject=f"terraform {name}", path="value", address=address)
