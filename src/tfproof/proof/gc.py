"""Finishes what runs that were killed could not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from tfproof.proof.run_folder import find_run_folders

__all__ = ["collect"]


def collect(*, kept: bool = False, dry: bool = False) -> Iterator[str]:
    """Ends the processes and removes the folders of runs whose owner is gone; answers what was done, a line each.

    The embedded target lives in such a process: what was applied there goes with it.

    Args:
        kept: Whether folders that were asked to be kept are removed too.
        dry: Whether it is only said what would be done.
    """
    for run in find_run_folders():
        if not run.is_over:
            yield f"{run.path}: still running (process {run.owner.pid}), left alone"
            continue
        for record in run.processes:
            if record.find() is not None:
                yield f"{run.path}: {'would end' if dry else 'ended'} {record.what} (process {record.pid})"
                if not dry:
                    record.end()
        if run.kept and not kept:
            yield f"{run.path}: kept on purpose, left alone (--kept removes it)"
            continue
        yield f"{run.path}: {'would be removed' if dry else 'removed'}"
        if not dry:
            shutil.rmtree(run.path, ignore_errors=True)
