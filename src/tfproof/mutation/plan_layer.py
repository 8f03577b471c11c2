"""Decides on mutants by plans: many at once, fresh and upon what the module itself has made."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfproof.mutation.cases import Case
from tfproof.mutation.evidence import Evidence, evidence_of
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.mutation.order import order_in
from tfproof.mutation.slots import FRESH, UPON, Slots, calls_of, state_of_slots
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.errors import TerraformCrash, TerraformError
from tfproof.terraform.plan import Plan
from tfproof.terraform.workspace import Workspace

__all__ = ["PlanBench", "Sound"]

_DATA: Final = re.compile(r"(?:module\.[^.]+\.)*data\.")
"""A data source's address in a graph; a module may be called `data` too."""
_OWN_RULES: Final = frozenset(
    {"Invalid value for variable", "Resource precondition failed", "Resource postcondition failed"}
)
"""Terraform's headlines of errors that a module itself has written."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What plans of the module itself show, by case and kind.

    Attributes:
        evidence: By `(case, kind)`.
    """

    evidence: Mapping[tuple[str, str], Evidence]

    @property
    def passed(self) -> frozenset[str]:
        """The checks that pass in one case at least: those that can kill."""
        return frozenset(check for found in self.evidence.values() for check in found.passed)

    @property
    def failed(self) -> frozenset[str]:
        """What fails already, fresh and upon what is there, and so can kill nothing in that case."""
        cases = {case for case, _ in self.evidence}
        kinds = {kind for _, kind in self.evidence}
        return frozenset(
            what
            for case in cases
            for what in frozenset.intersection(*(self.evidence[case, kind].failed for kind in kinds))
        )


class PlanBench:
    """Copies of a module in one configuration, planned together.

    Args:
        folder: Where the configuration is written.
        module: The module.
        cases: What it is planned with.
        size: How many copies.
        applied: The state of the module, applied once for each case.
        make: Makes a workspace of a configuration.
        output_names: The module's own names of outputs.
        fresh: Whether the copies are planned fresh too, and their order looked at: what is written in a resource can
            differ where it is made anew alone, since the provider keeps what it is not told. It takes twice the time.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        *,
        cases: Sequence[Case],
        size: int,
        applied: Mapping[str, Any],
        make: Callable[[Path], Workspace],
        output_names: Mapping[str, str],
        fresh: bool,
    ) -> None:
        self._cases = cases
        self._output_names = output_names
        self._kinds = (FRESH, UPON) if fresh else (UPON,)
        self._slots = Slots(folder, module, calls_of(cases, self._kinds), size, make)
        state = state_of_slots(applied, cases, size)
        (self.workspace.root / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")

    @property
    def workspace(self) -> Workspace:
        """Where it is planned."""
        return self._slots.workspace

    def sound(self) -> Sound:
        """What plans of the module itself show.

        Raises:
            TerraformError: It cannot be planned.
        """
        self._slots.fill([])
        plan, order = self._plan()
        return Sound(dict(self._evidence(plan, order, 0)))

    def decide(self, mutants: Sequence[Mutant], sound: Sound) -> list[Result]:
        """Decides on as many mutants as there are copies.

        An outcome `survived` says only that no plan has decided.
        """
        started = time.monotonic()
        found: dict[int, Result] = {}
        plan, order = self._plan_without_invalid(mutants, found)
        if plan is not None:
            for number, mutant in enumerate(mutants):
                if number not in found:
                    found[number] = _judged(mutant, dict(self._evidence(plan, order, number)), sound)
        seconds = (time.monotonic() - started) / max(len(mutants), 1)
        return [
            Result(found[number].mutant, found[number].outcome, Layer.PLAN, found[number].by, seconds)
            for number in range(len(mutants))
        ]

    def _plan_without_invalid(
        self, mutants: Sequence[Mutant], found: dict[int, Result]
    ) -> tuple[Plan | None, Mapping[str, frozenset[str]]]:
        while len(found) < len(mutants):
            self._slots.fill([None if number in found else mutant for number, mutant in enumerate(mutants)])
            try:
                return self._plan()
            except TerraformError as error:
                # A mutant may bring Terraform down, which then names none: a count of two thousand million does.
                if not error.diagnostics and not isinstance(error, TerraformCrash):
                    raise  # ended from outside: no word against any mutant
                blamed = self._blamed(error.diagnostics)
                if not set(blamed) - set(found):
                    blamed = self._blamed_alone(mutants, found)
                if not set(blamed) - set(found):
                    raise  # each can be planned alone, and all together cannot: no mutant's fault
                for number, item in blamed.items():
                    if number < len(mutants) and number not in found:
                        found[number] = self._refused(mutants[number], item)
        return None, {}

    @staticmethod
    def _refused(mutant: Mutant, item: Diagnostic) -> Result:
        """A mutant that cannot be planned: killed where a rule of its own refuses what a case gives, else invalid."""
        if item.summary in _OWN_RULES:
            return Result(mutant.id, Outcome.KILLED, Layer.PLAN, ("refuses what a case gives",))
        said = f"{item.summary}: {' '.join(item.detail.split())}"[:200]
        return Result(mutant.id, Outcome.INVALID, Layer.PLAN, (said,))

    def _blamed_alone(self, mutants: Sequence[Mutant], found: Mapping[int, Result]) -> dict[int, Diagnostic]:
        """Where what Terraform says cannot be laid to one copy's charge: those that cannot be planned alone.

        Raises:
            TerraformError: Not even the module itself can be planned: a provider that has died, a full disk.
        """
        self._slots.fill([])
        self._slots.plan()
        blamed = {}
        for number, mutant in enumerate(mutants):
            if number in found:
                continue
            self._slots.fill([*[None] * number, mutant])
            try:
                self._slots.plan()
            except TerraformCrash as crash:
                blamed[number] = Diagnostic("error", "Terraform breaks down", crash.output)
            except TerraformError as error:
                if not error.diagnostics:
                    raise
                blamed[number] = next(item for item in error.diagnostics if item.is_error)
        return blamed

    def _blamed(self, diagnostics: Sequence[Diagnostic]) -> dict[int, Diagnostic]:
        blamed: dict[int, Diagnostic] = {}
        for item in diagnostics:
            number = self._slots.slot_of(item) if item.is_error else None
            if number is not None:
                # What cannot be read or made at all says more than what it leads to.
                known = blamed.get(number)
                if known is None or (known.summary in _OWN_RULES and item.summary not in _OWN_RULES):
                    blamed[number] = item
        return blamed

    def _plan(self) -> tuple[Plan, Mapping[str, frozenset[str]]]:
        self._slots.plan()
        plan = self.workspace.show()
        return plan, order_in(self.workspace.run("graph").stdout) if FRESH in self._kinds else {}

    def _evidence(
        self, plan: Plan, order: Mapping[str, frozenset[str]], number: int
    ) -> list[tuple[tuple[str, str], Evidence]]:
        return [
            ((case.name, kind), self._of_call(plan, order, f"s{number}_{kind}_{case.name}", case))
            for case in self._cases
            for kind in self._kinds
        ]

    def _of_call(self, plan: Plan, order: Mapping[str, frozenset[str]], call: str, case: Case) -> Evidence:
        own = f"module.{call}."
        made = {name: before for name, before in order.items() if name.startswith(own)}
        found = evidence_of(plan, call, case, order=made or None, output_names=self._output_names)
        # An order that differs makes a plan that differs, though nothing in its values does.
        pairs = sorted(
            (later.removeprefix(own), earlier.removeprefix(own))
            for later, before in made.items()
            for earlier in before
            if earlier.startswith(own) and not _DATA.match(earlier) and not _DATA.match(later)
        )
        return Evidence(found.planned + json.dumps(pairs), found.failed, found.passed)


def _judged(mutant: Mutant, evidence: Mapping[tuple[str, str], Evidence], sound: Sound) -> Result:
    by = sorted({check for key, found in evidence.items() for check in found.failed - sound.evidence[key].failed})
    if by:
        return Result(mutant.id, Outcome.KILLED, Layer.PLAN, tuple(by))
    same = all(found.planned == sound.evidence[key].planned for key, found in evidence.items())
    # What `lifecycle` guards against is in no plan that it has nothing against.
    silent = "lifecycle" in mutant.path.split(".") or mutant.operator == "drop-lifecycle"
    return Result(mutant.id, Outcome.EQUIVALENT if same and not silent else Outcome.SURVIVED, Layer.PLAN)
