"""What a module declares, for pointing references at something else that is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Names", "identifiers", "text_of", "with_comma"]


def text_of(node: Any) -> str:
    """A node's text as it is written."""
    return str(node.text.decode("utf-8", errors="replace"))


def identifiers(node: Any) -> tuple[str, ...]:
    """The words of a block (`resource`, `aws_kms_key`, `tf_state`) or the name of an attribute."""
    return tuple(text_of(child).strip('"') for child in node.children if child.type in ("identifier", "string_lit"))


def with_comma(element: Any) -> tuple[int, int]:
    """An element of a list with the comma behind it, or else the one before."""
    after, before = element.next_sibling, element.prev_sibling
    if after is not None and after.type == ",":
        return element.start_byte, after.end_byte
    if before is not None and before.type == ",":
        return before.start_byte, element.end_byte
    return element.start_byte, element.end_byte


class Names:
    """The locals, variables, resources and data sources of a module.

    Args:
        trees: The syntax trees of its files.
    """

    def __init__(self, trees: Iterable[Any]) -> None:
        self._locals: list[str] = []
        self._variables: dict[str, str] = {}
        self._resources: dict[str, list[str]] = {}
        for tree in trees:
            for body in tree.children:
                for block in body.children if body.type == "body" else ():
                    if block.type == "block":
                        self._note(block)

    def _note(self, block: Any) -> None:
        words = identifiers(block)
        attributes = {identifiers(part)[0]: part.children[-1] for part in _attributes(block)}
        if words[0] == "locals":
            self._locals += attributes
        elif words[0] == "variable" and len(words) > 1:
            self._variables[words[1]] = text_of(attributes["type"]) if "type" in attributes else ""
        elif words[0] in ("resource", "data") and len(words) > 2:  # noqa: PLR2004  # type and name
            prefix = "data." if words[0] == "data" else ""
            self._resources.setdefault(prefix + words[1], []).append(words[2])

    def other_locals(self, name: str) -> list[str]:
        """The locals that are named most like this one."""
        return _nearest(name, self._locals)

    def other_variables(self, name: str) -> list[str]:
        """The variables of the same type that are named most like this one."""
        same = [other for other, kind in self._variables.items() if kind == self._variables.get(name)]
        return _nearest(name, same)[:1]

    def other_resources(self, kind: str, name: str) -> list[str]:
        """The other resources of a type; `data.` before the type for data sources."""
        return _nearest(name, self._resources.get(kind, []), least=0)

    def is_resource(self, kind: str) -> bool:
        """Whether there is a resource of this type."""
        return kind in self._resources


def _nearest(name: str, names: Iterable[str], least: float = 0.5) -> list[str]:
    return difflib.get_close_matches(name, [other for other in names if other != name], n=1, cutoff=least)


def _attributes(block: Any) -> Iterator[Any]:
    for body in block.children:
        if body.type == "body":
            yield from (node for node in body.children if node.type == "attribute")
