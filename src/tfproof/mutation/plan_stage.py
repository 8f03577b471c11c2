"""Decides on mutants by plans, side by side, upon the module applied once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tfproof.errors import TfproofError, UsageError
from tfproof.mutation.mutant import Mutant, Outcome, Result
from tfproof.mutation.plan_layer import PlanBench, Sound
from tfproof.mutation.refusals import RefusalBench
from tfproof.mutation.settings import Mutation
from tfproof.mutation.slots import write_root
from tfproof.mutation.workshop import Workshop
from tfproof.terraform.workspace import copy_modules

__all__ = ["PlanStage"]

_RESOURCES_AT_ONCE: Final = 1200
"""Planned instances in one configuration: beyond that Terraform's graph costs more than a plan of its own."""
_COPIES: Final = 10
_AFRESH: Final = frozenset({"delete-attribute", "delete-block", "delete-resource", "drop-depends-on", "drop-lifecycle"})
"""Operators whose mutants the provider may answer with what is there already, so that they are planned fresh too."""
_OPEN: Final = frozenset({Outcome.EQUIVALENT, Outcome.SURVIVED})


class PlanStage:
    """Plans every mutant.

    Args:
        shop: What runs it.
    """

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._refusing = threading.Lock()

    def decide(
        self, mutants: list[Mutant], mutation: Mutation, settled: Callable[[Sequence[Result]], None]
    ) -> list[Result]:
        """Decides on mutants, and answers the results of those that no plan decides, or that plan to the same."""
        self._shop.say("the module itself is applied once for each case, for plans upon it")
        self._shop.start_target()
        applied = self._shop.get(self._applied)
        per_copy = sum(1 for resource in applied["resources"] for _ in resource["instances"])
        undecided: list[Result] = []
        refusals: RefusalBench | None = None
        # What is taken out of a resource shows where it is made anew; what is changed shows upon what is there. The
        # provider may answer with what is there even so: what looks equal upon it is planned fresh too.
        afresh = [mutant for mutant in mutants if mutant.kind == "resource" and mutant.operator in _AFRESH]
        chosen = {mutant.id for mutant in afresh}
        upon = [mutant for mutant in mutants if mutant.id not in chosen]
        for own, fresh in ((upon, False), (afresh, True)):
            if not own:
                continue
            size = min(_COPIES, max(_RESOURCES_AT_ONCE // (per_copy * (1 + fresh) or 1), 1), len(own))
            lane = _Lane(self._shop, applied, size=size, fresh=fresh)
            benches = lane.benches(min(self._shop.workers, (len(own) + size - 1) // size))
            sound: Sound = self._shop.get(benches[0].sound)
            mutation.checks |= sound.passed
            mutation.failing |= sound.failed
            self._check_sound(sound)
            if refusals is None:
                refusals = lane.refusals()
            how = "fresh and upon what is there" if fresh else "upon what is there"
            self._shop.say(f"{len(own)} mutants by plan, {how}, {size} at a time, {len(benches)} side by side")
            found = self._plan_all(own, benches, sound, refusals=refusals, size=size, settled=settled)
            equal = set() if fresh else {result.mutant for result in found if result.outcome is Outcome.EQUIVALENT}
            afresh += [mutant for mutant in upon if mutant.id in equal]
            undecided += [result for result in found if result.mutant not in equal]
        return undecided

    def _check_sound(self, sound: Sound) -> None:
        cases = self._shop.settings.cases.cases
        wrong = sorted(what for what in sound.failed if what.startswith("expectation "))
        if wrong:
            raise UsageError(f"the module itself does not do what its cases say: {'; '.join(wrong)}")
        if not sound.passed and not any(case.expects for case in cases):
            raise TfproofError(
                f"no check passes on {self._shop.settings.module} itself, so none could kill a mutant of it",
                remedy="`tfproof prove` says what fails; give cases with expectations, or map outputs by "
                "--output-name.",
            )

    def _plan_all(
        self,
        mutants: list[Mutant],
        benches: Sequence[PlanBench],
        sound: Sound,
        *,
        refusals: RefusalBench | None,
        size: int,
        settled: Callable[[Sequence[Result]], None],
    ) -> list[Result]:
        """Plans mutants, and answers the results of those that are left: not decided, or equal."""
        left: list[Result] = []
        done = [0]

        def take(own: PlanBench, batch: list[Mutant]) -> None:
            found = own.decide(batch, sound)
            if refusals is not None:
                refused = self._refused(refusals, batch, found)
                found = [refused.get(result.mutant, result) for result in found]
            left.extend(result for result in found if result.outcome in _OPEN)
            settled([result for result in found if result.outcome not in _OPEN])
            done[0] += len(batch)
            self._shop.say(f"{done[0]} of {len(mutants)} by plan, {len(left)} not decided")

        batches = [mutants[start : start + size] for start in range(0, len(mutants), size)]
        self._shop.share(batches, benches, take)
        return left

    def _refused(self, bench: RefusalBench, batch: Sequence[Mutant], found: Sequence[Result]) -> dict[str, Result]:
        """Those of a batch that the plans let through, and that take what must be refused."""
        open_ones = {result.mutant for result in found if result.outcome in _OPEN}
        left = [mutant for mutant in batch if mutant.id in open_ones and mutant.kind in ("locals", "resource")]
        if not left:
            return {}
        with self._refusing:  # one bench for all
            return {result.mutant: result for result in bench.decide(left)}

    def _applied(self) -> dict[str, Any]:
        folder = self._shop.folder / "baseline"
        module = self._shop.settings.module.resolve()
        copied = copy_modules(module, folder / "configuration" / "module")[module]
        source = f"./{copied.relative_to(folder / 'configuration')}"
        cases = self._shop.settings.cases
        write_root(folder / "configuration", {case.name: (source, cases.applied(case)) for case in cases.cases})
        workspace = self._shop.workspace(folder / "run", folder / "configuration")
        workspace.plan()
        workspace.apply(parallelism=50)
        return dict(workspace.state().document)


class _Lane:
    """Makes the benches for mutants that are planned alike."""

    def __init__(
        self,
        shop: Workshop,
        applied: Mapping[str, Any],
        *,
        size: int,
        fresh: bool,
    ) -> None:
        self._shop = shop
        self._applied = applied
        self._size = size
        self._fresh = fresh

    def benches(self, count: int) -> list[PlanBench]:
        """As many benches as work side by side."""
        return self._shop.get_all(self._bench, count)

    def _bench(self, number: int) -> PlanBench:
        settings = self._shop.settings
        folder = self._shop.folder / f"plans-{'fresh' if self._fresh else 'upon'}-{number}"
        return PlanBench(
            folder,
            settings.module,
            cases=settings.cases.cases,
            size=self._size,
            applied=self._applied,
            make=lambda configuration: self._shop.workspace(folder / "run", configuration),
            output_names=settings.output_names,
            fresh=self._fresh,
        )

    def refusals(self) -> RefusalBench | None:
        """The bench for what a plan must refuse, None when there is no such case."""
        return self._shop.get(self._refusals)

    def _refusals(self) -> RefusalBench | None:
        cases = self._shop.settings.cases
        trials = [trial for trial in cases.trials if trial.stage == "plan"]
        if not trials:
            return None
        folder = self._shop.folder / "refusals"
        bench = RefusalBench(
            folder,
            self._shop.settings.module,
            trials=trials,
            always=cases.always,
            size=_COPIES,
            make=lambda configuration: self._shop.workspace(folder / "run", configuration),
        )
        bench.check_trials()
        return bench
