"""Where the values of a JSON text stand: offsets of every value, and lines and columns from 1.

A scanner without recursion, run on the text as submitted and only when a place is asked for: a re-serialised document
would give other positions than AWS's (R11).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

__all__ = ["Node", "Place", "PlaceMap"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

Path = tuple["str | int", ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text: `line` and `column`, both counted from 1 as AWS counts them (R11)."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(slots=True)
class Node:
    """One JSON value in its text: `start` and `end` are offsets from 0, `end` is one past its last character.

    `keys` holds an object's members by key, each with the offset of the key and the value; of duplicates the last, as
    JSON readers take it. `items` holds a list's values.
    """

    start: int
    end: int = 0
    keys: dict[str, tuple[int, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)

    def child(self, step: str | int) -> Node | None:
        """The value under a key (the last one of duplicates, as JSON readers take it) or at an index."""
        if isinstance(step, int):
            return self.items[step] if step < len(self.items) else None
        return self.keys[step][1] if step in self.keys else None


class PlaceMap:
    """The places of a text's values. The text must be JSON (`json_text.parse` accepted it).

    Args:
        text: The document as submitted.
    """

    def __init__(self, text: str) -> None:
        self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self.root = _scan(text)

    def place(self, offset: int) -> Place:
        """Line and column of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def find(self, path: Path) -> Node:
        """The value at a path, or the deepest one on the way that exists."""
        node = self.root
        for step in path:
            child = node.child(step)
            if child is None:
                break
            node = child
        return node

    def key_offset(self, path: Path) -> int:
        """Where the key that ends a path stands (the last of duplicates); the value's start where it has no key."""
        if not path or isinstance(path[-1], int):
            return self.find(path).start
        found = self.find(path[:-1]).keys.get(path[-1])
        return self.find(path).start if found is None else found[0]


def _scan(text: str) -> Node:
    root: Node | None = None
    stack: list[Node] = []
    key: tuple[str, int] | None = None
    objects: list[bool] = []
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in ("]", "}"):
            stack.pop().end = match.end()
            objects.pop()
            continue
        if mark in (",", ":"):
            continue
        if objects and objects[-1] and key is None:
            key = _unescape(mark[1:-1]), match.start()
            continue
        node = Node(match.start(), match.end())
        if not stack:
            root = node
        elif key is not None and objects[-1]:
            stack[-1].keys[key[0]] = key[1], node
            key = None
        else:
            stack[-1].items.append(node)
        if mark in ("[", "{"):
            stack.append(node)
            objects.append(mark == "{")
            key = None
    return root or Node(0)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _NAMED.get(m[2], m[2]), text)
