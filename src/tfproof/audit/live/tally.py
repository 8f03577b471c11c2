"""What was counted of a bucket's objects: of any number of them, a few hundred bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Tally"]

_WORKSPACES: Final = 500
_DELETED_SHOWN: Final = 20


@dataclass
class Tally:
    """Counts over objects, versions and markers; see the schema of the evidence."""

    versions: int = 0
    current: int = 0
    noncurrent: int = 0
    delete_markers: int = 0
    deleted: int = 0
    bytes: int = 0
    vanished: int = 0
    refused: int = 0
    without_bucket_key: int = 0
    algorithms: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    workspaces: list[str] = field(default_factory=list)
    deleted_states: list[str] = field(default_factory=list)
    oldest: str | None = None

    def see_workspace(self, key: str) -> None:
        """Notes the workspace that a key belongs to."""
        parts = key.split("/")
        is_one = parts[0] == "env:" and len(parts) > 2  # noqa: PLR2004  # env:/NAME/KEY
        if is_one and len(self.workspaces) < _WORKSPACES and parts[1] not in self.workspaces:
            self.workspaces.append(parts[1])

    def see_deleted(self, key: str) -> None:
        """Notes an object whose newest version is a delete marker."""
        self.deleted += 1
        if not key.endswith(".tflock") and len(self.deleted_states) < _DELETED_SHOWN:
            self.deleted_states.append(key)

    def see_age(self, when: str) -> None:
        """Notes when a version was written, as RFC 3339 has it."""
        if self.oldest is None or when < self.oldest:
            self.oldest = when

    def as_json(self) -> dict[str, Any]:
        """The counts, as JSON takes them."""
        return {
            name: dict(value) if isinstance(value, Counter) else list(value) if isinstance(value, list) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Tally:
        """The counts that `as_json` gave."""
        made = cls(**document)
        for name in ("algorithms", "wrong", "unjudged"):
            setattr(made, name, Counter(document[name]))
        return made
