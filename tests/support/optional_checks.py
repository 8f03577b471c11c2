"""Checks on what a backend need not have: replication, and a policy of its own."""

from __future__ import annotations

from typing import Final

__all__ = ["OPTIONAL"]

OPTIONAL: Final = frozenset({"iam-policy", "replication-role", "replication-rule"})
