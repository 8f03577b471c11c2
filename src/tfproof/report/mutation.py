"""A mutation run as text, as a table and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.mutation.run import Mutation

__all__ = ["SHARE", "Verdict", "as_json", "lines", "table", "verdict"]

SHARE: Final = 0.03
"""How many of the valid mutants may survive with a reason."""


class Verdict:
    """What a mutation run comes to, beside a list of mutants that may survive.

    Args:
        mutation: The run.
        accepted: Reasons by id.
        whole: Whether every mutant was decided on, so that an entry that fits none is stale.

    Attributes:
        whole: The same.
        survivors: Those that may not.
        excused: Those that may, with their reasons.
        stale: Entries for mutants that do not survive, or are not there any more.
        too_many: Whether more survive with a reason than `SHARE` of the valid ones.
    """

    def __init__(self, mutation: Mutation, accepted: Mapping[str, str], *, whole: bool) -> None:
        self.whole = whole
        survived = mutation.of(Outcome.SURVIVED)
        self.survivors = [pair for pair in survived if pair[0].id not in accepted]
        self.excused = [(mutant, accepted[mutant.id]) for mutant, _ in survived if mutant.id in accepted]
        known = {mutant.id for mutant in mutation.mutants}
        left = {mutant.id for mutant, _ in survived}
        self.stale = [entry for entry in accepted if entry not in left and (whole or entry in known)]
        valid = len(survived) + len(mutation.of(Outcome.KILLED))
        self.too_many = whole and len(self.excused) > SHARE * valid

    @property
    def good(self) -> bool:
        """Whether nothing survives without a reason, and the list is as short and as true as it must be."""
        return not self.survivors and not self.stale and not self.too_many


def verdict(mutation: Mutation, accepted: Mapping[str, str], *, whole: bool) -> Verdict:
    """What a run comes to."""
    return Verdict(mutation, accepted, whole=whole)


def table(mutation: Mutation) -> list[str]:
    """Operator by outcome, in Markdown, with the seconds that were spent on each."""
    pairs = list(zip(mutation.mutants, mutation.results, strict=True))
    return [
        "| operator | mutants | killed | survived | equivalent | invalid | seconds |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(
            _row(operator, [result for mutant, result in pairs if mutant.operator == operator])
            for operator in sorted({mutant.operator for mutant, _ in pairs})
        ),
        _row("**all**", mutation.results),
    ]


def _row(name: str, results: list[Result]) -> str:
    counted = Counter(result.outcome for result in results)
    numbers = [len(results), *(counted[outcome] for outcome in Outcome)]
    seconds = sum(result.seconds for result in results)
    return f"| {name} | {' | '.join(map(str, numbers))} | {seconds:.0f} |"


def lines(mutation: Mutation, found: Verdict) -> Iterator[str]:
    """The run for people."""
    yield from table(mutation)
    yield ""
    decided = Counter(result.layer for result in mutation.results if result.outcome is not Outcome.SURVIVED)
    by_layer = ", ".join(f"{layer}: {decided[layer]}" for layer in Layer)
    yield f"{len(mutation.mutants)} of {mutation.made} mutants in {mutation.seconds:.0f} s; decided by {by_layer}"
    if mutation.failing:
        yield "fails on the module itself, and so kills nothing there: " + ", ".join(sorted(mutation.failing))
    killers = Counter(by for result in mutation.results if result.outcome is Outcome.KILLED for by in result.by)
    if killers:
        yield "killed by: " + ", ".join(f"{name} {count}" for name, count in killers.most_common(12))
    if found.excused:
        yield f"survive with a reason: {len(found.excused)}"
    for mutant, result in found.survivors:
        yield f"SURVIVED  {mutant.file}:{mutant.line}  {mutant.id}  (last looked at: {result.layer})"
    for entry in found.stale:
        yield f"STALE     {entry!r} is accepted and does not survive: take it off the list"
    if found.too_many:
        yield f"TOO MANY  {len(found.excused)} survive with a reason: more than {SHARE:.0%} of the valid ones"


def as_json(mutation: Mutation, found: Verdict) -> dict[str, Any]:
    """The run with every mutant, for machines."""
    reasons = {mutant.id: reason for mutant, reason in found.excused}
    return {
        "version": 1,
        "whole": found.whole,
        "mutants_made": mutation.made,
        "seconds": round(mutation.seconds, 1),
        "checks": sorted(mutation.checks),
        "failing": sorted(mutation.failing),
        "stale": found.stale,
        "mutants": [_entry(*pair, reasons) for pair in zip(mutation.mutants, mutation.results, strict=True)],
    }


def _entry(mutant: Mutant, result: Result, reasons: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "file": mutant.file,
        "line": mutant.line,
        "operator": mutant.operator,
        "outcome": result.outcome,
        "layer": result.layer,
        "by": list(result.by),
        "seconds": round(result.seconds, 2),
        **({"reason": reasons[mutant.id]} if mutant.id in reasons else {}),
    }
