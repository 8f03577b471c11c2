"""Values for a root module's variables, as people give them on a command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, final

from tfproof.errors import UsageError
from tfproof.terraform.source import Block, ModuleSource

__all__ = ["Expression", "check_variables", "parse_assignments", "write_variables"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@final
class Expression(str):
    """A value as typed on a command line, read as Terraform reads `-var`.

    For a variable of type string, number or bool, or without a type, it is the text itself; else an HCL expression.
    """

    __slots__ = ()


def parse_assignments(assignments: Iterable[str], *, option: str = "--var") -> dict[str, Any]:
    """`["name=value", ...]` as a mapping of `Expression`.

    Args:
        assignments: As they were typed.
        option: The option that they were typed after.

    Raises:
        UsageError: An assignment has no `=`, or its name is not one of a variable.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(
                f"{option} {assignment!r} has no '='",
                remedy=f"Write it as {option} NAME=VALUE, e.g. {option} bucket_name=x.",
            )
        if not _NAME.fullmatch(name.strip()):
            raise UsageError(f"{option} {assignment!r}: {name!r} is not the name of a variable")
        values[name.strip()] = Expression(value)
    return values


def check_variables(
    source: ModuleSource,
    values: Mapping[str, Any],
    files: Iterable[Path],
    *,
    complete: bool = True,
    option: str = "--var",
) -> None:
    """Sees that the values can be meant for this module.

    Raises:
        UsageError: A file is missing; a variable is not declared; with `complete`, one without a default has no value.
    """
    declared = _declared(source)
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise UsageError(
            f"variable={unknown[0]!r} is not a variable of {source.folder}",
            remedy=f"It has: {', '.join(sorted(declared)) or 'none'}.",
        )
    given = set(values)
    for file in files:
        if not file.is_file():
            raise UsageError(f"var_file={str(file)!r} is not a file", remedy="Name a .tfvars or .tfvars.json file.")
        given |= _names_in(file)
    missing = sorted(
        name for name, block in declared.items() if "default" not in block.attributes and name not in given
    )
    if missing and complete:
        raise UsageError(
            f"variable={missing[0]!r} of {source.folder} has no default and was given no value",
            remedy=f"Give one: {option} {missing[0]}=VALUE."
            + (f" Also missing: {', '.join(missing[1:])}." if missing[1:] else ""),
        )


def write_variables(
    folder: Path, source: ModuleSource, values: Mapping[str, Any], files: Iterable[Path], *, complete: bool = True
) -> tuple[str, ...]:
    """Writes the values into files of the run folder and answers the arguments that make Terraform read them.

    In files, because the arguments of a process can be read by every user of the machine. Later ones win, as with
    Terraform: values over files.

    Raises:
        UsageError: As `check_variables`.
    """
    files = list(files)
    check_variables(source, values, files, complete=complete)
    declared = _declared(source)
    arguments = [f"-var-file={file.resolve()}" for file in files]
    plain = {name: value for name, value in values.items() if not _is_expression(value, declared[name].attributes)}
    expressions = {name: value for name, value in values.items() if name not in plain}
    if plain:
        arguments.append(f"-var-file={_private(folder / 'values.tfvars.json', json.dumps(plain))}")
    if expressions:
        text = "".join(f"{name} = {value}\n" for name, value in expressions.items())
        arguments.append(f"-var-file={_private(folder / 'command-line.tfvars', text)}")
    return tuple(arguments)


def _declared(source: ModuleSource) -> dict[str, Block]:
    return {block.labels[0]: block for block in source.of_type("variable") if block.labels}


def _is_expression(value: Any, attributes: Mapping[str, Any]) -> bool:
    declared_type = attributes["type"].text.strip().strip('"') if "type" in attributes else "string"
    return isinstance(value, Expression) and declared_type not in ("string", "number", "bool")


def _names_in(file: Path) -> set[str]:
    """The variables a file gives values to; Terraform itself will say what is wrong with the file."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.name.endswith(".json"):
        try:
            document = json.loads(text)
        except ValueError:
            return set()
        return set(document) if isinstance(document, dict) else set()
    return set(re.findall(r"(?m)^\s*([A-Za-z_][\w-]*)\s*=", text))


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path
