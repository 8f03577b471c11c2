"""What a mutation run is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfproof.mutation.cases import Cases
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result

__all__ = ["Mutation", "MutationSettings"]


@dataclass(frozen=True, slots=True)
class MutationSettings:
    """What a mutation run is asked to do.

    Attributes:
        module: Folder of the module.
        cases: What it is mutated against.
        sample: How many mutants, chosen by `seed`; None for all.
        seed: Of the sample.
        only: Mutants whose id this is found in.
        deepest: The last layer that decides.
        workers: How many plans run side by side.
        cache: Folder where results are kept; None keeps none.
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        output_names: The module's own name of each output that it calls otherwise than `modules/state-backend` does.
    """

    module: Path
    cases: Cases
    sample: int | None = None
    seed: int = 0
    only: re.Pattern[str] | None = None
    deepest: Layer = Layer.APPLY
    workers: int = 2
    cache: Path | None = None
    terraform: str | None = None
    provider_mirror: str | None = None
    output_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Mutation:
    """What became of a module's mutants.

    Attributes:
        mutants: The mutants that were decided on, in order of file and place.
        results: What became of them, in the same order.
        made: How many there are in all.
        checks: The checks that pass on the module itself, and so can kill.
        failing: What fails on the module itself already.
        seconds: Wall time.
    """

    mutants: list[Mutant]
    results: list[Result]
    made: int
    checks: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    seconds: float = 0.0

    def of(self, outcome: Outcome) -> list[tuple[Mutant, Result]]:
        """The mutants with an outcome."""
        return [pair for pair in zip(self.mutants, self.results, strict=True) if pair[1].outcome is outcome]
