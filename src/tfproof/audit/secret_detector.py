"""Says which values are secrets, by the patterns of detect-secrets (Yelp). Nothing is verified over a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from tfproof.audit.secret_values import MAY_BE_SECRET, Candidate

__all__ = ["kinds_of", "kinds_of_unfiltered", "secret_parts", "secrets_among"]

_SHORTEST_PART: Final = 6

_LEFT_OUT: Final = frozenset(
    {
        # Every id and digest of a state looks random to these.
        "Base64HighEntropyString",
        "HexHighEntropyString",
        # Reads source lines such as `password = "..."`; a state has names, which is_secret_name reads.
        "KeywordDetector",
        "IPPublicDetector",  # an address is no secret
    }
)


@lru_cache(maxsize=1)
def _plugins() -> tuple[tuple[str, Any], ...]:
    from detect_secrets.core.plugins.util import (  # noqa: PLC0415  # a tenth of a second
        get_mapping_from_secret_type_to_class,
    )

    found: dict[str, Any] = get_mapping_from_secret_type_to_class()
    return tuple((kind, made()) for kind, made in found.items() if made.__name__ not in _LEFT_OUT)


def kinds_of(value: str) -> list[str]:
    """The kinds of secret in a value, such as `AWS Access Key`; empty when it is none."""
    return kinds_of_unfiltered(value) if MAY_BE_SECRET.search(value) else []


def kinds_of_unfiltered(value: str) -> list[str]:
    """The same without the filter before it: what the filter is measured against."""
    return [kind for kind, plugin in _plugins() if any(plugin.analyze_string(value))]


def secrets_among(candidates: Mapping[str, Candidate]) -> list[tuple[str, Candidate]]:
    """The candidates that are secrets, with what each is, in their order."""
    found: list[tuple[str, Candidate]] = []
    for value, candidate in candidates.items():
        kinds = kinds_of(value)
        if candidate.by_name:
            kinds.append("value of an attribute that is named as a secret")
        if kinds:
            found.append((", ".join(kinds), candidate))
    return found


def secret_parts(text: str) -> list[str]:
    """The parts of a text that are secrets by their looks, longest first: all that a pattern matches."""
    if not MAY_BE_SECRET.search(text):
        return []
    found = {match.group() for match in _KEY_BLOCK.finditer(text)}
    for _, plugin in _plugins():
        if plugin.__class__.__name__ != "PrivateKeyDetector":  # matches the first line, which is no secret
            found |= {match.group() for pattern in plugin.denylist for match in pattern.finditer(text)}
    return sorted((part for part in found if len(part) >= _SHORTEST_PART), key=len, reverse=True)


_KEY_BLOCK: Final = re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:END [A-Z0-9 ]*PRIVATE KEY|\Z)", re.DOTALL)
"""A private key as a whole, or what is left of one to the text's end."""
