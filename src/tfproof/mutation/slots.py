"""Many copies of a module in one configuration, so that one plan decides on many mutants.

Terraform takes three seconds to read the provider's schema, plan and show, whatever is planned; a further copy of a
small module takes half a second. Every copy is called twice a case: once as if nothing were there, which shows what is
really written, and once upon what the module itself has made, so that what is known only after apply is known.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tfproof.mutation.cases import Case
from tfproof.mutation.mutant import Mutant
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.variables import Expression
from tfproof.terraform.workspace import Workspace, copy_modules

__all__ = ["FRESH", "UPON", "Slots", "calls_of", "literal", "state_of_slots", "write_root"]

_FOLDER: Final = re.compile(r"s(\d+)(?:/|$)")
_CALL: Final = re.compile(r"\bmodule\.s(\d+)_")
FRESH: Final = "fresh"
UPON: Final = "upon"


class Slots:
    """A workspace with several copies of a module, each of which can be one mutant.

    Args:
        folder: Where the configuration is written.
        module: The module.
        calls: The calls of each copy: variables by name of the call.
        size: How many copies.
        make: Makes a workspace of a configuration; it is initialised here.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        calls: Mapping[str, Mapping[str, Any]],
        size: int,
        make: Callable[[Path], Workspace],
    ) -> None:
        self.module = module
        self.size = size
        configuration = folder / "configuration"
        sources = {}
        for number in range(size):
            copied = copy_modules(module.resolve(), configuration / f"s{number}")[module.resolve()]
            sources[f"s{number}"] = copied.relative_to(configuration)
        write_root(
            configuration,
            {
                f"{slot}_{name}": (f"./{source}", variables)
                for slot, source in sources.items()
                for name, variables in calls.items()
            },
        )
        self.workspace = make(configuration)
        self._folders = [self.workspace.root / sources[f"s{number}"] for number in range(size)]
        self._configuration = configuration

    def fill(self, mutants: Sequence[Mutant | None]) -> None:
        """Makes each copy the mutant of its number, and the module itself where there is none."""
        for number, folder in enumerate(self._folders):
            for file in self.module.glob("*.tf"):
                (folder / file.name).write_bytes(file.read_bytes())
            mutant = mutants[number] if number < len(mutants) else None
            if mutant is not None:
                mutant.write(self.module, folder)

    def plan(self) -> None:
        """Plans the copies as they are.

        Raises:
            TerraformError: Something is wrong with one of them, or with all.
            TerraformCrash: Terraform broke down.
        """
        # A plan that Terraform did not write must not be read from the batch before.
        self.workspace.plan_file().unlink(missing_ok=True)
        self.workspace.plan(refresh=False, lock=False)

    def slot_of(self, diagnostic: Diagnostic) -> int | None:
        """The number of the copy that Terraform speaks of; None when it is of none, or does not say."""
        file = Path(diagnostic.filename)
        for folder in (self.workspace.root, self._configuration):  # a workspace names files as they were given to it
            if file.is_absolute() and file.is_relative_to(folder):
                file = file.relative_to(folder)
        # A cycle, or a sensitive key, is said without a file.
        said = _FOLDER.match(str(file)) or _CALL.search(
            f"{diagnostic.address} {diagnostic.summary} {diagnostic.detail}"
        )
        number = int(said[1]) if said else None
        return number if number is not None and number < self.size else None


def write_root(folder: Path, calls: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
    """Writes a configuration that calls modules, each with an output of all its outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    root = {
        "module": {
            name: {"source": source, **{key: literal(value) for key, value in variables.items()}}
            for name, (source, variables) in calls.items()
        },
        # Sensitive, since one of theirs may be; nothing here is printed.
        "output": {name: {"value": f"${{module.{name}}}", "sensitive": True} for name in calls},
    }
    (folder / "main.tf.json").write_text(json.dumps(root, indent=1), encoding="utf-8")


def literal(value: Any) -> Any:
    """A value for Terraform's JSON syntax, in which texts are templates."""
    if isinstance(value, Expression):
        return f"${{{value}}}"
    if isinstance(value, Mapping):
        return {name: literal(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value


def calls_of(cases: Sequence[Case], kinds: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The calls of each copy for some cases: `FRESH`, `UPON` what is there, or both."""
    return {f"{kind}_{case.name}": case.variables for case in cases for kind in kinds}


def state_of_slots(applied: Mapping[str, Any], cases: Sequence[Case], size: int) -> dict[str, Any]:
    """The state of the applied module, whose cases are modules of it, once for every copy.

    Args:
        applied: The state as JSON; `module.CASE` are its modules.
        cases: The cases.
        size: How many copies.
    """
    state = {**applied, "outputs": {}, "resources": []}
    for number in range(size):
        for case in cases:
            before, after = f"module.{case.name}", f"module.s{number}_{UPON}_{case.name}"
            for resource in applied["resources"]:
                place = resource.get("module", "")
                if place != before and not place.startswith((f"{before}.", f"{before}[")):
                    continue
                moved = copy.deepcopy(resource)
                moved["module"] = after + place.removeprefix(before)
                for instance in moved["instances"]:
                    instance["dependencies"] = [
                        after + name.removeprefix(before) if name.startswith(f"{before}.") else name
                        for name in instance.get("dependencies", [])
                    ]
                state["resources"].append(moved)
    return state
