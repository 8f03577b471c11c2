"""Default encryption of the state bucket: the algorithm."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, part_of_bucket
from tfproof.checks.check import Check
from tfproof.checks.sse_kms import is_sse_kms

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_server_side_encryption_configuration")
_PATH = "rule[0].apply_server_side_encryption_by_default[0].sse_algorithm"

CHECK = Check(
    id="bucket-encryption",
    section="bucket",
    title="Objects are encrypted with SSE-KMS by default",
    reason="State holds secrets in clear. With AES256 whoever may read the object reads them; with KMS reading takes a "
    "second permission, on the key, and leaves a trace.",
    references=("CKV_AWS_145", "AWS-0132", "FSBP S3.17"),
    configured=configured_attribute(_BUCKET, {_PATH: is_sse_kms}),
    live=live_value(
        _BUCKET,
        "GetBucketEncryption",
        {"SSEAlgorithm": (lambda live: live.default_encryption.get("SSEAlgorithm"), is_sse_kms, _PATH)},
    ),
)
