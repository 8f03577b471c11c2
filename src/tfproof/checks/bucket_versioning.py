"""Versioning of the state bucket."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, part_of_bucket
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_versioning")
_PATH = "versioning_configuration[0].status"

CHECK = Check(
    id="bucket-versioning",
    section="bucket",
    title="The bucket keeps every version of the state",
    reason="Without versions a state that is overwritten or deleted by mistake is gone, and with it Terraform's "
    "knowledge of everything it made.",
    references=("CKV_AWS_21", "AWS-0090", "FSBP S3.14"),
    configured=configured_attribute(_BUCKET, {_PATH: equals("Enabled")}),
    live=live_value(
        _BUCKET,
        "GetBucketVersioning",
        {"Status": (lambda live: live.versioning.get("Status"), equals("Enabled"), _PATH)},
    ),
)
