"""Wildcard matching that never backtracks.

A pattern is cut at its `*` into segments. The first and last are compared in place; each one between is looked for
once, from where the previous one ended: taking the leftmost place is always right, so no place is tried twice and the
work is at most pattern x text. `re` and `fnmatch` offer no such bound for `*a*a*a*...b`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["ANY", "ONE", "Glob", "Token", "Wildcard"]


class Wildcard:
    """`*` (any run of characters, also none) or `?` (exactly one)."""

    __slots__ = ("sign",)

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __repr__(self) -> str:
        return self.sign


ANY: Final = Wildcard("*")
ONE: Final = Wildcard("?")

Token: TypeAlias = "str | Wildcard"  # noqa: S105  a piece of a pattern, no password
"""A piece of a pattern: literal text (a `*` in it is only a character) or a wildcard."""

_Runs: TypeAlias = tuple[tuple[int, str], ...]


class _Segment:
    """What stands between two `*`: literal runs at fixed offsets, `?` being the gaps."""

    __slots__ = ("anchor", "length", "offset", "rest")

    def __init__(self, tokens: list[Token]) -> None:
        runs: list[tuple[int, str]] = []
        length = 0
        for token in tokens:
            if isinstance(token, Wildcard):
                length += 1
            elif token:
                if runs and runs[-1][0] + len(runs[-1][1]) == length:
                    runs[-1] = (runs[-1][0], runs[-1][1] + token)
                else:
                    runs.append((length, token))
                length += len(token)
        self.length = length
        # The longest run is looked for, the others are checked around it: fewest candidates.
        anchor = max(runs, key=lambda run: len(run[1]), default=(0, ""))
        self.offset, self.anchor = anchor
        self.rest: _Runs = tuple(run for run in runs if run is not anchor)

    def at(self, text: str, position: int) -> bool:
        """Whether the segment stands at a position; the caller knows that the text is long enough."""
        if not text.startswith(self.anchor, position + self.offset):
            return False
        return not self.rest or all(text.startswith(run, position + offset) for offset, run in self.rest)

    def find(self, text: str, start: int, end: int) -> int:
        """The leftmost position in text[start:end] where the segment stands whole, or -1."""
        tail = self.length - self.offset - len(self.anchor)
        while True:
            found = text.find(self.anchor, start + self.offset, end - tail)
            if found < 0:
                return -1
            start = found - self.offset
            if not self.rest or all(text.startswith(run, start + offset) for offset, run in self.rest):
                return start
            start += 1


class Glob:
    """A compiled wildcard pattern; `match` compares it with a whole text, case-sensitively."""

    __slots__ = ("_first", "_last", "_middle", "_minimum")

    def __init__(self, tokens: list[Token]) -> None:
        parts: list[list[Token]] = [[]]
        for token in tokens:
            if token is ANY:
                parts.append([])
            else:
                parts[-1].append(token)
        self._first = _Segment(parts[0])
        self._last = _Segment(parts[-1]) if len(parts) > 1 else None
        middle = [_Segment(part) for part in parts[1:-1]]
        self._middle = tuple(segment for segment in middle if segment.length)
        self._minimum = self._first.length + sum(segment.length for segment in self._middle)
        if self._last is not None:
            self._minimum += self._last.length

    def match(self, text: str) -> bool:
        """Whether the pattern covers the whole text."""
        size = len(text)
        if size < self._minimum or not self._first.at(text, 0):
            return False
        last = self._last
        if last is None:
            return size == self._minimum
        end = size - last.length
        if not last.at(text, end):
            return False
        position = self._first.length
        for segment in self._middle:
            position = segment.find(text, position, end)
            if position < 0:
                return False
            position += segment.length
        return True
