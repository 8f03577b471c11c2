"""Names that no other run may have: `{run}` in the values of variables."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["has_run", "make_run_id", "named"]

_RUN: Final = "{run}"


def make_run_id() -> str:
    """Six characters for names that no other run may have."""
    return secrets.token_hex(3)


def named(value: Any, run_id: str) -> Any:
    """A value of a variable with the run's id for every `{run}` in it, in lists and objects too."""
    if isinstance(value, str):
        return type(value)(value.replace(_RUN, run_id))  # one that is an expression stays one
    if isinstance(value, Mapping):
        return {name: named(item, run_id) for name, item in value.items()}
    return [named(item, run_id) for item in value] if isinstance(value, list | tuple) else value


def has_run(value: Any) -> bool:
    """Whether `{run}` is anywhere in a value."""
    if isinstance(value, str):
        return _RUN in value
    items = value.values() if isinstance(value, Mapping) else value
    return any(map(has_run, items)) if isinstance(value, Mapping | list | tuple) else False
