"""Which key encrypts what, read back from the target."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.checks import LiveBackend
from tfproof.checks.written_object import PROBE_KEY
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Plan
from tfproof.values import UNKNOWN


@pytest.fixture
def key_arn(applied: Applied) -> str:
    return str(applied.outputs["kms_key_arn"])


def test_key_is_planned_with_rotation(plan: Plan) -> None:
    key = plan["aws_kms_key.tf_state"]

    assert key.at("enable_key_rotation") is True
    assert key.at("rotation_period_in_days") == 365
    assert key.at("deletion_window_in_days") == 30
    assert key.at("arn") is UNKNOWN


def test_bucket_is_planned_with_kms_and_a_bucket_key(plan: Plan) -> None:
    rule = plan["aws_s3_bucket_server_side_encryption_configuration.tf_state"].at("rule[0]")

    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "aws:kms"
    assert rule["bucket_key_enabled"] is True


def test_bucket_is_encrypted_with_the_key(applied: Applied, key_arn: str) -> None:
    answer = applied.target.client("s3").get_bucket_encryption(Bucket=applied.outputs["bucket_name"])

    assert answer["ServerSideEncryptionConfiguration"]["Rules"] == [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn},
            "BucketKeyEnabled": True,
        }
    ]


def test_table_is_encrypted_with_the_key(applied: Applied, key_arn: str) -> None:
    table = applied.target.client("dynamodb").describe_table(TableName=applied.outputs["lock_table_name"])["Table"]

    assert table["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn}


def test_object_written_without_a_header_is_encrypted_with_the_key(live: LiveBackend, key_arn: str) -> None:
    head: dict[str, Any] = live.written_object(PROBE_KEY)

    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == ("aws:kms", key_arn, True)


def test_key_is_ours_enabled_and_rotated(applied: Applied, key_arn: str) -> None:
    kms = applied.target.client("kms")
    key = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
    rotation = kms.get_key_rotation_status(KeyId=key_arn)

    assert (key["Arn"], key["KeyManager"], key["KeyState"]) == (key_arn, "CUSTOMER", "Enabled")
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 365)


def test_alias_leads_to_the_key(applied: Applied, key_arn: str) -> None:
    described = applied.target.client("kms").describe_key(KeyId=applied.outputs["kms_key_alias"])

    assert described["KeyMetadata"]["Arn"] == key_arn
