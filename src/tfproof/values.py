"""Values as Terraform has them: not known yet, sensitive, and reached by a path.

Plans and states are turned into plain dicts and lists in which a value that is known only after apply is
`UNKNOWN` and a sensitive one is a `Sensitive`. Both refuse what would silently go wrong: comparing the
unknown, printing the secret.
"""

from __future__ import annotations

import difflib
import json
import re
from functools import lru_cache
from typing import Any, Final, final

from tfproof.errors import TfproofError

__all__ = ["UNKNOWN", "AttributePathError", "Sensitive", "Unknown", "UnknownValueError", "at", "reveal"]


class UnknownValueError(TfproofError, TypeError):
    """A value that is known only after apply was compared or used as a condition."""


class AttributePathError(TfproofError, KeyError):
    """An attribute path that leads nowhere; the message names the nearest names there are."""

    __str__ = TfproofError.__str__


@final
class Unknown:
    """The type of `UNKNOWN`: a value that Terraform knows only after apply.

    Comparing it or using it as a condition raises `UnknownValueError`, since either answer would be a guess.
    Ask `value is UNKNOWN`.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "(known after apply)"

    def __eq__(self, other: object) -> bool:
        raise UnknownValueError(
            f"a value that is known only after apply was compared with {other!r}",
            remedy="Ask `value is UNKNOWN`, or look at the state after apply.",
        )

    __ne__ = __eq__

    def __hash__(self) -> int:
        # A set or a mapping would answer "not in it" by the hash alone.
        raise UnknownValueError(
            "a value that is known only after apply was looked up in a set or a mapping",
            remedy="Ask `value is UNKNOWN`, or look at the state after apply.",
        )

    def __bool__(self) -> bool:
        raise UnknownValueError(
            "a value that is known only after apply was used as a condition",
            remedy="Ask `value is UNKNOWN`, or look at the state after apply.",
        )

    def __reduce__(self) -> str:
        return "UNKNOWN"  # stays one object over pickle and copy

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@final
class Sensitive:
    """A sensitive value: compares by value, prints only that it is sensitive.

    Pickling and copying to another process drop the value: what comes back equals nothing but itself.
    `reveal()` is the one way to the value.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # a hash would let a set or a cache hold the secret

    def __init__(self, value: Any) -> None:
        self._value: Any = value.reveal() if isinstance(value, Sensitive) else value

    def reveal(self) -> Any:
        """The value itself; raises UnknownValueError when it was dropped on the way between processes."""
        if self._value is _DROPPED:
            raise UnknownValueError("this sensitive value was dropped when it was copied to another process")
        return self._value

    def __eq__(self, other: object) -> bool:
        if self._value is _DROPPED:
            return other is self
        try:
            # The secret is bound to no local name, and no frame below is shown: a traceback with locals would print it.
            return bool(self._value == (other._value if isinstance(other, Sensitive) else other))
        except UnknownValueError:
            raise UnknownValueError(
                "a sensitive value was compared with one that is known only after apply",
                remedy="Ask `value is UNKNOWN`, or look at the state after apply.",
            ) from None

    def __repr__(self) -> str:
        return "(sensitive value)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return _dropped, ()

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Sensitive:
        return self


_DROPPED: Final = object()


def _dropped() -> Sensitive:
    return Sensitive(_DROPPED)


def reveal(value: Any) -> Any:
    """The value with every `Sensitive` in it opened, for comparing inside a check; never for printing."""
    if isinstance(value, Sensitive):
        return reveal(value.reveal())
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


_STEP = re.compile(r"(\.?)([A-Za-z_][\w-]*)|\[([0-9]+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]")
_MISSING: Final = object()


@lru_cache(maxsize=2048)
def parse_path(path: str) -> tuple[str | int, ...]:
    """The steps of an attribute path such as `rule[0].filter` or `tags["a b"]`; raises AttributePathError."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        step = _read_step(match, first=position == 0) if match is not None else None
        if match is None or step is None:
            raise AttributePathError(
                f"path={path!r} is not an attribute path: it goes wrong at {path[position:]!r}",
                remedy='Write it as Terraform does: rule[0].filter, tags["a name"].',
            )
        steps.append(step)
        position = match.end()
    return tuple(steps)


def _read_step(match: re.Match[str], *, first: bool) -> str | int | None:
    """The step a match says, None when it says none: a dot stands between names, and nowhere else."""
    dot, name, index, quoted = match.groups()
    if name is not None:
        return str(name) if bool(dot) is not first else None
    if index is not None:
        return int(index)
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return None


def at(value: Any, path: str, *, default: Any = ...) -> Any:
    """The value at an attribute path, such as `rule[0].noncurrent_version_expiration[0].noncurrent_days`.

    Below an `UNKNOWN` everything is `UNKNOWN`; below a `Sensitive` everything is `Sensitive`.

    Args:
        value: Nested dicts and lists as in `Resource.values`.
        path: Names joined by dots, indexes in brackets.
        default: What to answer when the path leads nowhere; without it that raises.

    Raises:
        AttributePathError: When the path leads nowhere and no default is given.
    """
    sensitive = False
    here = value
    walked = ""
    for step in parse_path(path):
        if isinstance(here, Sensitive):
            sensitive, here = True, here.reveal()
        if here is UNKNOWN:
            return UNKNOWN
        following = _step(here, step)
        if following is _MISSING:
            if default is not ...:
                return default
            if sensitive:
                here = Sensitive(here)
            raise AttributePathError(_lead_nowhere(here, step, path, walked))
        here = following
        walked += f"[{step}]" if isinstance(step, int) else f".{step}" if walked else step
    return Sensitive(here) if sensitive and here is not UNKNOWN else here


def _step(here: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return here[step] if isinstance(here, list) and step < len(here) else _MISSING
    return here.get(step, _MISSING) if isinstance(here, dict) else _MISSING


def _lead_nowhere(here: Any, step: str | int, path: str, walked: str) -> str:
    place = f"under {walked!r}" if walked else "at the top"
    if isinstance(here, dict):
        near = difflib.get_close_matches(str(step), here, n=3) or sorted(here)[:8]
        return f"path={path!r}: no {step!r} {place}; there are: {', '.join(near) or 'no names at all'}"
    if isinstance(here, list):
        return f"path={path!r}: no element [{step}] {place}; the list has {len(here)}"
    return f"path={path!r}: cannot go to {step!r} {place}: the value there is {here!r}"
