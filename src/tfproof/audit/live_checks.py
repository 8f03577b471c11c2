"""The rules for what is in a bucket: every object and version, locks, digests, delete markers."""

from __future__ import annotations

from typing import Final

from tfproof.checks.check import Check

__all__ = ["BUCKET_KEY", "CURRENT", "DIGEST", "LIVE_CHECKS", "LOCKS", "MARKERS", "NONCURRENT", "PERMISSIONS", "UPLOADS"]

CURRENT: Final = Check(
    id="live-object-encryption",
    section="objects",
    title="Every current object is encrypted with the dedicated key",
    reason="A bucket's default counts for what is written after it, and for writers that name no encryption. What was "
    "written before, or with `encrypt = true` alone, is AES256: readable without any permission on the key.",
    references=("ministryofjustice/modernisation-platform#13379", "CKV_AWS_145"),
)
NONCURRENT: Final = Check(
    id="live-version-encryption",
    section="objects",
    title="Every noncurrent version is encrypted with the dedicated key",
    reason="An old version holds the secrets of its day, most of which are still in use.",
)
BUCKET_KEY: Final = Check(
    id="live-bucket-key",
    section="objects",
    title="Objects under the key use the bucket key",
    reason="Without it S3 calls KMS for every read and write of the object.",
)
LOCKS: Final = Check(
    id="live-locks",
    section="objects",
    title="No lock is left behind",
    reason="A lock that nobody holds stops every run until somebody forces it, and forcing is how two runs meet.",
)
DIGEST: Final = Check(
    id="live-digest",
    section="objects",
    title="Every digest in the lock table is that of its state",
    reason="Terraform refuses a state whose MD5 is not the one in the table; a row without one is a deleted state's.",
    references=("hashicorp/terraform internal/backend/remote-state/s3/client.go",),
)
MARKERS: Final = Check(
    id="live-delete-markers",
    section="objects",
    title="Delete markers do not pile up",
    reason="Every lock file that is released leaves one. Listings get slow, and a state that was deleted by mistake "
    "is one marker among thousands.",
)
UPLOADS: Final = Check(
    id="live-uploads",
    section="objects",
    title="No upload was begun and left",
    reason="Parts of an upload that failed hold parts of a state, and no listing shows them.",
)
PERMISSIONS: Final = Check(
    id="live-permissions",
    section="objects",
    title="Everything could be read",
    reason="What could not be read is not known to be sound.",
)
LIVE_CHECKS: Final = (CURRENT, NONCURRENT, BUCKET_KEY, LOCKS, DIGEST, MARKERS, UPLOADS, PERMISSIONS)
