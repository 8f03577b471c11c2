"""What became of mutants, kept by the content that it depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tfproof
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result
from tfproof.terraform.source import module_folders
from tfproof.terraform.workspace import is_copied

__all__ = ["Cache", "default_folder", "fingerprint"]


def default_folder() -> Path:
    """Where results are kept unless said otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfproof" / "mutation"


def fingerprint(module: Path, *parts: str) -> str:
    """A digest of all that the outcome of a module's mutants depends on.

    That is every file that is copied of it and of the modules it calls, tfproof's own, the emulator's version, and
    `parts`.
    """
    digest = hashlib.sha256()
    for folder in sorted(module_folders(module)):
        files = [file for file in sorted(folder.rglob("*")) if file.is_file() and is_copied(file.relative_to(folder))]
        _take_in(digest, os.path.relpath(folder, module.resolve()), folder, files)
    own = Path(tfproof.__file__).parent
    _take_in(digest, "tfproof", own, sorted(own.rglob("*.py")))
    for part in (*(f"{name} {version(name)}" for name in ("boto3", "moto")), *parts):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _take_in(digest: hashlib._Hash, name: str, folder: Path, files: Iterable[Path]) -> None:
    digest.update(name.encode() + b"\0")
    for file in files:
        digest.update(str(file.relative_to(folder)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())


class Cache:
    """Results in a file of JSON lines, added to as they come; a line that cannot be read is passed over.

    Args:
        folder: Where the file is; None keeps nothing.
        key: The fingerprint of the run.

    Attributes:
        checks: The checks that pass on the module itself, as `note` was told.
        failing: What fails on it.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._file = folder / f"{key[:32]}.jsonl" if folder is not None else None
        self._lock = threading.Lock()
        self._known: dict[str, Result] = {}
        self.checks: frozenset[str] = frozenset()
        self.failing: frozenset[str] = frozenset()
        self._read()

    def get(self, mutant: Mutant) -> Result | None:
        """What became of a mutant, when it is known."""
        return self._known.get(mutant.id)

    def add(self, results: Iterable[Result]) -> None:
        """Keeps results. A folder that cannot be written keeps nothing, and is no error."""
        self._append(
            [result.mutant, result.outcome, result.layer, list(result.by), round(result.seconds, 2)]
            for result in results
        )

    def note(self, checks: frozenset[str], failing: frozenset[str]) -> None:
        """Keeps what passes and what fails on the module itself, beside what is kept already."""
        if not (checks <= self.checks and failing <= self.failing):
            self.checks, self.failing = self.checks | checks, self.failing | failing
            self._append([{"checks": sorted(self.checks), "failing": sorted(self.failing)}])

    def _append(self, entries: Iterable[Any]) -> None:
        if self._file is None:
            return
        with self._lock, contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                for entry in entries:
                    file.write(json.dumps(entry) + "\n")

    def _read(self) -> None:
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file is not None else []
        except OSError:
            return
        for line in lines:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    self.checks, self.failing = frozenset(entry["checks"]), frozenset(entry["failing"])
                    continue
                mutant, outcome, layer, by, seconds = entry
                self._known[mutant] = Result(mutant, Outcome(outcome), Layer(layer), tuple(by), seconds)
