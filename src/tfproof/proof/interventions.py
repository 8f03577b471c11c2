"""What the journey does to the target by hand, and why each is allowed."""

from __future__ import annotations

from typing import Any

from tfproof.checks.live import LiveBackend
from tfproof.checks.written_object import PROBE_KEY
from tfproof.errors import TfproofError
from tfproof.targets.target import Target

__all__ = ["count_versions", "empty_bucket", "switch_table_protection_off", "write_probe"]

_PAGE = 1000


def write_probe(target: Target, live: LiveBackend) -> str:
    """Writes an object twice, naming no encryption: the bucket's default decides, and there are versions to protect."""
    s3 = target.client("s3")
    for body in (b"written first", b"written second"):
        s3.put_object(Bucket=live.bucket_name, Key=PROBE_KEY, Body=body)
    return f"wrote s3://{live.bucket_name}/{PROBE_KEY} twice, naming no encryption"


def count_versions(target: Target, live: LiveBackend) -> int:
    """How many object versions and delete markers the bucket holds; 0 when it is gone."""
    return sum(1 for _ in _versions(target.client("s3"), live.bucket_name))


def switch_table_protection_off(target: Target, live: LiveBackend) -> str:
    """Switches the lock table's deletion protection off, on an emulator only.

    Raises:
        TfproofError: The target is a real account.
    """
    _only_on_emulators(target)
    if not live.table_name:
        return ""
    target.client("dynamodb").update_table(TableName=live.table_name, DeletionProtectionEnabled=False)
    return f"switched deletion protection of table {live.table_name} off"


def empty_bucket(target: Target, live: LiveBackend) -> str:
    """Deletes every version and delete marker of the bucket, on an emulator only.

    Raises:
        TfproofError: The target is a real account.
    """
    _only_on_emulators(target)
    s3 = target.client("s3")
    found = list(_versions(s3, live.bucket_name))
    for start in range(0, len(found), _PAGE):
        s3.delete_objects(Bucket=live.bucket_name, Delete={"Objects": found[start : start + _PAGE], "Quiet": True})
    return f"deleted {len(found)} object versions of bucket {live.bucket_name}"


def _only_on_emulators(target: Target) -> None:
    if not target.is_emulator:
        raise TfproofError(
            f"target={target.description!r} is a real account: protections and data there are never touched",
            remedy="See docs/runbook.md on destroying by hand.",
        )


def _versions(s3: Any, bucket: str) -> Any:
    if not bucket:
        return
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}
    except s3.exceptions.NoSuchBucket:
        return
