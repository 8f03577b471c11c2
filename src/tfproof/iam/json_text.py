"""Reads JSON texts: values fast, and the place of every value when somebody asks for it.

`parse` uses the interpreter's own scanner and only adds what policies need: numbers kept as written, duplicate keys
seen, constants and nesting that IAM does not know refused. Where things stand in the text is a second matter
(`tfproof.iam.places`), since most documents are evaluated and never pointed at.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NoReturn, TypeAlias

__all__ = ["MAX_DEPTH", "DuplicateKeys", "Json", "JsonFault", "NumberText", "dump", "parse", "parse_marked", "too_deep"]

Json: TypeAlias = Any
"""What a JSON document is made of: dict, list, str, `NumberText`, bool, None."""

MAX_DEPTH: Final = 32
"""A policy nests six deep: document, statements, statement, condition, operator, values."""

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class JsonFault(Exception):
    """The text is not JSON as policies use it; `offset` is where, counted in characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class NumberText(str):
    """A JSON number, kept as it was written (`1.20` stays `1.20`, and a thousand digits cost nothing)."""

    __slots__ = ()


class DuplicateKeys(dict[str, Json]):
    """An object in whose text a key stands more than once; `repeated` names those keys."""

    repeated: tuple[str, ...] = ()


def parse(text: str) -> Json:
    """The value of a JSON text.

    Raises:
        JsonFault: The text is no JSON, nests deeper than `MAX_DEPTH`, or holds NaN or Infinity.
    """
    return parse_marked(text)[0]


def parse_marked(text: str) -> tuple[Json, bool]:
    """The value of a JSON text, and whether any object in it repeats a key (it then is a `DuplicateKeys`).

    Raises:
        JsonFault: As `parse`.
    """
    repeats: list[DuplicateKeys] = []

    def members_of(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        found = DuplicateKeys(members)
        found.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        repeats.append(found)
        return found

    # Counting is two passes in C; only a text with many brackets pays for the exact depth.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _refuse_deep_nesting(text)
    try:
        decoder = json.JSONDecoder(
            object_pairs_hook=members_of, parse_int=NumberText, parse_float=NumberText, parse_constant=_constant
        )
        return decoder.decode(text), bool(repeats)
    except json.JSONDecodeError as fault:
        raise JsonFault(*_on_any_python(fault, text)) from None


def _on_any_python(fault: json.JSONDecodeError, text: str) -> tuple[str, int]:
    """What is wrong and where. Python 3.13 points at a trailing comma, the ones before at the bracket after it."""
    if not fault.msg.startswith("Illegal trailing comma"):
        return fault.msg, fault.pos
    after = text[fault.pos + 1 :]
    place = fault.pos + 1 + len(after) - len(after.lstrip(" \t\n\r"))
    named = "Expecting property name enclosed in double quotes" if text[place : place + 1] == "}" else "Expecting value"
    return named, place


def dump(value: Json, *, indent: int = 2) -> str:
    """A JSON text of a value, pretty-printed as AWS's console does; numbers are printed as they were written.

    Raises:
        JsonFault: A value is nothing JSON knows, or nests deeper than `MAX_DEPTH`.
    """
    return _dump(value, indent, 0)


def _dump(value: Json, indent: int, depth: int) -> str:  # noqa: PLR0911  one a type
    if depth > MAX_DEPTH:
        raise JsonFault(f"nested more than {MAX_DEPTH} deep", 0)
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    inner, outer = "\n" + " " * indent * (depth + 1), "\n" + " " * indent * depth
    if isinstance(value, dict):
        if not value:
            return "{}"
        members = [f"{encode_basestring_ascii(str(k))}: {_dump(v, indent, depth + 1)}" for k, v in value.items()]
        return "{" + inner + f",{inner}".join(members) + outer + "}"
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]"
        return "[" + inner + f",{inner}".join(_dump(item, indent, depth + 1) for item in value) + outer + "]"
    raise JsonFault(f"{type(value).__name__} is no JSON value", 0)


def too_deep(value: Json) -> bool:
    """Whether a value nests deeper than `MAX_DEPTH`; one that holds itself does."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(member for member in item.values() if isinstance(member, (dict, list, tuple)))
            elif isinstance(item, (list, tuple)):
                inner.extend(member for member in item if isinstance(member, (dict, list, tuple)))
        if not inner:
            return False
        # Each container once: one that holds itself twice would double with every level.
        level = list({id(item): item for item in inner}.values())
    return True


def _refuse_deep_nesting(text: str) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonFault(f"nested more than {MAX_DEPTH} deep", match.start())
        elif mark in "]}":
            depth -= 1


def _constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON", "", 0)
