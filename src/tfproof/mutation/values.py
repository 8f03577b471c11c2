"""Operators that change a value: booleans, numbers, enumerations, lists, wildcards, logic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tfproof.mutation.mutant import Edit
from tfproof.mutation.names import text_of, with_comma
from tfproof.mutation.site import Site

__all__ = ["value_edits"]

ENUMERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "AES256": ("aws:kms",),
    "AWS": ("Service",),
    "Allow": ("Deny",),
    "ArnEquals": ("ArnNotEquals",),
    "ArnLike": ("ArnNotLike",),
    "ArnNotEquals": ("ArnEquals",),
    "Bool": ("Null",),
    "BucketOwnerEnforced": ("BucketOwnerPreferred", "ObjectWriter"),
    "Deny": ("Allow",),
    "Disabled": ("Enabled",),
    "Enabled": ("Suspended", "Disabled"),
    "ForAllValues:StringLike": ("ForAnyValue:StringLike",),
    "Null": ("Bool",),
    "NumericLessThan": ("NumericGreaterThan",),
    "PAY_PER_REQUEST": ("PROVISIONED",),
    "S": ("N",),
    "Service": ("AWS",),
    "StringEquals": ("StringNotEquals",),
    "StringLike": ("StringNotLike",),
    "StringNotEquals": ("StringEquals",),
    "StringNotLike": ("StringLike",),
    "aws:kms": ("AES256",),
    "both": ("s3",),
    "dynamodb": ("s3",),
    "s3": ("dynamodb",),
    "true": ("false",),
    "false": ("true",),
    "1.2": ("1.0",),
    "1.3": ("1.0",),
}
"""Strings that are one of a few, and what else they could be."""
_WIDENED: Final = frozenset({"Action", "NotAction", "Resource", "actions", "identifiers", "resources"})
_LIMITS: Final = (0, 2147483647)
_LOGIC: Final = {"==": "!=", "!=": "==", "&&": "||", "||": "&&", ">=": ">", "<=": "<", ">": ">=", "<": "<="}


def value_edits(node: Any, site: Site) -> Iterator[Edit]:
    """The edits of one node of an expression."""
    operator = _OPERATORS.get(node.type)
    if operator is not None:
        yield from operator(node, site)


def _boolean(node: Any, _site: Site) -> Iterator[Edit]:
    flipped = "false" if text_of(node) == "true" else "true"
    yield _replaced("flip-boolean", node, flipped)


def _number(node: Any, site: Site) -> Iterator[Edit]:
    text = text_of(node)
    if not text.isdigit() or _ancestor(node, "new_index", "legacy_index", "function_call"):
        return
    # Of two thousand million resources Terraform itself would break down.
    near = (int(text) - 1, int(text) + 1) if site.is_condition or site.name == "count" else _LIMITS
    yield from (_replaced("number-to-limit", node, str(other)) for other in near if other >= 0 and str(other) != text)


def _string(node: Any, site: Site) -> Iterator[Edit]:
    text = text_of(node)[1:-1]
    if not _ancestor(node, "new_index"):
        yield from (_replaced("change-enum", node, f'"{other}"') for other in ENUMERATIONS.get(text, ()))
    yield from _widened(node, text, site)


def _template(node: Any, site: Site) -> Iterator[Edit]:
    yield from _widened(node, text_of(node)[1:-1], site)


def _widened(node: Any, text: str, site: Site) -> Iterator[Edit]:
    """An element of a list of actions, resources or principals, made to match everything."""
    named = _element_of(node) or site.name
    if named not in _WIDENED or not _ancestor(node, "tuple"):
        return
    is_action = named in ("Action", "NotAction", "actions")
    wide = f"{text.partition(':')[0]}:*" if is_action else "*"
    if text != wide:
        yield _replaced("widen", node, f'"{wide}"')


def _tuple(node: Any, site: Site) -> Iterator[Edit]:
    elements = [child for child in node.children if child.type == "expression"]
    named = _element_of(node) or site.name
    for element in elements:
        start, end = with_comma(element)
        operator = "drop-action" if named in ("Action", "actions") else "drop-element"
        yield Edit(operator, start, end, "", f"{named} without {_short(text_of(element))}")
    if named in _WIDENED and elements and named != "identifiers":
        yield _replaced("widen", node, '["*"]')


def _conditional(node: Any, _site: Site) -> Iterator[Edit]:
    parts = [child for child in node.children if child.type == "expression"]
    if len(parts) == 3:  # noqa: PLR2004  # condition, then, else
        condition, then, otherwise = (text_of(part) for part in parts)
        yield _replaced("swap-branches", node, f"{condition} ? {otherwise} : {then}")


def _binary(node: Any, _site: Site) -> Iterator[Edit]:
    for child in node.children:
        other = _LOGIC.get(child.type)
        if other is not None:
            change = f"{_short(text_of(node))}: {child.type} -> {other}"
            yield Edit("change-logic", child.start_byte, child.end_byte, other, change)


def _unary(node: Any, _site: Site) -> Iterator[Edit]:
    if node.children and node.children[0].type == "!":
        mark = node.children[0]
        yield Edit("change-logic", mark.start_byte, mark.end_byte, "", f"{_short(text_of(node))}: without !")


_OPERATORS: Final[dict[str, Callable[[Any, Site], Iterator[Edit]]]] = {
    "bool_lit": _boolean,
    "numeric_lit": _number,
    "string_lit": _string,
    "quoted_template": _template,
    "tuple": _tuple,
    "conditional": _conditional,
    "binary_operation": _binary,
    "unary_operation": _unary,
}


def _replaced(operator: str, node: Any, replacement: str) -> Edit:
    change = f"{_short(text_of(node))} -> {_short(replacement)}"
    return Edit(operator, node.start_byte, node.end_byte, replacement, change)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else f"{flat[:97]}..."  # noqa: PLR2004  # a line for people


def _ancestor(node: Any, *kinds: str) -> bool:
    """Whether the node stands in one of these, within its attribute."""
    here = node.parent
    while here is not None and here.type != "attribute":
        if here.type in kinds:
            return True
        here = here.parent
    return False


def _element_of(node: Any) -> str:
    """Name of the nearest element of an object that the node is in: `Action` of `{ Action = [...] }`."""
    here = node.parent
    while here is not None and here.type != "attribute":
        if here.type == "object_elem":
            return text_of(here.children[0]).strip('"')
        here = here.parent
    return ""
