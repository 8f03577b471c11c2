"""A fault in a policy document: what AWS says about it, where it stands, and what to write instead."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfproof.iam.places import Path, Place
    from tfproof.iam.policy import Document

__all__ = ["Problem", "did_you_mean"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document.

    `message` is AWS's own wording where it is known, `remedy` what to write instead, `path` the way to the value
    (`("Statement", 0, "Action", 1)`), `severity` "error" for what AWS refuses, "warning" for what it takes and what
    will not do what it seems to. `place` is computed when asked for.
    """

    message: str
    path: Path
    remedy: str = ""
    severity: str = "error"
    on_key: bool = False
    document: Document | None = field(default=None, repr=False, compare=False)
    fixed_place: Place | None = field(default=None, repr=False)

    @property
    def place(self) -> Place:
        """Line and column, from 1, of the value (of its key when the key is what is wrong)."""
        if self.fixed_place is not None:
            return self.fixed_place
        assert self.document is not None  # noqa: S101  validate() sets one of the two
        places = self.document.places
        return places.place(places.key_offset(self.path) if self.on_key else places.find(self.path).start)

    def __str__(self) -> str:
        where = ".".join(str(step) for step in self.path) or "document"
        text = f"{self.place}: {where}: {self.message}"
        return f"{text} ({self.remedy})" if self.remedy else text


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that was probably meant, "" without one."""
    names = {item.lower(): item for item in known}
    if name.lower() in names:
        return f"names are case-sensitive: write {names[name.lower()]}"
    close = difflib.get_close_matches(name.lower()[:64], names, n=1, cutoff=0.75)
    return f"did you mean {names[close[0]]}?" if close else f"known: {', '.join(sorted(names.values()))}"
