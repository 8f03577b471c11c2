"""The four flags of the public access block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfproof.checks.attribute import configured_attribute, live_value, part_of_bucket
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals
from tfproof.checks.live import LiveBackend

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_public_access_block")
_FLAGS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


def _reader(name: str) -> Callable[[LiveBackend], Any]:
    return lambda live: live.public_access_block.get(name)


CHECK = Check(
    id="public-access-block",
    section="bucket",
    title="Public access is blocked in all four ways",
    reason="One flag left open is enough for an ACL or a policy, written later by somebody else, to publish the state.",
    references=(
        "CIS 2.1.4",
        "FSBP S3.8",
        "CKV_AWS_53",
        "CKV_AWS_54",
        "CKV_AWS_55",
        "CKV_AWS_56",
        "AWS-0086",
        "AWS-0087",
        "AWS-0091",
        "AWS-0093",
    ),
    configured=configured_attribute(_BUCKET, {flag: equals(expected=True) for flag in _FLAGS}),
    live=live_value(
        _BUCKET,
        "GetPublicAccessBlock",
        {name: (_reader(name), equals(expected=True), flag) for flag, name in _FLAGS.items()},
    ),
)
