"""What a module is mutated against: values it is planned with, and values it must accept or refuse."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tfproof.errors import UsageError
from tfproof.mutation.names import identifiers, text_of
from tfproof.terraform.source import syntax_tree
from tfproof.terraform.variables import Expression

__all__ = ["Case", "Cases", "Trial", "read_cases", "values_in"]

_TABLES: Final = {
    "case": frozenset(
        {
            "absent",
            "allows",
            "apply",
            "denies",
            "expect",
            "lets_through",
            "name",
            "nulls",
            "order",
            "refuses",
            "variables",
        }
    ),
    "accepted": frozenset({"nulls", "variables"}),
    "refused": frozenset({"nulls", "stage", "variables"}),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Values the module is planned with.

    Attributes:
        name: Short, a word that can stand in an address.
        variables: Values of the module's variables.
        expect: What must be planned: a value by address and attribute path, or by `output.NAME`.
        absent: Addresses that must not be planned, and outputs that must be null.
        allows: Requests that a policy must allow: `PLACE: ACTION RESOURCE`, ` by PRINCIPAL`, ` with KEY=VALUE ...`.
        denies: Requests that it must not.
        refuses: Requests that a resource's policy must deny to a principal whose own policies allow everything.
        lets_through: Requests of such a principal that it must not deny.
        order: What must be made after what: `ADDRESS after ADDRESS`, without instance keys.
        apply: Whether a mutant that no plan decides goes through a whole proof with it.
    """

    name: str
    variables: Mapping[str, Any]
    expect: Mapping[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    lets_through: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    apply: bool = False

    @property
    def expects(self) -> bool:
        """Whether it says anything that a plan must show."""
        said = (self.expect, self.absent, self.allows, self.denies, self.refuses, self.lets_through, self.order)
        return any(said)


@dataclass(frozen=True, slots=True)
class Trial:
    """Values that the module must accept, or refuse.

    Attributes:
        variables: The values.
        accepted: Whether they must be accepted.
        stage: What refuses: `variables`, the validations alone; or `plan`, which is what preconditions take.
    """

    variables: Mapping[str, Any]
    accepted: bool
    stage: str = "variables"

    def __str__(self) -> str:
        said = ", ".join(f"{name}={_shown(value)}" for name, value in self.variables.items()) or "no values"
        return f"{'accepted' if self.accepted else 'refused'} case: {said}"


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything a module is mutated against.

    Attributes:
        cases: What it is planned with.
        trials: What it must accept or refuse.
        always: Values for every trial, under its own.
        baseline: Values over those of every case, for the apply that plans are made against: to leave out what is slow.
        without: Values of cases that are left out of that apply.
    """

    cases: tuple[Case, ...]
    trials: tuple[Trial, ...] = ()
    always: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    @property
    def all_trials(self) -> tuple[Trial, ...]:
        """The trials, and every case's own values, which must be accepted too."""
        return (*self.trials, *(Trial(case.variables, accepted=True) for case in self.cases))

    def applied(self, case: Case) -> dict[str, Any]:
        """A case's values for the apply that plans are made against."""
        kept = {name: value for name, value in case.variables.items() if name not in self.without}
        return {**kept, **self.baseline}


def read_cases(file: Path) -> Cases:
    """Reads a file of cases; docs/mutation.md says what is in it.

    Raises:
        UsageError: It cannot be read, or holds something else.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cases={str(file)!r} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"cases={str(file)!r} is not TOML: {error}") from error
    unknown = sorted(set(document) - {*_TABLES, "always", "baseline"})
    if unknown:
        raise UsageError(f"cases={str(file)!r}: {unknown[0]!r} is none of always, baseline, {', '.join(_TABLES)}")
    for table, names in _TABLES.items():
        for number, entry in enumerate(document.get(table, []), 1):
            if wrong := sorted(set(entry) - names):
                raise UsageError(
                    f"cases={str(file)!r}: {table} {number} has {wrong[0]!r}",
                    remedy=f"It can have: {', '.join(sorted(names))}.",
                )
    cases = tuple(_case(entry, number, file) for number, entry in enumerate(document.get("case", []), 1))
    if not cases:
        raise UsageError(f"cases={str(file)!r} has no [[case]]", remedy="One with the values the module is used with.")
    trials = [Trial(_values(entry), accepted=True) for entry in document.get("accepted", [])]
    trials += [
        Trial(_values(entry), accepted=False, stage=entry.get("stage", "variables"))
        for entry in document.get("refused", [])
    ]
    baseline = document.get("baseline", {})
    return Cases(
        cases,
        tuple(trials),
        document.get("always", {}),
        baseline.get("variables", {}),
        frozenset(baseline.get("without", ())),
    )


def _values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a case or trial, with the nulls that TOML does not have: `lock_mode`, or `tags.team`."""
    values = copy.deepcopy(dict(entry.get("variables", {})))
    for place in entry.get("nulls", ()):
        *outer, name = str(place).split(".")
        here = values
        for step in outer:
            here = here.setdefault(step, {})
        here[name] = None
    return values


def _case(entry: Mapping[str, Any], number: int, file: Path) -> Case:
    name = str(entry.get("name", f"case_{number}"))
    if not name.replace("_", "a").isalnum():
        raise UsageError(f"cases={str(file)!r}: name={name!r} is not one word of letters, digits and underscores")
    requests = {kind: tuple(entry.get(kind, ())) for kind in ("allows", "denies", "refuses", "lets_through")}
    return Case(
        name,
        _values(entry),
        entry.get("expect", {}),
        tuple(entry.get("absent", ())),
        **requests,
        order=tuple(entry.get("order", ())),
        apply=bool(entry.get("apply", number == 1)),
    )


def values_in(file: Path) -> dict[str, Any]:
    """The values in a `.tfvars` or `.tfvars.json` file, each an expression as it is written.

    Raises:
        UsageError: It cannot be read.
    """
    import json  # noqa: PLC0415

    try:
        text = file.read_bytes()
        if file.name.endswith(".json"):
            return dict(json.loads(text))
    except (OSError, ValueError) as error:
        raise UsageError(f"var_file={str(file)!r} cannot be read: {error}") from error
    return {
        identifiers(node)[0]: Expression(text_of(node.children[-1]))
        for body in syntax_tree(text).children
        for node in body.children
        if body.type == "body" and node.type == "attribute"
    }


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  # a line for people
