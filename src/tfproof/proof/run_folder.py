"""The folder of a run, and the manifest in it that lets a run that was killed be cleared up.

A run that ends removes its folder. One that is killed leaves it with `manifest.json`: who ran, what was started, and
against which target. `tfproof gc` finishes what such a run could not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from tfproof.errors import EnvironmentProblem

__all__ = ["MANIFEST", "ProcessRecord", "RunFolder", "find_run_folders"]

MANIFEST: Final = "manifest.json"
_PREFIX: Final = "tfproof-run-"
_SAME_START_SECONDS: Final = 1.0
_END_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process, told from a later one of the same number by when it started.

    Attributes:
        pid: Its number.
        started: When it started, in seconds since the epoch.
        what: What it is, for people.
    """

    pid: int
    started: float
    what: str

    @classmethod
    def of(cls, pid: int, what: str) -> ProcessRecord:
        """The record of a process that runs now; of one that is gone already, one that matches none."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.Error:
            started = 0.0
        return cls(pid, started, what)

    def find(self) -> psutil.Process | None:
        """The process, while it runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    def end(self) -> bool:
        """Ends the process and its children, politely and then by force; answers whether it was running."""
        process = self.find()
        if process is None:
            return False
        family = [process, *process.children(recursive=True)]
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.terminate()
        _, alive = psutil.wait_procs(family, timeout=_END_SECONDS)
        for member in alive:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(alive, timeout=_END_SECONDS)
        return True


class RunFolder:
    """A folder that only its owner can look into, since plans and states hold secrets.

    Args:
        keep: Whether it is kept in the end.

    Attributes:
        path: The folder.

    Raises:
        EnvironmentProblem: It cannot be made.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._keep = keep
        self._left = False
        self._lock = threading.Lock()
        self._processes: dict[int, ProcessRecord] = {}
        self._target: dict[str, str] = {}
        try:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._owner = ProcessRecord.of(os.getpid(), "tfproof")
            self._write()
        except OSError as error:
            raise EnvironmentProblem(
                f"folder={tempfile.gettempdir()!r}: no run folder can be made there: {error.strerror}",
                remedy="Set TMPDIR to a folder that can be written and has room.",
            ) from error

    def process_started(self, pid: int, what: str) -> None:
        """Notes a process that must not outlive the run."""
        with self._lock:
            self._processes[pid] = ProcessRecord.of(pid, what)
            self._write()

    def process_ended(self, pid: int) -> None:
        """Strikes a process that has ended."""
        with self._lock:
            if self._processes.pop(pid, None) is not None:
                self._write()

    def target_is(self, target: dict[str, str]) -> None:
        """Notes the target of the run."""
        with self._lock:
            self._target = target
            self._write()

    def leave(self) -> None:
        """Lets it stay with its manifest, though not kept on purpose: `tfproof gc` has something to finish."""
        self._left = True

    def remove(self) -> None:
        """Removes it with all the secrets in it, unless it is kept."""
        if self._keep or self._left:
            with self._lock:
                self._write()
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def _write(self) -> None:
        document = {
            "version": 1,
            "owner": _as_json(self._owner),
            "kept": self._keep,
            "target": self._target,
            "processes": [_as_json(record) for record in self._processes.values()],
        }
        # A full disk must not end a run that needs no more room than it has.
        with contextlib.suppress(OSError):
            unfinished = self.path / f"{MANIFEST}.new"
            unfinished.write_text(json.dumps(document), encoding="utf-8")
            unfinished.replace(self.path / MANIFEST)


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run folder that was found.

    Attributes:
        path: The folder.
        owner: Who ran.
        kept: Whether it was asked to be kept.
        target: Its target.
        processes: What it had started.
    """

    path: Path
    owner: ProcessRecord
    kept: bool
    target: dict[str, str]
    processes: tuple[ProcessRecord, ...]

    @property
    def is_over(self) -> bool:
        """Whether whoever ran it is gone."""
        return self.owner.find() is None


def find_run_folders() -> Iterator[FoundRun]:
    """The run folders of this user, with a manifest that can be read."""
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")):
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            if path.is_symlink() or path.stat().st_uid != os.getuid():
                continue  # another user's, or made to look like ours
            document = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            yield FoundRun(
                path,
                ProcessRecord(**document["owner"]),
                bool(document["kept"]),
                dict(document["target"]),
                tuple(ProcessRecord(**record) for record in document["processes"]),
            )


def _as_json(record: ProcessRecord) -> dict[str, Any]:
    return {"pid": record.pid, "started": record.started, "what": record.what}
