"""Condition blocks: operators ANDed, keys ANDed, values ORed; set operators, IfExists, Null and missing keys (R49-R57).

A block compiles to a tuple of `Condition`s, each with one test of a request's context.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from tfproof.iam.operators import OPERATORS
from tfproof.iam.scalars import read_address, read_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfproof.iam.operators import Operator
    from tfproof.iam.templates import Context, Matcher

__all__ = ["Condition", "OperatorName", "compile_condition", "read_operator"]

Test: TypeAlias = "Callable[[Context], bool]"

_SETS: Final = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
_IF_EXISTS: Final = "ifexists"


class OperatorName(NamedTuple):
    """An operator as written: `quantifier` is ForAllValues, ForAnyValue or "", `operator` None for Null."""

    quantifier: str
    operator: Operator | None
    if_exists: bool


class Condition(NamedTuple):
    """One key under one operator: as written (`operator`, `key`, `values`), and compiled (`test`)."""

    operator: str
    key: str
    values: tuple[str, ...]
    test: Test


def read_operator(name: str) -> OperatorName | None:
    """The operator of a name in any case, None when there is none of that name.

    Null takes neither a set operator nor IfExists (R53).
    """
    folded = name.lower()
    prefix, colon, base = folded.rpartition(":")
    quantifier = _SETS.get(prefix, "")
    if colon and not quantifier:
        return None
    if base == "null":
        return None if quantifier else OperatorName("", None, if_exists=False)
    if_exists = base.endswith(_IF_EXISTS)
    operator = OPERATORS.get(base.removesuffix(_IF_EXISTS))
    return None if operator is None else OperatorName(quantifier, operator, if_exists)


def compile_condition(name: str, key: str, values: Sequence[str], *, variables: bool) -> Condition:
    """One key of a condition block, compiled. The operator's name must be one that `read_operator` knows.

    Raises:
        KeyError: No such operator; validation has refused the document before.
    """
    read = read_operator(name)
    if read is None:
        raise KeyError(name)
    folded = key.lower()
    if read.operator is None:
        return Condition(name, key, tuple(values), _null(folded, values))
    matcher = read.operator.compile(values, variables and read.operator.variables)
    return Condition(name, key, tuple(values), _test(folded, matcher, read, read.operator))


def _null(key: str, values: Sequence[str]) -> Test:
    wanted = {value.lower() == "true" for value in values}

    def test(context: Context) -> bool:
        # An empty list counts as missing, an empty text as present (R53, R67): Null guards ForAllValues that way.
        return (context.get(key, ()) == ()) in wanted

    return test


def _test(key: str, matcher: Matcher, read: OperatorName, operator: Operator) -> Test:
    one = _single(matcher, operator)
    if read.quantifier:
        return _quantified(key, one, every=read.quantifier == "ForAllValues")
    when_missing = read.if_exists or operator.negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return when_missing
        if isinstance(value, str):
            return one(value, context)
        return when_missing if not value else False  # R56: several values need a set operator

    return test


def _quantified(key: str, one: Matcher, *, every: bool) -> Test:
    if every:

        def test_every(context: Context) -> bool:
            value = context.get(key, ())
            return one(value, context) if isinstance(value, str) else all(one(item, context) for item in value)

        return test_every

    def test_any(context: Context) -> bool:
        value = context.get(key, ())
        return one(value, context) if isinstance(value, str) else any(one(item, context) for item in value)

    return test_any


def _single(matcher: Matcher, operator: Operator) -> Matcher:
    """The test of one request value, negation included."""
    if not operator.negated:
        return matcher
    # A value that cannot be read at all is no match for the negation either (R60).
    reader = read_address if operator.reader is read_network else operator.reader
    if reader is None:
        return lambda value, context: not matcher(value, context)
    return lambda value, context: not matcher(value, context) and reader(value) is not None
