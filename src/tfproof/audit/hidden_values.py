"""Which texts of a state must never be shown: what it marks as sensitive, and what its names say is secret."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from tfproof.audit.secret_values import is_secret_name, texts

__all__ = ["SHORTEST_HIDDEN", "hide_attributes", "hide_output"]

SHORTEST_HIDDEN: Final = 4
"""Shorter texts are parts of every other word: a report without them could not be read, and would hide nothing."""

_says_secret = lru_cache(maxsize=65_536)(is_secret_name)


def hide_attributes(hidden: set[str], attributes: dict[str, Any], marks: Any) -> None:
    """Adds the texts of an instance's attributes that are marked, or are named as secrets.

    Args:
        hidden: Where they are added.
        attributes: The attributes as the state has them.
        marks: `sensitive_attributes`: a list of paths, each a list of steps (hashicorp/terraform
            internal/states/statefile/version4.go). A path that leads nowhere is passed over.
    """
    for mark in marks if isinstance(marks, list) else ():
        if isinstance(mark, list) and mark:
            _hide(hidden, _at(attributes, mark))
    waiting: list[Any] = [attributes]
    # A stack, not recursion, and no path: this is done to every value of every state.
    while waiting:
        item = waiting.pop()
        for name, inner in item.items() if item.__class__ is dict else (("", inner) for inner in item):
            kind = inner.__class__
            if kind is str:
                if len(inner) >= SHORTEST_HIDDEN and name and _says_secret(name):
                    hidden.add(inner)
            elif kind is dict or kind is list:
                if inner:
                    waiting.append(inner)
                if kind is list and name and _says_secret(name):
                    hidden.update(text for text in inner if text.__class__ is str and len(text) >= SHORTEST_HIDDEN)


def hide_output(hidden: set[str], name: str, value: Any, *, sensitive: bool) -> None:
    """Adds the texts of an output that is sensitive, or is named as a secret; else what is named so inside it."""
    if sensitive or is_secret_name(name):
        _hide(hidden, value)
    elif isinstance(value, (dict, list)):
        hide_attributes(hidden, {"": value}, None)


def _hide(hidden: set[str], value: Any) -> None:
    hidden.update(text for _, text in texts(value, "") if len(text) >= SHORTEST_HIDDEN)


def _at(value: Any, steps: list[Any]) -> Any:
    for step in steps:
        inner = step.get("value") if isinstance(step, dict) else None
        inner = inner.get("value") if isinstance(inner, dict) else inner
        if isinstance(value, dict) and isinstance(inner, str):
            value = value.get(inner)
        elif isinstance(value, list) and type(inner) is int and 0 <= inner < len(value):
            value = value[inner]
        else:
            return None
    return value
