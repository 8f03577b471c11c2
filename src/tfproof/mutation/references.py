"""Operators that point a reference at something else of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfproof.mutation.mutant import Edit
from tfproof.mutation.names import Names, text_of
from tfproof.mutation.site import Site

__all__ = ["reference_edits"]

_OTHER_ATTRIBUTE: Final = {"arn": "id", "bucket": "arn", "id": "arn", "key_id": "arn", "name": "arn"}
_WHOLE_LISTS: Final = frozenset({"actions", "resources"})


def reference_edits(node: Any, site: Site, names: Names) -> Iterator[Edit]:
    """The edits of a reference such as `aws_kms_key.tf_state.arn`, `local.bucket_arn` or `var.tags`."""
    if node.type != "variable_expr":
        return
    steps = list(_steps(node))
    root = text_of(node)
    if site.is_condition:
        return  # a rule about another variable altogether is no slip of the pen
    if root in ("local", "var") and steps:
        others = names.other_locals if root == "local" else names.other_variables
        here = site.steps[0] if site.kind == "locals" else ""  # what a local cannot speak of is itself
        yield from (
            _named(steps[0], f"{root}.", other)
            for other in others(text_of(steps[0]))
            if (root, other) != ("local", here)
        )
        if site.name in _WHOLE_LISTS and node.parent is not None and node.parent.parent.type == "attribute":
            end = steps[-1].end_byte
            yield Edit("widen", node.start_byte, end, '["*"]', f'{root}.{text_of(steps[0])} -> ["*"]')
    elif root == "data" and len(steps) > 1:
        yield from _of_resource(f"data.{text_of(steps[0])}", steps[1:], names)
    elif names.is_resource(root) and steps:
        yield from _of_resource(root, steps, names)


def _of_resource(kind: str, steps: list[Any], names: Names) -> Iterator[Edit]:
    yield from (_named(steps[0], f"{kind}.", other) for other in names.other_resources(kind, text_of(steps[0])))
    attribute = steps[1] if len(steps) > 1 else None
    if attribute is not None and text_of(attribute) in _OTHER_ATTRIBUTE:
        yield _named(attribute, f"{kind}.{text_of(steps[0])}.", _OTHER_ATTRIBUTE[text_of(attribute)])


def _named(step: Any, before: str, other: str) -> Edit:
    return Edit("repoint", step.start_byte, step.end_byte, other, f"{before}{text_of(step)} -> {before}{other}")


def _steps(node: Any) -> Iterator[Any]:
    """The names behind a reference's first one; indexes are passed over, a splat is looked into."""
    here = node.next_sibling
    while here is not None and here.type in ("get_attr", "index", "splat"):
        yield from _identifiers(here)
        here = here.next_sibling


def _identifiers(node: Any) -> Iterator[Any]:
    if node.type == "identifier":
        yield node
    elif node.type != "new_index":
        for child in node.children:
            yield from _identifiers(child)
