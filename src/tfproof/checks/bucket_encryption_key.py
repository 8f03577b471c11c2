"""Default encryption of the state bucket: the key."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.attribute import part_of_bucket
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import answer, equals, on_resource
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.checks.same_key import expected_key, same_key

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_server_side_encryption_configuration")
_PATH = "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"


def _configured(backend: Backend) -> Iterator[Answer]:
    resources, nothing = _BUCKET(backend)
    if not resources:
        yield nothing
    for resource in resources:
        yield on_resource(same_key(expected_key(backend)), resource, _PATH)


def _live(live: LiveBackend) -> Iterator[Answer]:
    yield answer(
        equals(live.key_arn),
        live.default_encryption.get("KMSMasterKeyID"),
        subject="GetBucketEncryption KMSMasterKeyID",
        path=_PATH,
        address=live.state.address_of("aws_s3_bucket_server_side_encryption_configuration"),
    )


CHECK = Check(
    id="bucket-encryption-key",
    section="bucket",
    title="The dedicated key encrypts the bucket",
    reason="Another key, or AWS's own aws/s3, opens the state to everyone who may use that key, and its policy is not "
    "the one that was reviewed.",
    references=("CKV_AWS_145", "AWS-0132"),
    configured=_configured,
    live=_live,
)
