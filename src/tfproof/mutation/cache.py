"""What became of mutants, kept by the content that it depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import tfproof
from tfproof.mutation.mutant import Layer, Mutant, Outcome, Result

__all__ = ["Cache", "default_folder", "fingerprint"]


def default_folder() -> Path:
    """Where results are kept unless said otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfproof" / "mutation"


def fingerprint(module: Path, *parts: str) -> str:
    """A digest of all that the outcome of a module's mutants depends on: its files, tfproof's own, and `parts`."""
    digest = hashlib.sha256()
    own = Path(tfproof.__file__).parent
    files = [file for file in sorted(module.rglob("*.tf*")) if ".terraform" not in file.parts and file.is_file()]
    for file in (*files, *sorted(own.rglob("*.py"))):
        digest.update(str(file.relative_to(module if file.is_relative_to(module) else own)).encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


class Cache:
    """Results in a file of JSON lines, added to as they come; a line that cannot be read is passed over.

    Args:
        folder: Where the file is; None keeps nothing.
        key: The fingerprint of the run.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._file = folder / f"{key[:32]}.jsonl" if folder is not None else None
        self._lock = threading.Lock()
        self._known = {result.mutant: result for result in self._read()}

    def get(self, mutant: Mutant) -> Result | None:
        """What became of a mutant, when it is known."""
        return self._known.get(mutant.id)

    def add(self, results: Iterable[Result]) -> None:
        """Keeps results. A folder that cannot be written keeps nothing, and is no error."""
        if self._file is None:
            return
        with self._lock, contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                for result in results:
                    entry = [result.mutant, result.outcome, result.layer, list(result.by), round(result.seconds, 2)]
                    file.write(json.dumps(entry) + "\n")

    def _read(self) -> Iterable[Result]:
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file is not None else []
        except OSError:
            return
        for line in lines:
            with contextlib.suppress(ValueError, TypeError):
                mutant, outcome, layer, by, seconds = json.loads(line)
                yield Result(mutant, Outcome(outcome), Layer(layer), tuple(by), seconds)
