"""Mutates a module: chooses the mutants, has them decided on, and clears up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tfproof.errors import UsageError
from tfproof.interrupts import Held
from tfproof.mutation.laboratory import Laboratory
from tfproof.mutation.mutant import Mutant
from tfproof.mutation.settings import Mutation, MutationSettings
from tfproof.mutation.sites import mutants_of
from tfproof.mutation.workshop import Workshop
from tfproof.proof.run_folder import RunFolder

__all__ = ["Mutation", "MutationSettings", "mutate"]


def mutate(settings: MutationSettings, say: Callable[[str], None] = lambda _: None) -> Mutation:
    """Mutates one module.

    Raises:
        UsageError: The settings or the cases cannot be meant.
        TfproofError: The module itself cannot be read, planned or applied; something needed is missing.
        KeyboardInterrupt: After everything that was started has been ended.
    """
    started = time.monotonic()
    chosen, made = _chosen(settings)
    with Held():
        run_folder = RunFolder()
        try:
            with Workshop(settings, run_folder, say) as shop:
                mutation = Laboratory(shop).decide(chosen, made)
        finally:
            run_folder.remove()
    mutation.seconds = time.monotonic() - started
    return mutation


def _chosen(settings: MutationSettings) -> tuple[list[Mutant], int]:
    if not settings.module.is_dir() or not any(settings.module.glob("*.tf")):
        raise UsageError(
            f"module={str(settings.module)!r} is no folder with .tf files", remedy="Name the folder of a module."
        )
    every = mutants_of(settings.module)
    if not every:
        raise UsageError(f"module={str(settings.module)!r} has nothing that could be mutated")
    wanted = [mutant for mutant in every if settings.only is None or settings.only.search(mutant.id)]
    if not wanted:
        raise UsageError(f"only={settings.only.pattern if settings.only else ''!r} is found in no mutant's id")
    if settings.sample is not None and settings.sample < len(wanted):
        kept = {mutant.id for mutant in random.Random(settings.seed).sample(wanted, settings.sample)}  # noqa: S311  # no secret
        wanted = [mutant for mutant in wanted if mutant.id in kept]
    return wanted, len(every)
