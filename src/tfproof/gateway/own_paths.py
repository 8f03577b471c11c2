"""The paths that are the gateway's own, and what whoever asks there must show."""

from __future__ import annotations

from typing import Final

__all__ = ["PREFIX", "TOKEN_HEADER"]

PREFIX: Final = "/_tfproof/"
"""No bucket has such a name: an underscore is not allowed in one."""
TOKEN_HEADER: Final = "x-tfproof-token"  # noqa: S105  # the header's name, not a token
"""A token is made for each run."""
