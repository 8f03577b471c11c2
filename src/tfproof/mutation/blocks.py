"""Operators that take away: a resource, a nested block, an attribute, a dependency."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfproof.mutation.mutant import Edit
from tfproof.mutation.names import identifiers, text_of, with_comma
from tfproof.mutation.site import Site

__all__ = ["block_edits", "dependency_edits", "label_of"]

_OPERATORS: Final = {
    "condition": "drop-condition",
    "lifecycle": "drop-lifecycle",
    "postcondition": "drop-lifecycle",
    "precondition": "drop-lifecycle",
    "principals": "drop-principals",
    "statement": "drop-statement",
    "validation": "drop-validation",
}
_NEEDED: Final = frozenset({"condition", "content", "count", "for_each"})
"""Attributes whose absence is another program, not a weaker one."""


def block_edits(node: Any, site: Site) -> Iterator[Edit]:
    """The edits that remove a block, or an attribute of a resource, as a whole."""
    words = identifiers(node)
    if node.type == "block":
        yield from _block(node, words, site)
    elif words[0] == "depends_on":
        yield Edit("drop-depends-on", node.start_byte, node.end_byte, "", "all")
        elements = _elements(node)
        if len(elements) > 1:
            for element in elements:
                start, end = with_comma(element)
                yield Edit("drop-depends-on", start, end, "", text_of(element))
    elif site.kind == "resource" and words[0] not in _NEEDED:
        yield Edit("delete-attribute", node.start_byte, node.end_byte, "", f"without {words[0]}")


def dependency_edits(node: Any, address: str) -> Iterator[Edit]:
    """The edits that take a resource out of every `depends_on` and `replace_triggered_by` in a file.

    They name it for the order alone: whoever deletes a resource strikes it out there, or Terraform refuses all of it.
    """
    if node.type == "attribute":
        if identifiers(node)[0] in ("depends_on", "replace_triggered_by"):
            for element in _elements(node):
                if text_of(element) == address:
                    start, end = with_comma(element)
                    yield Edit("drop-depends-on", start, end, "", address)
    elif node.type in ("config_file", "body", "block"):
        for child in node.children:
            yield from dependency_edits(child, address)


def _block(node: Any, words: tuple[str, ...], site: Site) -> Iterator[Edit]:
    if not site.steps:
        if site.kind in ("resource", "output"):
            yield Edit(f"delete-{site.kind}", node.start_byte, node.end_byte, "", f"without {site.address}")
        return
    kind = words[-1] if words[0] == "dynamic" else words[0]
    if kind == "content":
        return
    said = label_of(node)
    operator = _OPERATORS.get(kind, "delete-block")
    yield Edit(operator, node.start_byte, node.end_byte, "", f"without {kind}{f' {said}' if said else ''}")


def label_of(node: Any) -> str:
    """What tells a block from its neighbours: the Sid of a statement, the variable of a condition, a rule's id."""
    for body in node.children:
        for part in body.children if body.type == "body" else ():
            words = identifiers(part)
            if part.type == "attribute" and words[0] in ("sid", "variable", "id"):
                return text_of(part.children[-1]).strip('"')
            if part.type == "attribute" and words[0] == "condition":
                return " ".join(text_of(part.children[-1]).split())[:80]
            if part.type == "block" and words[0] == "content":
                return label_of(part)
    return ""


def _elements(node: Any) -> list[Any]:
    if node.type == "tuple":
        return [child for child in node.children if child.type == "expression"]
    for child in node.children:
        if found := _elements(child):
            return found
    return []
