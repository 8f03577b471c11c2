"""Mutants that may survive, each with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tfproof.errors import UsageError

__all__ = ["read_accepted"]


def read_accepted(file: Path) -> Mapping[str, str]:
    """The reasons by id of the mutant, from a file with `[[accepted]]` tables of `mutant` and `reason`.

    Raises:
        UsageError: It cannot be read, or an entry lacks one of the two.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"accepted={str(file)!r} cannot be read: {error}") from error
    reasons: dict[str, str] = {}
    for number, entry in enumerate(document.get("accepted", []), 1):
        mutant, reason = str(entry.get("mutant", "")), str(entry.get("reason", "")).strip()
        if not mutant or not reason:
            raise UsageError(f"accepted={str(file)!r}: entry {number} lacks {'a mutant' if not mutant else 'a reason'}")
        if mutant in reasons:
            raise UsageError(f"accepted={str(file)!r}: {mutant!r} is listed twice")
        reasons[mutant] = reason
    return reasons
