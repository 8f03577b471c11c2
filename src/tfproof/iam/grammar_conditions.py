"""The grammar of condition blocks: operators that exist, values of the operator's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tfproof.iam import wording
from tfproof.iam.conditions import read_operator
from tfproof.iam.operators import OPERATORS
from tfproof.iam.policy import scalars
from tfproof.iam.problems import Problem, did_you_mean
from tfproof.iam.templates import Variable, malformed_variable, split_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tfproof.iam.conditions import OperatorName
    from tfproof.iam.json_text import Json
    from tfproof.iam.places import Path

__all__ = ["condition_problems"]

_NAMES: Final = (*(operator.name for operator in OPERATORS.values()), "Null")
_ARN_COLONS: Final = 5


def condition_problems(block: Json, path: Path, *, variables: bool) -> Iterator[Problem]:
    """Every fault of a Condition element.

    Args:
        block: The element: operators, each with keys, each with values.
        path: The path to it.
        variables: Whether the document's Version knows policy variables.
    """
    if not isinstance(block, dict):
        yield Problem(wording.SYNTAX, path, 'a condition is an object: {"StringEquals": {"aws:username": "bob"}}')
        return
    for name, keys in block.items():
        read = read_operator(name) if isinstance(name, str) else None
        if read is None:
            yield Problem(wording.SYNTAX, (*path, name), _unknown(str(name)), on_key=True)
            continue
        if not isinstance(keys, dict) or not keys:
            yield Problem(wording.SYNTAX, (*path, name), f"{name} takes an object of keys and values")
            continue
        for key, values in keys.items():
            if not isinstance(key, str) or not key:
                yield Problem(wording.SYNTAX, (*path, name, key), "a condition key has a name", on_key=True)
            elif ":" not in key:
                remedy = f"{key!r}: condition keys read service:name, such as aws:SourceIp"
                yield Problem(wording.VENDOR_MISSING, (*path, name, key), remedy, severity="warning", on_key=True)
            yield from _values(read, values, (*path, name, key), variables=variables)


def _unknown(name: str) -> str:
    prefix, colon, base = name.rpartition(":")
    base = base[: -len("IfExists")] if base.lower().endswith("ifexists") else base
    if base.lower() == "null":
        return "Null takes neither a set operator nor IfExists: it asks itself whether the key is there"
    if colon and prefix.lower() not in ("forallvalues", "foranyvalue"):
        return f"no such set operator {prefix!r}: ForAllValues and ForAnyValue are"
    return f"no such operator {name!r}: {did_you_mean(base, _NAMES)}"


def _values(read: OperatorName, values: Json, path: Path, *, variables: bool) -> Iterator[Problem]:
    listed = isinstance(values, (list, tuple))
    if listed and not values:
        remedy = "an empty list never matches (its negation always does): write a value"
        yield Problem("Empty list of condition values.", path, remedy, severity="warning")
    for index, item in enumerate(values if listed else (values,)):
        where = (*path, index) if listed else path
        if not isinstance(item, (str, bool, int, float)):
            yield Problem(
                wording.SYNTAX, where, "a condition value is a text, a number or a boolean, or a list of them"
            )
            continue
        fault = _value_fault(read, scalars(item)[0], variables=variables)
        if fault:
            yield Problem(wording.SYNTAX, where, fault)


def _value_fault(read: OperatorName, value: str, *, variables: bool) -> str:  # noqa: PLR0911  one a rule
    operator = read.operator
    if operator is None:
        return (
            "" if value.lower() in ("true", "false") else f'{value!r}: Null takes "true" (missing) or "false" (present)'
        )
    if operator.reader is not None:
        if operator.reader(value) is not None:
            return ""
        hint = "; policy variables work in String and Arn operators only" if "${" in value else ""
        return f"{value!r} is no value for {operator.name}{hint}"
    if not variables and not operator.name.startswith("Arn"):
        return ""
    broken = malformed_variable(value) if variables else None
    if broken is not None:
        return f"{broken!r} is no policy variable; write ${{key}}, or ${{$}} for a $"
    if operator.name.startswith("Arn") and value != "*" and value.count(":") < _ARN_COLONS:
        if any(isinstance(piece, Variable) for piece in split_template(value, variables=variables)):
            return ""
        return f"{value!r}: an ARN pattern has six parts, compared one by one (arn:aws:sns:*:*:*), or is *"
    return ""
