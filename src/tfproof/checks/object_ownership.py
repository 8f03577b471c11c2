"""Object ownership of the state bucket."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, part_of_bucket
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_ownership_controls")
_PATH = "rule[0].object_ownership"

CHECK = Check(
    id="object-ownership",
    section="bucket",
    title="ACLs are off: the bucket's owner owns every object",
    reason="With ACLs on, a state written from another account belongs to that account, and an ACL can give it away "
    "past "
    "the bucket policy.",
    references=("FSBP S3.12", "CKV2_AWS_65"),
    configured=configured_attribute(_BUCKET, {_PATH: equals("BucketOwnerEnforced")}),
    live=live_value(
        _BUCKET,
        "GetBucketOwnershipControls",
        {"ObjectOwnership": (lambda live: live.ownership, equals("BucketOwnerEnforced"), _PATH)},
    ),
)
