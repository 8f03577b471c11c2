"""Which values of a document are hidden."""

from __future__ import annotations

from tfproof.values import Sensitive

__all__ = ["hidden"]


def hidden(value: object, path: str = "") -> set[str]:
    """The paths at which a value is hidden."""
    if isinstance(value, Sensitive) or value is True:
        return {path}
    if isinstance(value, dict):
        return {found for name, item in value.items() for found in hidden(item, f"{path}.{name}")}
    if isinstance(value, list):
        return {found for index, item in enumerate(value) for found in hidden(item, f"{path}[{index}]")}
    return set()
