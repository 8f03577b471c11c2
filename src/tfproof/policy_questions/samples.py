"""Values that a policy's patterns and conditions cover, and values next to them that they do not.

A policy is tried with what it names itself: whatever no statement tells apart is decided alike, so it is enough to have
one value for each side of every line that a statement draws.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from tfproof.iam.conditions import read_operator
from tfproof.iam.operators import Operator
from tfproof.iam.patterns import ONE, Wildcard
from tfproof.iam.scalars import read_date, read_network, read_number
from tfproof.iam.templates import Piece, Variable, split_template

__all__ = ["SOMEBODY", "Sample", "condition_samples", "examples", "resource_examples"]

Sample: TypeAlias = "str | tuple[str, ...] | None"
"""A context key's value: a text, several for a multi-valued key, None for a request that lacks the key."""

SOMEBODY: Final = "somebody"
"""What a policy variable is filled with."""
_FILLS: Final = ("any", "zq0", "")
"""For `*`: two texts, so that a narrower pattern beside it seldom covers both, and none at all."""
_OTHER_ARN: Final = "arn:aws:kms:us-east-1:999999999999:key/another"
_OUTSIDE: Final = ("203.0.113.7", "2001:db8::7")
_NANO: Final = 1_000_000_000
_STEP: Final = Decimal("0.1")


def examples(pattern: str, *, variables: bool, wildcards: bool = True) -> tuple[str, ...]:
    """Texts that a pattern covers; the pattern itself when it has neither wildcard nor variable.

    Args:
        pattern: A Resource, an action or a condition's value.
        variables: Whether its policy's Version knows variables (R64).
        wildcards: Whether `*` and `?` are wildcards in it.
    """
    pieces = split_template(pattern, variables=variables, wildcards=wildcards)
    return tuple(dict.fromkeys(_filled(pieces, fill) for fill in _FILLS))


def resource_examples(pattern: str, *, variables: bool) -> tuple[str, ...]:
    """Resources that a pattern covers; of one that covers a bucket and what is in it, an object too (R43)."""
    found = examples(pattern, variables=variables)
    if pattern.endswith("*") and pattern.split(":")[2:3] == ["s3"]:
        found += tuple(f"{text}/{_FILLS[0]}" for text in found if "/" not in text and not text.endswith(":"))
    return found


def _filled(pieces: Sequence[Piece], fill: str) -> str:
    return "".join(
        SOMEBODY if isinstance(piece, Variable) else _for(piece, fill) if isinstance(piece, Wildcard) else piece
        for piece in pieces
    )


def _for(sign: Wildcard, fill: str) -> str:
    return (fill[:1] or "7") if sign is ONE else fill


def condition_samples(operator: str, values: Sequence[str], *, variables: bool) -> Iterator[Sample]:
    """Values of a key on every side of what a condition asks: inside each of its values, and outside.

    Args:
        operator: The operator as written, with set operator and IfExists.
        values: The condition's values.
        variables: Whether the policy's Version knows variables (R64).
    """
    read = read_operator(operator)
    if read is None:
        return
    if read.operator is None:  # Null
        yield from ("anything", None)
        return
    single = list(dict.fromkeys(_singles(read.operator, values, variables)))
    if not read.quantifier:
        yield from single
        return
    yield from ((value,) for value in single)
    yield tuple(single)


def _singles(operator: Operator, values: Sequence[str], variables: bool) -> Iterator[str]:  # noqa: FBT001
    name = operator.name
    if name == "Bool":
        yield from ("true", "false")
    elif name == "BinaryEquals":
        yield from (*values, "b3RoZXI=")
    elif operator.reader is read_network:
        yield from (text for value in values for text in _around_network(value))
        yield from _OUTSIDE
    elif operator.reader is not None:
        around = _around_number if name.startswith("Numeric") else _around_moment
        yield from (text for value in values for text in (value, *around(value)))
    else:
        for value in values:
            found = examples(value, variables=variables and operator.variables, wildcards=operator.wildcards)
            yield from (*found, f"not-{found[0]}")
        if name.startswith("Arn"):
            yield _OTHER_ARN


def _around_number(text: str) -> tuple[str, ...]:
    number = read_number(text)
    return () if number is None else (str(number - _STEP), str(number + _STEP))


def _around_moment(text: str) -> tuple[str, ...]:
    moment = read_date(text)
    # With a fraction: four digits alone would be a year (R60).
    return () if moment is None else tuple(f"{moment // _NANO + by}.0" for by in (-1, 1))


def _around_network(text: str) -> Iterator[str]:
    """Both ends of a range, and the addresses before and behind it: every range's end is a line that may matter."""
    network = read_network(text)
    if network is None:
        return
    family, size = (socket.AF_INET, 4) if network.version == 4 else (socket.AF_INET6, 16)  # noqa: PLR2004
    first = network.prefix << network.shift
    last = first + (1 << network.shift) - 1
    for number in (first, last, first - 1, last + 1):
        if 0 <= number < 1 << (8 * size):
            yield socket.inet_ntop(family, number.to_bytes(size, "big"))
