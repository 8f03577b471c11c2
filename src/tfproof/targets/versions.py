"""All versions and delete markers of a bucket: what stands in the way of its deletion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

__all__ = ["delete_versions", "versions_of"]

_PAGE: Final = 1000
"""As many as DeleteObjects takes."""


def versions_of(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    """Key and VersionId of every version and delete marker; of a bucket that is gone or unnamed, none."""
    if not bucket:
        return
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}
    except s3.exceptions.NoSuchBucket:
        return


def delete_versions(s3: Any, bucket: str) -> tuple[int, list[Any]]:
    """Deletes them all.

    Returns:
        How many there were, and DeleteObjects' own entries about those that it did not delete, which is no error of
        the call.
    """
    found = list(versions_of(s3, bucket))
    refused: list[Any] = []
    for start in range(0, len(found), _PAGE):
        wanted = {"Objects": found[start : start + _PAGE], "Quiet": True}
        refused += s3.delete_objects(Bucket=bucket, Delete=wanted).get("Errors", [])
    return len(found), refused
