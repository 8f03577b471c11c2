"""Finishes what runs that were killed could not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tfproof.errors import TfproofError
from tfproof.proof.giving_back import clear_account
from tfproof.proof.run_folder import FoundRun, find_run_folders

if TYPE_CHECKING:
    from tfproof.targets.aws import AwsTarget, Tagged

__all__ = ["collect"]


def collect(*, kept: bool = False, dry: bool = False, aws: AwsTarget | None = None) -> Iterator[str]:
    """Ends the processes and removes the folders of runs whose owner is gone; answers what was done, a line each.

    The embedded target lives in such a process: what was applied there goes with it. What was applied at a LocalStack
    that outlives its runs is deleted; while that does not answer, the folder stays. What was applied in an AWS account
    is deleted only when that account is given: all of runs that were killed here, and of others what has expired.

    Args:
        kept: Whether folders that were asked to be kept are removed too.
        dry: Whether it is only said what would be done.
        aws: An account and region to look in.

    Raises:
        TargetError: AWS refuses a look, or a deletion.
    """
    for run in find_run_folders():
        if run.is_over:
            yield from _finish(run, kept=kept, dry=dry, aws=aws)
        else:
            yield f"{run.path}: still running (process {run.owner.pid}), left alone"
    if aws is not None:
        from tfproof.targets.aws import has_expired  # noqa: PLC0415

        now = datetime.now(UTC)
        yield from _delete(aws, lambda resource: has_expired(resource.tags, now), dry=dry, tell_unread=True)


def _finish(run: FoundRun, *, kept: bool, dry: bool, aws: AwsTarget | None) -> Iterator[str]:
    for record in run.processes:
        if record.find() is not None:
            yield f"{run.path}: {'would end' if dry else 'ended'} {record.what} (process {record.pid})"
            if not dry:
                record.end()
    is_clear = yield from (
        _clear_aws(run, aws, dry=dry) if run.target.get("kind") == "aws" else _clear_emulator(run, dry=dry)
    )
    if not is_clear:
        return
    if run.kept and not kept:
        yield f"{run.path}: kept on purpose, left alone (--kept removes it)"
        return
    yield f"{run.path}: {'would be removed' if dry else 'removed'}"
    if not dry:
        shutil.rmtree(run.path, ignore_errors=True)


def _clear_emulator(run: FoundRun, *, dry: bool) -> Generator[str, None, bool]:
    """Deletes what a run made at an emulator that outlives it; answers whether nothing is left."""
    if not run.target.get("upstream"):
        return True
    if dry:
        yield f"{run.path}: would delete what is left of it at {run.target['upstream']}"
        return True
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


def _clear_aws(run: FoundRun, aws: AwsTarget | None, *, dry: bool) -> Generator[str, None, bool]:
    """Deletes what a run made in an AWS account, where that is the given one; answers whether nothing is left."""
    account, region = run.target["account_id"], run.target["region"]
    if aws is None or (aws.account_id, aws.region) != (account, region):
        yield (
            f"{run.path}: left alone, what it made is still in AWS account {account}: "
            f"run `tfproof gc --target aws --aws-account-allow {account} --region {region}`"
        )
        return False
    from tfproof.targets.aws import RUN_TAG  # noqa: PLC0415

    try:
        yield from _delete(aws, lambda resource: resource.tags[RUN_TAG] == run.target["run_id"], dry=dry)
    except TfproofError as error:
        yield f"{run.path}: left alone, what it made is still in AWS account {account}: {error.message}"
        return False
    return True


def _delete(aws: AwsTarget, wanted: Callable[[Tagged], bool], *, dry: bool, tell_unread: bool = False) -> Iterator[str]:
    from tfproof.targets.aws import RUN_TAG, delete_tagged, find_tagged  # noqa: PLC0415

    remedy = "What was deleted until then is deleted; docs/aws.md lists the permissions needed."
    with aws.failures_told("cannot look for, or delete, what is left", remedy):
        search = find_tagged(aws.client)
        chosen = [resource for resource in search.found if wanted(resource)]
        if dry:
            yield from (f"{aws.description}: would delete {it} of run {it.tags[RUN_TAG]}" for it in chosen)
        else:
            yield from (f"{aws.description}: deleted {name}" for name in delete_tagged(aws.client, chosen))
        if tell_unread:
            yield from (f"{aws.description}: the tags of {name} may not be read, left alone" for name in search.unread)
