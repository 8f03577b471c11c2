"""In which order a configuration's resources are made: what `terraform graph` says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["order_in"]

_EDGE: Final = re.compile(r'^\s*"(?P<later>[^"]+)" -> "(?P<earlier>[^"]+)"', re.MULTILINE)
_WORDS: Final = re.compile(r"^\[root\] | \((?:expand|close)\)$")


def order_in(graph: str) -> Mapping[str, frozenset[str]]:
    """Of every resource, by address without instance keys, all that is made before it; directly or not.

    Args:
        graph: The output of `terraform graph`.
    """
    direct: dict[str, set[str]] = {}
    for edge in _EDGE.finditer(graph):
        later, earlier = (_WORDS.sub("", edge[name]) for name in ("later", "earlier"))
        direct.setdefault(later, set()).add(earlier)
    closed: dict[str, frozenset[str]] = {}

    def close(address: str) -> frozenset[str]:
        if address not in closed:
            closed[address] = frozenset()  # Terraform's graphs have no cycles; one that had must not hang
            before = direct.get(address, set())
            closed[address] = frozenset(before).union(*(close(name) for name in before))
        return closed[address]

    for address in list(direct):
        close(address)
    return closed
