"""Finishes what runs that were killed could not."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator

from tfproof.errors import TfproofError
from tfproof.proof.giving_back import clear_account
from tfproof.proof.run_folder import FoundRun, find_run_folders

__all__ = ["collect"]


def collect(*, kept: bool = False, dry: bool = False) -> Iterator[str]:
    """Ends the processes and removes the folders of runs whose owner is gone; answers what was done, a line each.

    The embedded target lives in such a process: what was applied there goes with it. What was applied at a LocalStack
    that outlives its runs is deleted; while that does not answer, the folder stays.

    Args:
        kept: Whether folders that were asked to be kept are removed too.
        dry: Whether it is only said what would be done.
    """
    for run in find_run_folders():
        if run.is_over:
            yield from _finish(run, kept=kept, dry=dry)
        else:
            yield f"{run.path}: still running (process {run.owner.pid}), left alone"


def _finish(run: FoundRun, *, kept: bool, dry: bool) -> Iterator[str]:
    for record in run.processes:
        if record.find() is not None:
            yield f"{run.path}: {'would end' if dry else 'ended'} {record.what} (process {record.pid})"
            if not dry:
                record.end()
    if run.target.get("upstream"):
        if dry:
            yield f"{run.path}: would delete what is left of it at {run.target['upstream']}"
        elif not (yield from _clear(run)):
            return
    if run.kept and not kept:
        yield f"{run.path}: kept on purpose, left alone (--kept removes it)"
        return
    yield f"{run.path}: {'would be removed' if dry else 'removed'}"
    if not dry:
        shutil.rmtree(run.path, ignore_errors=True)


def _clear(run: FoundRun) -> Generator[str, None, bool]:
    """Deletes what a run made at a target that outlives it; answers whether nothing is left."""
    try:
        for name in clear_account(run.target, run.path):
            yield f"{run.path}: deleted {name} at {run.target['upstream']}"
    except TfproofError as error:
        yield (
            f"{run.path}: left alone, what it made is still at {run.target['upstream']}: {error.message}; "
            "run `tfproof gc` again when that is back, or remove the folder if it never will be"
        )
        return False
    return True
