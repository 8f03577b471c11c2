"""The S3 Bucket Key."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, part_of_bucket
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_server_side_encryption_configuration")
_PATH = "rule[0].bucket_key_enabled"

CHECK = Check(
    id="bucket-key",
    section="bucket",
    title="The S3 Bucket Key is on",
    reason="Without it S3 calls KMS for every object: each plan costs requests, and a busy CI runs into KMS's limits. "
    "It also decides the encryption context that key policies may ask for.",
    references=("nozaq/terraform-aws-remote-state-s3-backend#119",),
    configured=configured_attribute(_BUCKET, {_PATH: equals(expected=True)}),
    live=live_value(
        _BUCKET,
        "GetBucketEncryption",
        {"BucketKeyEnabled": (lambda live: live.encryption_rule.get("BucketKeyEnabled"), equals(expected=True), _PATH)},
    ),
)
