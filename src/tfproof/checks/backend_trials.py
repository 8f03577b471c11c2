"""Judges operations that were tried on a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tfproof.backend_use.trial import Trial
from tfproof.checks.backend import Backend
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer

__all__ = ["AS_EXPECTED", "judge_sufficient", "shown_trial"]

AS_EXPECTED: Final = "as expected"
_WELL: Final = Expectation("exit code 0, nothing refused, no lock left", lambda found: found == AS_EXPECTED)


def judge_sufficient(backend: Backend, trials: Mapping[str, Trial], output: str) -> Iterator[Answer]:
    """Answers on trials that all must go well.

    Args:
        backend: The backend in the state, for addresses.
        trials: By operation.
        output: The output that holds the policy.
    """
    address = backend.output_address(output)
    for name, trial in trials.items():
        yield answer(_WELL, shown_trial(trial), subject=f"terraform {name}", path="value", address=address)


def shown_trial(trial: Trial) -> str:
    """A trial in words: `AS_EXPECTED`, or what went wrong and what Terraform said."""
    return AS_EXPECTED if trial.went_well else f"{'; '.join(trial.problems)}: {trial.message}"
