"""What is wrong with a file that was to be audited."""

from __future__ import annotations

from tfproof.errors import UsageError

__all__ = ["DocumentError", "OtherDocument"]


class DocumentError(UsageError):
    """A file is no plan or state that can be audited; the message quotes nothing of what is in it."""


class OtherDocument(DocumentError):
    """A file is strict JSON, read to its end, and something else than a plan or a state: of another program."""
