"""Checks policy documents against IAM's grammar. (Grammar still to come: accepts everything.)"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfproof.iam.policy import Document, PolicyKind

__all__ = ["check"]


def check(document: Document, kind: PolicyKind) -> None:
    """Refuse a document that breaks the grammar of its kind."""
