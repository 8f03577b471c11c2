"""Decides on a mutant by a whole proof of it, at a target of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tfproof.backend_use.use import Depth
from tfproof.mutation.cases import Case, Cases
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.proof.observer import Silent
from tfproof.proof.proof import Outcome as CheckOutcome
from tfproof.proof.proof import Proof
from tfproof.proof.run import Settings, prove
from tfproof.terraform.errors import TerraformError
from tfproof.terraform.workspace import Workspace, copy_modules

__all__ = ["ProofBench"]


class ProofBench:
    """Proves mutants, one after the other.

    Args:
        folder: Where the mutated modules are written.
        module: The module.
        cases: What it is proved with: those that say so.
        settings: Terraform and mirror to use.
        started: Is given each workspace, so that its commands can be ended from another thread.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        cases: Cases,
        settings: Settings,
        started: Callable[[Workspace], None],
    ) -> None:
        self._folder = folder
        self._module = module
        self._cases = cases
        self._proved = [case for case in cases.cases if case.apply]
        self._settings = settings
        self._started = started

    def sound(self) -> dict[str, frozenset[str]]:
        """By case, the checks that fail on the module itself, and so can kill nothing.

        Raises:
            TfproofError: A proof of the module itself cannot be taken to its end.
        """
        return {case.name: self._failed(self._prove(None, case)) for case in self._proved}

    def decide(self, mutant: Mutant, sound: Mapping[str, frozenset[str]]) -> Result:
        """Decides on one mutant."""
        started = time.monotonic()
        for case in self._proved:
            try:
                failed = self._failed(self._prove(mutant, case)) - sound[case.name]
            except TerraformError as error:
                # It could be planned, and cannot be applied or destroyed: nobody can be harmed by it unawares. Unless
                # nothing can be: the module itself still has to.
                self._prove(None, case)
                said = next((item.summary for item in error.diagnostics if item.is_error), error.message)
                failed = frozenset({f"terraform {error.command} fails: {said}"[:200]})
            if failed:
                by = tuple(sorted(failed))
                return Result(mutant.id, Outcome.KILLED, Layer.APPLY, by, time.monotonic() - started)
        return Result(mutant.id, Outcome.SURVIVED, Layer.APPLY, (), time.monotonic() - started)

    def _prove(self, mutant: Mutant | None, case: Case) -> Proof:
        name = "sound" if mutant is None else f"mutant-{hashlib.sha256(mutant.id.encode()).hexdigest()[:12]}"
        copies = copy_modules(self._module.resolve(), self._folder / f"{name}-{case.name}")
        copied = copies[self._module.resolve()]
        if mutant is not None:
            mutant.write(self._module, copied)
        settings = Settings(
            module=copied,
            variables=self._cases.applied(case),
            terraform=self._settings.terraform,
            provider_mirror=self._settings.provider_mirror,
            depth=Depth.QUICK,
            output_names=self._settings.output_names,
            ignore_backend=True,
        )
        return prove(settings, Silent(), started=lambda _proof, workspace, _folder: self._started(workspace))

    @staticmethod
    def _failed(proof: Proof) -> frozenset[str]:
        bad: Sequence[CheckOutcome] = (CheckOutcome.FAILED, CheckOutcome.UNDECIDED)
        return frozenset(result.check.id for result in proof.results if result.outcome in bad)
