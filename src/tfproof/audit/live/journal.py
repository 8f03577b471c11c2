"""Progress kept in a file, so that an audit of a large bucket that ends early goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from tfproof.audit.live.tally import Tally
from tfproof.errors import UsageError

__all__ = ["Cursor", "Journal", "Wrong"]

_FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a listing goes on: S3's two markers; both empty is the beginning."""

    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A version that is not as it should be.

    Attributes:
        check: Id of the check that says so.
        key: The object's key.
        version: The version's id.
        found: What it is like, for people.
        remedy: What mends it.
        undecided: Whether it could not be read.
    """

    check: str
    key: str
    version: str
    found: str
    remedy: str = ""
    undecided: bool = False


class Journal:
    """A file of JSON lines: what is audited, then page after page its wrong versions and where the next page begins.

    When all pages are done uploads, table and report are still to come. An audit that ends there goes on from the
    pages that are kept; one that was told in full is over.

    Args:
        file: The file; None keeps no progress.
        about: What is audited; a file that is about something else is refused.

    Raises:
        UsageError: The file is about another audit, or one that is over, or cannot be written.
    """

    def __init__(self, file: Path | None, about: dict[str, str]) -> None:
        self._file = file
        self._head = {"tfproof_audit": _FORMAT, **about}
        self._writing: IO[str] | None = None
        self.cursor: Cursor | None = Cursor()
        self.tally = Tally()
        self._kept = 0
        if file is None:
            return
        try:
            if file.exists() and file.stat().st_size:
                self._resume(file)
            else:
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
                    writing.write(json.dumps(self._head) + "\n")
            self._writing = file.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"resume={str(file)!r} cannot be used: {error.strerror}") from None

    def done_before(self) -> Iterator[Wrong]:
        """The wrong versions of pages that were done before, one at a time."""
        if self._file is None or not self._kept:
            return
        with self._file.open(encoding="utf-8") as reading:
            pages, waiting = 0, []
            for line in reading:
                entry = json.loads(line)
                if "wrong" in entry:
                    waiting.append(Wrong(**entry["wrong"]))
                elif "next" in entry:
                    yield from waiting
                    waiting = []
                    pages += 1
                    if pages == self._kept:
                        return

    def page(self, wrong: list[Wrong], following: Cursor | None, tally: Tally) -> None:
        """Keeps a page that is done, and where the next one begins; None is the end."""
        if self._writing is None:
            return
        lines = [json.dumps({"wrong": asdict(item)}) for item in wrong]
        cursor = asdict(following) if following is not None else None
        lines.append(json.dumps({"next": cursor, "tally": tally.as_json()}))
        # In one piece: a page whose last line is not there was never done.
        self._writing.write("\n".join(lines) + "\n")
        self._writing.flush()

    def finish(self) -> None:
        """Notes that everything was found and told: an audit that goes on from here would tell what was once so."""
        if self._writing is not None:
            self._writing.write(json.dumps({"over": True}) + "\n")
            self._writing.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _resume(self, file: Path) -> None:
        end = position = 0
        with file.open("rb") as reading:
            for number, line in enumerate(reading):
                entry = _entry(line)
                if number == 0 and entry != self._head:
                    raise UsageError(
                        f"resume={str(file)!r} is not of this audit", remedy="Name another file, or remove this one."
                    )
                if entry is None:
                    break  # cut short when the audit ended
                position += len(line)
                end = end or position  # the first line stays in any case
                if "over" in entry:
                    raise UsageError(
                        f"resume={str(file)!r}: that audit went to its end", remedy="Remove the file to audit anew."
                    )
                if "next" in entry:
                    self._kept += 1
                    end = position
                    self.tally = Tally.from_json(entry["tally"])
                    self.cursor = Cursor(**entry["next"]) if entry["next"] is not None else None
        os.truncate(file, end)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and line.endswith(b"\n") else None
