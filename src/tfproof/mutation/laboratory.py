"""Decides on mutants, layer after layer, the cheapest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tfproof.mutation.apply_layer import ProofBench
from tfproof.mutation.cache import Cache, fingerprint
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.mutation.plan_stage import PlanStage
from tfproof.mutation.settings import Mutation
from tfproof.mutation.variables_layer import VariablesBench
from tfproof.mutation.workshop import Workshop
from tfproof.proof.run import Settings
from tfproof.terraform.provider_mirror import provider_versions

__all__ = ["Laboratory"]


class Laboratory:
    """Decides on mutants.

    Args:
        shop: What runs it.
    """

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    def decide(self, mutants: list[Mutant], made: int) -> Mutation:
        """Decides on mutants, layer after layer."""
        cases = self._shop.settings.cases
        parts = (
            repr(cases),
            self._shop.terraform.name,
            *self._providers(),
            self._shop.settings.deepest,
            repr(self._shop.settings.output_names),
        )
        cache = Cache(self._shop.settings.cache, fingerprint(self._shop.settings.module, *parts))
        results = {mutant.id: found for mutant in mutants if (found := cache.get(mutant)) is not None}
        left = [mutant for mutant in mutants if mutant.id not in results]
        if len(left) < len(mutants):
            self._shop.say(f"{len(mutants) - len(left)} of {len(mutants)} mutants are known from an earlier run")
        mutation = Mutation(mutants, [], made)
        if left:
            self._decide(left, results, cache=cache, mutation=mutation)
            cache.note(mutation.checks, mutation.failing)
        mutation.checks |= cache.checks
        mutation.failing |= cache.failing
        mutation.results = [results[mutant.id] for mutant in mutants]
        return mutation

    def _providers(self) -> tuple[str, ...]:
        """Where providers come from, and which there are: a mirror keeps its folder when it is brought up to date."""
        source = self._shop.providers
        return str(source), *(provider_versions(source.mirror) if source.mirror is not None else ())

    def _decide(
        self,
        left: list[Mutant],
        results: dict[str, Result],
        *,
        cache: Cache,
        mutation: Mutation,
    ) -> None:
        def settled(found: Sequence[Result]) -> None:
            if self._shop.stopped:
                return  # what a command that was ended has left to say is nothing about a mutant
            results.update({result.mutant: result for result in found})
            cache.add(found)

        by_variables = [mutant for mutant in left if mutant.kind == "variable"]
        if by_variables:
            # What a validation lets through no plan can tell; a default or a `nullable` may show there.
            final = {mutant.id for mutant in by_variables if "validation" in mutant.path}
            self._by_variables(
                by_variables,
                lambda found: settled(
                    [result for result in found if result.outcome is not Outcome.SURVIVED or result.mutant in final]
                ),
            )
        left = [mutant for mutant in left if mutant.id not in results]
        if self._shop.settings.deepest is Layer.VARIABLES:
            settled([Result(mutant.id, Outcome.SURVIVED, Layer.VARIABLES) for mutant in left])
            return
        if not left:
            return
        undecided = PlanStage(self._shop).decide(left, mutation, settled)
        if self._shop.settings.deepest is Layer.PLAN:
            settled(undecided)
            return
        by_plan = {result.mutant: result.outcome for result in undecided}

        def proved(found: Sequence[Result]) -> None:
            # What the provider computes itself is unknown in a fresh plan, and as it was upon what is there, whether or
            # not the module says it. So what looks equal is proved too; it is equivalent if no check sees a difference.
            settled(
                [
                    replace(result, outcome=by_plan[result.mutant]) if result.outcome is Outcome.SURVIVED else result
                    for result in found
                ]
            )

        self._by_proof([mutant for mutant in left if mutant.id in by_plan], proved)

    def _by_variables(self, mutants: list[Mutant], settled: Callable[[Sequence[Result]], None]) -> None:
        self._shop.say(f"{len(mutants)} mutants of variables, by what they accept and refuse")
        cases = self._shop.settings.cases
        benches = [
            VariablesBench(
                self._shop.folder / f"variables-{number}",
                self._shop.settings.module,
                trials=cases.all_trials,
                always=dict(cases.always),
                terraform=self._shop.terraform,
                running=self._shop.running,
            )
            for number in range(self._shop.workers)
        ]
        self._shop.get(benches[0].check_trials)
        groups = [
            [mutant for mutant in mutants if mutant.address == address]
            for address in dict.fromkeys(mutant.address for mutant in mutants)
        ]
        done = [0]

        def take(bench: VariablesBench, group: list[Mutant]) -> None:
            settled(bench.decide(group))
            done[0] += len(group)
            self._shop.say(f"{done[0]} of {len(mutants)} by variables")

        self._shop.share(groups, benches, take)

    def _by_proof(self, mutants: list[Mutant], settled: Callable[[Sequence[Result]], None]) -> None:
        if not mutants:
            return
        self._shop.say(f"{len(mutants)} mutants by whole proofs")
        base = Settings(
            module=self._shop.settings.module,
            terraform=self._shop.settings.terraform,
            provider_mirror=self._shop.settings.provider_mirror,
            output_names=self._shop.settings.output_names,
        )
        bench = ProofBench(
            self._shop.folder / "proofs", self._shop.settings.module, self._shop.settings.cases, base, self._shop.joined
        )
        sound = self._shop.get(bench.sound)
        done = [0]

        def take(_: int, mutant: Mutant) -> None:
            settled([bench.decide(mutant, sound)])
            done[0] += 1
            self._shop.say(f"{done[0]} of {len(mutants)} by proof")

        self._shop.share(mutants, list(range(self._shop.workers)), take)
