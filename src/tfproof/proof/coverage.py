"""Which planned attributes some check looks at, found by watching the checks look."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.terraform.plan import Plan
from tfproof.terraform.resource import Resources
from tfproof.terraform.state import State
from tfproof.values import Sensitive

__all__ = ["AttributeCoverage", "attribute_coverage"]


@dataclass(frozen=True, slots=True)
class AttributeCoverage:
    """The attributes that a plan sets, and which of them a check looked at.

    Attributes:
        looked_at: By type of resource and attribute path without indexes, the checks that looked.
        ignored: Those that are planned and that no check looked at.
    """

    looked_at: Mapping[tuple[str, str], frozenset[str]]
    ignored: frozenset[tuple[str, str]]

    def rows(self) -> Iterator[tuple[str, int, int, str]]:
        """By type: how many attributes are planned, how many were looked at, and the names of the others."""
        for kind in sorted({kind for kind, _ in (*self.looked_at, *self.ignored)}):
            seen = [path for found, path in self.looked_at if found == kind]
            others = sorted(path for found, path in self.ignored if found == kind)
            yield kind, len(seen) + len(others), len(seen), ", ".join(others)


def attribute_coverage(
    plan: Plan, state: State | None = None, *, output_names: Mapping[str, str] | None = None
) -> AttributeCoverage:
    """Runs every check on a plan, and on the state that came of it, and notes what it reads.

    Args:
        plan: A plan; what it sets is what could be looked at.
        state: The state after apply, where checks look at what a plan does not know.
        output_names: The module's own names of outputs.
    """
    planned = {
        (resource.type, path)
        for resource in plan.resources.values()
        if resource.mode == "managed"
        for path in _leaves(resource.values)
    }
    read: dict[tuple[str, str], set[str]] = {}
    for source in (plan, state):
        if source is None:
            continue
        for check in CHECKS:
            seen: set[tuple[str, str]] = set()
            watched = copy.copy(source)
            watched.resources = Resources(
                {
                    address: replace(resource, values=_Watched(resource.values, seen, resource.type))
                    for address, resource in source.resources.items()
                },
                where="watched configuration",
            )
            check.on_configured(Backend(watched, output_names=output_names))
            for place in seen:
                read.setdefault(place, set()).add(check.id)
    looked_at = {
        place: frozenset(by)
        for place in planned
        if (by := {check for seen, checks in read.items() if _is_within(place, seen) for check in checks})
    }
    return AttributeCoverage(looked_at, frozenset(planned - set(looked_at)))


def _is_within(place: tuple[str, str], seen: tuple[str, str]) -> bool:
    return place == seen or (place[0] == seen[0] and place[1].startswith(f"{seen[1]}."))


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values that are set, without indexes."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                yield from _leaves(item, path)
            else:
                yield path
    elif value is not None:
        yield path


class _Watched(dict[str, Any]):
    """A mapping that notes which of its values are taken out; nested ones are watched on their own."""

    def __init__(self, values: Mapping[str, Any], seen: set[tuple[str, str]], kind: str, path: str = "") -> None:
        self._seen = seen
        self._kind = kind
        self._path = path
        super().__init__({name: self._wrapped(name, item) for name, item in values.items()})

    def __getitem__(self, name: str) -> Any:
        return self._noted(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        return self._noted(name, super().get(name, default))

    def items(self) -> Any:
        return [(name, self._noted(name, item)) for name, item in super().items()]

    def values(self) -> Any:
        return [self._noted(name, item) for name, item in super().items()]

    def _wrapped(self, name: str, item: Any) -> Any:
        if isinstance(item, dict):
            return _Watched(item, self._seen, self._kind, self._place(name))
        return [self._wrapped(name, part) for part in item] if isinstance(item, list) else item

    def _noted(self, name: str, item: Any) -> Any:
        nested = isinstance(item, dict) or (isinstance(item, list) and any(isinstance(part, dict) for part in item))
        if not nested and item is not None:
            self._seen.add((self._kind, self._place(name)))
        return item

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
