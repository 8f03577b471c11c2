"""The condition operators as a table: how each reads the policy's values and the request's, and compares them.

An `Operator` compiles the values of a policy into one test of one request value. Set operators, IfExists, negation and
missing keys are the same for all of them and live in `tfproof.iam.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tfproof.iam.patterns import ANY, Wildcard
from tfproof.iam.scalars import read_address, read_binary, read_bool, read_date, read_network, read_number
from tfproof.iam.templates import Variable, compile_pieces, compile_values, resolve, split_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfproof.iam.patterns import Token
    from tfproof.iam.templates import Context, Matcher, Piece

__all__ = ["OPERATORS", "Operator"]

Compiler: TypeAlias = "Callable[[Sequence[str], bool], Matcher]"
Reader: TypeAlias = "Callable[[str], object]"


class Operator(NamedTuple):
    """One operator.

    `compile` takes the policy's values and whether variables are expanded, and gives the positive test. `reader` reads
    a value of the operator's type (None: any text will do) and is what refuses malformed values in policies; a request
    value it cannot read matches neither the operator nor its negation (R60: "no match").
    """

    name: str
    compile: Compiler
    negated: bool = False
    reader: Reader | None = None
    wildcards: bool = False
    variables: bool = False


def _text(*, wildcards: bool, fold: bool = False) -> Compiler:
    def compile_text(values: Sequence[str], variables: bool) -> Matcher:  # noqa: FBT001  one shape for the table
        return compile_values(values, variables=variables, wildcards=wildcards, fold=fold)

    return compile_text


def _ordered(reader: Callable[[str], object], compare: Callable[[object, object], bool]) -> Compiler:
    def compile_ordered(values: Sequence[str], _variables: bool) -> Matcher:  # noqa: FBT001
        limits = tuple(limit for value in values if (limit := reader(value)) is not None)

        def match(value: str, _context: Context) -> bool:
            read = reader(value)
            return read is not None and any(compare(read, limit) for limit in limits)

        return match

    return compile_ordered


def _same(reader: Callable[[str], object]) -> Compiler:
    def compile_same(values: Sequence[str], _variables: bool) -> Matcher:  # noqa: FBT001
        wanted = {read for value in values if (read := reader(value)) is not None}
        return lambda value, _: reader(value) in wanted

    return compile_same


def _addresses(values: Sequence[str], _variables: bool) -> Matcher:  # noqa: FBT001
    networks = tuple(network for value in values if (network := read_network(value)) is not None)

    def match(value: str, _context: Context) -> bool:
        address = read_address(value)
        if address is None:
            return False
        version, number = address
        return any(version == wanted and number >> shift == prefix for wanted, prefix, shift in networks)

    return match


_ARN_PARTS: Final = 6


def _arns(values: Sequence[str], variables: bool) -> Matcher:  # noqa: FBT001
    """ArnLike and ArnEquals: the six parts are compared one by one, so a `*` never runs past a colon of the first
    five (R41); wildcards work in both (R59).
    """  # noqa: D205
    fixed: list[tuple[Matcher, ...]] = []
    dynamic: list[list[Piece]] = []
    for value in values:
        pieces = split_template(value, variables=variables)
        if any(isinstance(piece, Variable) for piece in pieces):
            dynamic.append(pieces)
        else:
            fixed.append(_arn_parts([piece for piece in pieces if not isinstance(piece, Variable)]))

    def match(value: str, context: Context) -> bool:
        parts = value.split(":", _ARN_PARTS - 1)
        if len(parts) != _ARN_PARTS:
            return False
        for tests in fixed:
            if len(tests) == _ARN_PARTS and all(test(part, context) for test, part in zip(tests, parts, strict=True)):
                return True
        for pieces in dynamic:
            tokens = resolve(pieces, context)
            if tokens is None:
                continue
            tests = _arn_parts(tokens)
            if len(tests) == _ARN_PARTS and all(test(part, context) for test, part in zip(tests, parts, strict=True)):
                return True
        return False

    return match


def _arn_parts(tokens: Sequence[Token]) -> tuple[Matcher, ...]:
    if len(tokens) == 1 and tokens[0] is ANY:
        tokens = [ANY, ":", ANY, ":", ANY, ":", ANY, ":", ANY, ":", ANY]
    parts: list[list[Piece]] = [[]]
    for token in tokens:
        if isinstance(token, Wildcard):
            parts[-1].append(token)
            continue
        pieces = token.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(pieces[0])
        parts.extend([piece] for piece in pieces[1:])
    return tuple(compile_pieces([[piece for piece in part if piece] or [""]]) for part in parts)


_COMPARISONS: Final[tuple[tuple[str, Callable[[Any, Any], bool]], ...]] = (
    ("Equals", eq),
    ("LessThan", lt),
    ("LessThanEquals", le),
    ("GreaterThan", gt),
    ("GreaterThanEquals", ge),
)


def _comparisons() -> list[Operator]:
    found = []
    for family, reader in (("Numeric", read_number), ("Date", read_date)):
        for suffix, compare in _COMPARISONS:
            found.append(Operator(family + suffix, _ordered(reader, compare), reader=reader))
        found.append(Operator(f"{family}NotEquals", _ordered(reader, eq), negated=True, reader=reader))
    return found


def _texts() -> list[Operator]:
    equals, like, fold = _text(wildcards=False), _text(wildcards=True), _text(wildcards=False, fold=True)
    found = []
    for positive, negative, compiler, wild in (
        ("StringEquals", "StringNotEquals", equals, False),
        ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", fold, False),
        ("StringLike", "StringNotLike", like, True),
        ("ArnEquals", "ArnNotEquals", _arns, True),
        ("ArnLike", "ArnNotLike", _arns, True),
    ):
        found.append(Operator(positive, compiler, wildcards=wild, variables=True))
        found.append(Operator(negative, compiler, negated=True, wildcards=wild, variables=True))
    return found


OPERATORS: Final[dict[str, Operator]] = {
    operator.name.lower(): operator
    for operator in [
        *_texts(),
        *_comparisons(),
        Operator("IpAddress", _addresses, reader=read_network),
        Operator("NotIpAddress", _addresses, negated=True, reader=read_network),
        Operator("Bool", _same(read_bool), reader=read_bool),
        Operator("BinaryEquals", _same(read_binary), reader=read_binary),
    ]
}
"""Every operator but Null, by its name in lower case (R50: operator names are case-insensitive in practice)."""
