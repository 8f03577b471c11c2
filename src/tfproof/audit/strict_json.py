"""JSON read strictly, and a large object read member by member.

Strictly: what `json` lets pass and no Terraform writes (a name twice, NaN, what comes after the end) is refused, since
two readers would see two documents. Member by member: of a state with 200 000 resources one stands in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tfproof.audit.errors import DocumentError

__all__ = ["Member", "is_object", "members", "parse", "read_through"]

_SPACE: Final = re.compile(r"[ \t\n\r]*")


class _RepeatedNameError(ValueError):
    """An object has a name twice."""


class _ConstantError(ValueError):
    """NaN or Infinity, which JSON does not have."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                # The name alone: it is Terraform's or the schema's. A value is never quoted.
                raise _RepeatedNameError(name[:60])
            seen.add(name)
    return found


def _no_constant(name: str) -> Any:
    raise _ConstantError(name)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the outermost object, or one element of a member that is read element by element.

    Attributes:
        name: The member's name.
        value: Its value, or one element of it.
        is_element: Whether it is one element.
    """

    name: str
    value: Any
    is_element: bool = False


def parse(text: str, where: str) -> Any:
    """The value of a JSON text.

    Raises:
        DocumentError: It is no JSON, or not strictly.
    """
    start = _skip(text, 0)
    value, end = _decode(text, start, where)
    if _skip(text, end) != len(text):
        raise DocumentError(f"{where}: {_place(text, end)}: something follows the end of the JSON document")
    return value


def is_object(text: str) -> bool:
    """Whether a text begins as an object does."""
    at = _skip(text, 0)
    return text[at : at + 1] == "{"


def read_through(text: str, where: str) -> None:
    """Reads a JSON text to its end and keeps nothing; of a long list one element stands in memory.

    Raises:
        DocumentError: It is no JSON, or not strictly.
    """
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        parse(text, where)
        return
    elements = _elements(text, at + 1, "", where)
    while True:
        try:
            next(elements)
        except StopIteration as stopped:
            end: int = stopped.value
            break
    if _skip(text, end) != len(text):
        raise DocumentError(f"{where}: {_place(text, end)}: something follows the end of the JSON document")


def members(text: str, where: str, *, apart: frozenset[str] = frozenset()) -> Iterator[Member]:
    """The members of a JSON object in their order.

    Args:
        text: The document.
        where: What it is called in errors.
        apart: Names of members whose lists come element by element.

    Raises:
        DocumentError: It is no JSON object, or not strictly.
    """
    at = _expect(text, _skip(text, 0), "{", where)
    seen: set[str] = set()
    first = True
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == "}" and first:
            at += 1
            break
        if text[at : at + 1] != '"':
            raise DocumentError(f"{where}: {_place(text, at)}: a name in quotes is missing{_cut(text, at)}")
        name, at = _decode(text, at, where)
        if name in seen:
            raise DocumentError(f"{where}: the name {name[:60]!r} stands twice at the top; nobody can say which holds")
        seen.add(name)
        at = _skip(text, _expect(text, _skip(text, at), ":", where))
        if name in apart and text[at : at + 1] == "[":
            at = yield from _elements(text, at + 1, name, where)
        else:
            value, at = _decode(text, at, where)
            yield Member(name, value)
        first = False
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            at += 1
            break
        at = _expect(text, at, ",", where)
        first = False
    if _skip(text, at) != len(text):
        raise DocumentError(f"{where}: {_place(text, at)}: something follows the end of the JSON document")


def _elements(text: str, at: int, name: str, where: str) -> Generator[Member, None, int]:
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        value, at = _decode(text, _skip(text, at), where)
        yield Member(name, value, is_element=True)
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return at + 1
        at = _expect(text, at, ",", where)


def _decode(text: str, at: int, where: str) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        # A string without an end runs to the end of the file.
        stopped = len(text) if error.msg.startswith("Unterminated") else error.pos
        raise DocumentError(f"{where}: {_place(text, error.pos)}: not JSON: {error.msg}{_cut(text, stopped)}") from None
    except StopIteration:
        raise DocumentError(f"{where}: {_place(text, at)}: a value is missing{_cut(text, at)}") from None
    except _RepeatedNameError as error:
        raise DocumentError(
            f"{where}: {_place(text, at)}: an object that begins here has the name {str(error)!r} twice; "
            "nobody can say which holds"
        ) from None
    except _ConstantError as error:
        raise DocumentError(f"{where}: {_place(text, at)}: {error} is no JSON") from None
    except RecursionError:
        raise DocumentError(f"{where}: nested deeper than any plan or state is") from None
    except ValueError:
        # int() refuses more than 4300 digits, lest it take for ever.
        raise DocumentError(f"{where}: {_place(text, at)}: a number of more digits than can be read") from None


def _expect(text: str, at: int, character: str, where: str) -> int:
    if text[at : at + 1] != character:
        raise DocumentError(f"{where}: {_place(text, at)}: not JSON: {character!r} expected{_cut(text, at)}")
    return at + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match is not None else at


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - text.rfind(chr(10), 0, at)}"


def _cut(text: str, at: int) -> str:
    return "; the file ends there, it is cut short" if at >= len(text.rstrip()) else ""
