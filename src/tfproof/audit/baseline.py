"""Findings that are known and accepted for a time: a TOML file beside the configuration."""

from __future__ import annotations

import datetime as dt
import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfproof.audit.catalogue import AUDIT_CHECKS
from tfproof.checks.finding import Finding
from tfproof.errors import UsageError

__all__ = ["Accepted", "Baseline"]

_ALLOWED: Final = frozenset({"check", "address", "path", "input", "reason", "until"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry: what is accepted, why, and how long.

    Attributes:
        check: Id of the check.
        address: Addresses it is accepted for; `*` and `?` as in file names, or the address itself.
        path: The same for attribute paths.
        input: The same for the names of what is audited.
        reason: Why.
        until: The last day it counts.
    """

    check: str
    address: str
    path: str
    input: str
    reason: str
    until: dt.date

    def covers(self, finding: Finding, name: str) -> bool:
        """Whether it is about this finding."""
        answer = finding.answer
        return (
            finding.check_id == self.check
            and _matches(answer.address or answer.subject, self.address)
            and _matches(answer.path, self.path)
            and _matches(name, self.input)
        )


def _matches(text: str, pattern: str) -> bool:
    # An address with an index is also a pattern of its own: [0] would match the character 0.
    return pattern == text or fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


class Baseline:
    """The accepted findings of a file.

    Args:
        entries: What is accepted.
        today: The day it is asked on.
    """

    def __init__(self, entries: tuple[Accepted, ...] = (), *, today: dt.date | None = None) -> None:
        self._entries = entries
        self._today = today or dt.datetime.now(tz=dt.UTC).date()
        self._used: set[Accepted] = set()

    @classmethod
    def read(cls, file: Path, *, today: dt.date | None = None) -> Baseline:
        """Reads a baseline file.

        Raises:
            UsageError: It cannot be read, or an entry lacks what it must have, or names no check.
        """
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"baseline={str(file)!r} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"baseline={str(file)!r} is not TOML: {error}") from None
        listed = document.get("accepted", [])
        if set(document) - {"accepted"} or not isinstance(listed, list):
            raise UsageError(f"baseline={str(file)!r}: only [[accepted]] entries may stand in it")
        return cls(
            tuple(_entry(entry, f"{file}, entry {number}") for number, entry in enumerate(listed, 1)), today=today
        )

    def accepts(self, finding: Finding, name: str) -> Accepted | None:
        """The entry that accepts a finding; None when none does, or none any more."""
        for entry in self._entries:
            if entry.covers(finding, name):
                self._used.add(entry)
                if entry.until >= self._today:
                    return entry
        return None

    def notes(self) -> list[str]:
        """What is worth knowing of the entries, once all findings were put to `accepts`."""
        found = []
        for entry in self._entries:
            what = f"baseline: {entry.check}" + (f" at {entry.address}" if entry.address != "*" else "")
            if entry not in self._used:
                found.append(f"{what} is accepted and does not occur: the entry can go")
            elif entry.until < self._today:
                found.append(f"{what} was accepted until {entry.until}, and counts again")
        return found


def _entry(entry: Any, where: str) -> Accepted:
    if not isinstance(entry, dict):
        raise UsageError(f"baseline {where}: no table")
    unknown = sorted(set(entry) - _ALLOWED)
    if unknown:
        raise UsageError(
            f"baseline {where}: unknown: {', '.join(unknown)}", remedy=f"Known: {', '.join(sorted(_ALLOWED))}"
        )
    until = entry.get("until")
    if isinstance(until, dt.datetime) or not isinstance(until, dt.date):
        raise UsageError(
            f"baseline {where}: until is no date", remedy="Every entry ends: until = 2027-01-31, without quotes."
        )
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"baseline {where}: there is no reason", remedy='Say why it is accepted: reason = "...".')
    check = entry.get("check")
    if check not in {known.id for known in AUDIT_CHECKS}:
        raise UsageError(f"baseline {where}: check={check!r} is no check", remedy="`tfproof audit --list` lists them.")
    texts = {name: entry.get(name, "*") for name in ("address", "path", "input")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise UsageError(f"baseline {where}: address, path and input are texts")
    return Accepted(check=str(check), reason=reason.strip(), until=until, **texts)
