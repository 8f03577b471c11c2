"""Decides on mutants of variables by their validations alone: no provider, and many mutants in one plan."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tfproof.errors import UsageError
from tfproof.mutation.cases import Trial
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.mutation.names import identifiers, text_of
from tfproof.mutation.slots import literal
from tfproof.terraform.binary import Terraform
from tfproof.terraform.command import Running, run
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.environment import base_environment
from tfproof.terraform.errors import TerraformError
from tfproof.terraform.source import syntax_tree

__all__ = ["VariablesBench"]

_VALIDATION: Final = "Invalid value for variable"
_WORTH_IT: Final = 4
"""Trials about the same variables that make it worth a plan of its own."""
_REFERENCE: Final = re.compile(r"\bvar\.([A-Za-z_][\w-]*)")
_AT_ONCE: Final = 150
"""Calls in one configuration; Terraform reads the variables' file anew for each."""


class VariablesBench:
    """The variables of a module and nothing else, tried with values that they must accept or refuse.

    Args:
        folder: Where configurations are written.
        module: The module.
        trials: The values.
        always: Values under those of every trial.
        terraform: The binary.
        running: Where its commands are kept while they run.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        *,
        trials: Sequence[Trial],
        always: dict[str, Any],
        terraform: Terraform,
        running: Running,
    ) -> None:
        self._folder = folder
        self._module = module
        self._trials = [trial for trial in trials if trial.stage == "variables"]
        self._always = always
        self._terraform = terraform
        self._running = running
        self._number = 0

    def check_trials(self) -> None:
        """Sees that the module itself does what the trials say.

        Raises:
            UsageError: It does not: the trials are wrong, or the module is.
        """
        wrong = [str(self._trials[place]) for place in self.wrong(self._trials)]
        if wrong:
            raise UsageError(
                f"the module itself does not do what its cases say: {'; '.join(wrong)}",
                remedy="Correct the cases, or the module's validations.",
            )

    def wrong(self, trials: Sequence[Trial]) -> list[int]:
        """The numbers of the trials in which the module itself does not do what they say."""
        # By what they are about: a plan is quicker with only the variables that it takes.
        alike: dict[frozenset[str], list[int]] = {}
        for number, trial in enumerate(trials):
            alike.setdefault(frozenset(trial.variables), []).append(number)
        if len(alike) > len(trials) // _WORTH_IT:
            alike = {frozenset(): list(range(len(trials)))}
        found = []
        for numbers in alike.values():
            own = [trials[number] for number in numbers]
            found += [numbers[place] for place in self._outcomes([None], own).get(0, range(len(own)))]
        return sorted(found)

    def decide(self, mutants: Sequence[Mutant]) -> list[Result]:
        """Decides on mutants of variables; `survived` says only that no trial has decided."""
        started = time.monotonic()
        found: dict[str, Result] = {}
        for variable in dict.fromkeys(mutant.address for mutant in mutants):
            own = [mutant for mutant in mutants if mutant.address == variable]
            trials = self._about(variable.removeprefix("variable."))
            size = max(_AT_ONCE // max(len(trials), 1), 1)
            for start in range(0, len(own), size):
                found |= {result.mutant: result for result in self._decide(own[start : start + size], trials)}
        seconds = (time.monotonic() - started) / max(len(mutants), 1)
        return [
            Result(mutant.id, found[mutant.id].outcome, Layer.VARIABLES, found[mutant.id].by, seconds)
            for mutant in mutants
        ]

    def _decide(self, mutants: Sequence[Mutant], trials: Sequence[Trial]) -> Iterator[Result]:
        invalid: dict[int, str] = {}
        wrong = self._outcomes(mutants, trials, invalid)
        for number, mutant in enumerate(mutants):
            if number in invalid:
                yield Result(mutant.id, Outcome.INVALID, Layer.VARIABLES, (invalid[number],))
            elif wrong.get(number):
                yield Result(
                    mutant.id, Outcome.KILLED, Layer.VARIABLES, tuple(str(trials[place]) for place in wrong[number])
                )
            else:
                yield Result(mutant.id, Outcome.SURVIVED, Layer.VARIABLES)

    def _about(self, variable: str) -> list[Trial]:
        """The trials that a change of a variable's block can matter to: those with a variable that it speaks of."""
        named = _references(self._module)
        spoken_of = named[variable] | {other for other, names in named.items() if variable in names}
        return [trial for trial in self._trials if not trial.variables or spoken_of & set(trial.variables)]

    def _outcomes(
        self, mutants: Sequence[Mutant | None], trials: Sequence[Trial], invalid: dict[int, str] | None = None
    ) -> dict[int, list[int]]:
        """By number of the mutant, the places of the trials that came out otherwise than they must."""
        invalid = {} if invalid is None else invalid
        refused: set[tuple[int, int]] = set()
        while True:
            # Again without what is refused: validations that look at other variables come last, and only where nothing
            # else in the whole configuration is wrong.
            calls = [
                (number, place)
                for number in range(len(mutants))
                for place in range(len(trials))
                if number not in invalid and (number, place) not in refused
            ]
            errors = [item for item in self._plan(mutants, trials, calls) if item.is_error] if calls else []
            found = {numbers for item in errors if (numbers := _numbers(item)) is not None}
            if not found:
                break
            if not refused and (static := _static(errors, range(len(mutants)), len(trials))):
                invalid |= static
            else:
                refused |= found
        return {
            number: [place for place, trial in enumerate(trials) if ((number, place) in refused) is trial.accepted]
            for number in range(len(mutants))
            if number not in invalid
        }

    def _plan(
        self, mutants: Sequence[Mutant | None], trials: Sequence[Trial], calls: Sequence[tuple[int, int]]
    ) -> list[Diagnostic]:
        self._number += 1
        folder = self._folder / f"variables-{self._number}"
        wanted = _wanted(_references(self._module), [trials[place] for _, place in calls], mutants)
        texts = [_variables_text(self._module, mutant, wanted) for mutant in mutants]
        for number, place in calls:
            name = f"m{number}_t{place}"
            (folder / name).mkdir(parents=True)
            (folder / name / "variables.tf").write_bytes(texts[number])
            given = {**self._always, **trials[place].variables}
            values = {key: value for key, value in given.items() if key in wanted}
            call = {"source": f"./{name}", **{key: literal(value) for key, value in values.items()}}
            # Each call in a file of its own: by the file's name Terraform says which one it speaks of.
            (folder / f"{name}.tf.json").write_text(json.dumps({"module": {name: call}}), encoding="utf-8")
        environment = base_environment(folder)
        for arguments in (["init", "-json", "-no-color"], ["plan", "-json", "-lock=false"]):
            try:
                done = run(
                    self._terraform.path,
                    arguments,
                    cwd=folder,
                    environment=environment,
                    stream=True,
                    running=self._running,
                )
            except TerraformError as error:
                if self._running.interrupted or not error.diagnostics:
                    raise
                return error.diagnostics
        return done.diagnostics


def _static(errors: Sequence[Diagnostic], mutants: Sequence[int], trials: int) -> dict[int, str]:
    """The mutants that Terraform cannot read at all: an error that is no refusal of a value, whatever the value."""
    said: dict[int, dict[int, str]] = {}
    for item in errors:
        numbers = _numbers(item)
        if item.summary != _VALIDATION and numbers is not None:
            text = f"{item.summary}: {' '.join(item.detail.split())}"
            said.setdefault(numbers[0], {}).setdefault(numbers[1], text[:200])
    return {number: said[number][0] for number in mutants if len(said.get(number, {})) == trials}


def _numbers(item: Diagnostic) -> tuple[int, int] | None:
    """Numbers of the mutant and the trial that a diagnostic is about, by the file or the address that it names."""
    for text in (*Path(item.filename).parts[::-1], *item.address.split(".")):
        mutant, _, trial = text.partition(".")[0].partition("_t")
        if mutant[:1] == "m" and mutant[1:].isdigit() and trial.isdigit():
            return int(mutant[1:]), int(trial)
    return None


def _references(module: Path) -> dict[str, set[str]]:
    """Of every variable, itself and those that its block speaks of."""
    blocks = [node for file in sorted(module.glob("*.tf")) for node in _variables_in(file.read_bytes())]
    return {identifiers(node)[1]: {identifiers(node)[1], *_REFERENCE.findall(text_of(node))} for node in blocks}


def _wanted(
    references: dict[str, set[str]], trials: Sequence[Trial], mutants: Sequence[Mutant | None]
) -> frozenset[str]:
    """The variables that have to be there: what is changed or given, and all that it leads to. Fewer are quicker."""
    waiting = {mutant.address.removeprefix("variable.") for mutant in mutants if mutant is not None}
    waiting |= {name for trial in trials for name in trial.variables}
    # What speaks of a changed variable can refuse because of it.
    waiting |= {other for other, names in references.items() if names & waiting}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= references.get(name, set()) - found
    return frozenset(found)


def _variables_in(text: bytes) -> Iterator[Any]:
    for body in syntax_tree(text).children:
        for node in body.children if body.type == "body" else ():
            if node.type == "block" and identifiers(node)[0] == "variable":
                yield node


def _variables_text(module: Path, mutant: Mutant | None, wanted: frozenset[str]) -> bytes:
    """Some of the module's variables alone, one of them changed."""
    blocks = []
    for file in sorted(module.glob("*.tf")):
        text = file.read_bytes()
        if mutant is not None and mutant.file == file.name:
            text = mutant.edit.applied(text)
        blocks += [node.text for node in _variables_in(text) if identifiers(node)[1] in wanted]
    return b"\n\n".join(blocks) + b"\n"
