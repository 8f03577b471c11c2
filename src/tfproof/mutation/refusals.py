"""Decides on mutants by values that a plan must refuse: what preconditions are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfproof.errors import UsageError
from tfproof.mutation.cases import Trial
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.mutation.slots import Slots
from tfproof.terraform.errors import TerraformError
from tfproof.terraform.workspace import Workspace

__all__ = ["RefusalBench"]


class RefusalBench:
    """Copies of a module, each called with every set of values that must be refused.

    Args:
        folder: Where the configuration is written.
        module: The module.
        trials: The values.
        always: Values under those of every trial.
        size: How many copies.
        make: Makes a workspace of a configuration.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        *,
        trials: Sequence[Trial],
        always: Mapping[str, Any],
        size: int,
        make: Callable[[Path], Workspace],
    ) -> None:
        self._trials = trials
        calls = {f"r{number}": {**always, **trial.variables} for number, trial in enumerate(trials)}
        self._slots = Slots(folder, module, calls, size, make)

    def check_trials(self) -> None:
        """Sees that the module itself refuses them all.

        Raises:
            UsageError: It does not.
        """
        lacking = self._refused([])[0]
        if lacking != len(self._trials):
            raise UsageError(
                f"the module itself refuses {lacking} of the {len(self._trials)} cases that a plan must refuse",
                remedy='Correct the [[refused]] tables with stage = "plan", or the module\'s preconditions.',
            )

    def decide(self, mutants: Sequence[Mutant]) -> list[Result]:
        """The mutants that take what must be refused, as killed."""
        refused, every = self._refused(mutants), len(self._trials)
        return [
            Result(mutant.id, Outcome.KILLED, Layer.PLAN, (f"takes {every - count} of {every} refused cases",))
            for mutant, count in zip(mutants, refused, strict=False)
            if count < every
        ]

    def _refused(self, mutants: Sequence[Mutant]) -> list[int]:
        """How many errors there are against each copy; Terraform does not say of which call a precondition is."""
        self._slots.fill(mutants)
        counts = [0] * self._slots.size
        try:
            self._slots.plan()
        except TerraformError as error:
            if not error.diagnostics:
                raise  # ended from outside
            for item in error.diagnostics:
                if not item.is_error:
                    continue
                place = self._slots.slot_of(item)
                if place is None:
                    raise  # about no copy: a provider that has died, a full disk
                counts[place] += 1
        return counts
