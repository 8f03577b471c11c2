"""Each gap of moto is still there without the fix, and gone with it.

A gap that upstream has closed fails here: then its fix, and its line in the list, can go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.moto_fixes import FIXES, versions_are_listed_without_their_contents

BUCKET = "states"
REPLICA_KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"


class Cloud:
    """S3, KMS and DynamoDB, either plain moto's in this process or the embedded target's."""

    def __init__(self, client: Any) -> None:
        self.s3 = client("s3")
        self.kms = client("kms")
        self.dynamodb = client("dynamodb")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Cloud(lambda service: boto3.client(service, region_name="us-east-1"))


@pytest.fixture
def mended(tmp_path: Path) -> Iterator[Cloud]:
    with EmbeddedTarget(tmp_path / "target.log") as target:
        yield Cloud(target.client)


def newer_versions_kept(cloud: Cloud) -> Any:
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Filter": {},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 3},
    }
    cloud.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    rules = cloud.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    return rules[0]["NoncurrentVersionExpiration"].get("NewerNoncurrentVersions")


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="NewerNoncurrentVersions of a lifecycle rule is dropped; the provider waits three minutes in vain",
    aws="keeps and shows it",
    thread="getmoto/moto#9708",
)
def test_lifecycle_keeps_newer_noncurrent_versions(plain: Cloud, mended: Cloud) -> None:
    assert newer_versions_kept(plain) is None
    assert newer_versions_kept(mended) == 3


def replication_rule(cloud: Cloud) -> Any:
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": f"arn:aws:s3:::{BUCKET}-copy",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": REPLICA_KEY},
        },
    }
    cloud.s3.create_bucket(Bucket=f"{BUCKET}-copy")
    cloud.s3.put_bucket_versioning(Bucket=f"{BUCKET}-copy", VersioningConfiguration={"Status": "Enabled"})
    cloud.s3.put_bucket_replication(
        Bucket=BUCKET, ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]}
    )
    return cloud.s3.get_bucket_replication(Bucket=BUCKET)["ReplicationConfiguration"]["Rules"][0]


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="GetBucketReplication leaves SourceSelectionCriteria out and makes up DeleteMarkerReplication and Filter",
    aws="answers what was put",
    thread="getmoto/moto#4421",
)
def test_replication_is_read_back_whole(plain: Cloud, mended: Cloud) -> None:
    assert "SourceSelectionCriteria" not in replication_rule(plain)
    whole = replication_rule(mended)
    assert whole["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert whole["DeleteMarkerReplication"] == {"Status": "Enabled"}
    assert whole["Filter"] == {}
    assert whole["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": REPLICA_KEY}


def rotation_period(cloud: Cloud) -> Any:
    key = cloud.kms.create_key()["KeyMetadata"]["KeyId"]
    cloud.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return cloud.kms.get_key_rotation_status(KeyId=key).get("RotationPeriodInDays")


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="RotationPeriodInDays is ignored: no second plan is ever empty",
    aws="keeps and shows it",
    thread="getmoto/moto#464",
)
def test_key_rotation_keeps_its_period(plain: Cloud, mended: Cloud) -> None:
    assert rotation_period(plain) is None
    assert rotation_period(mended) == 180


def test_mended_rotation_refuses_what_aws_refuses(mended: Cloud) -> None:
    key = mended.kms.create_key()["KeyMetadata"]["KeyId"]

    with pytest.raises(ClientError, match="rotationPeriodInDays"):
        mended.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=2561)  # boto3 itself refuses 89


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="DisableKey, EnableKey, CancelKeyDeletion and ScheduleKeyDeletion by ARN end in HTTP 500",
    aws="takes the key's id or its ARN",
)
def test_key_state_calls_take_an_arn(plain: Cloud, mended: Cloud) -> None:
    plain_key = plain.kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises((ClientError, KeyError)):
        plain.kms.disable_key(KeyId=plain_key)

    key = mended.kms.create_key()["KeyMetadata"]["Arn"]
    states = []
    for call in (
        mended.kms.disable_key,
        mended.kms.enable_key,
        lambda KeyId: mended.kms.schedule_key_deletion(KeyId=KeyId, PendingWindowInDays=7),  # noqa: N803  # AWS's name
        mended.kms.cancel_key_deletion,
    ):
        call(KeyId=key)
        states.append(mended.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
    assert states == ["Disabled", "Enabled", "PendingDeletion", "Disabled"]


def manager_of_awss_key(cloud: Cloud) -> Any:
    return cloud.kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["KeyManager"]


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="the key behind alias/aws/s3 or alias/aws/dynamodb counts as the customer's",
    aws="calls itself the manager of it",
)
def test_keys_of_aws_say_so(plain: Cloud, mended: Cloud) -> None:
    assert manager_of_awss_key(plain) == "CUSTOMER"
    assert manager_of_awss_key(mended) == "AWS"


def put_under_a_tls_only_policy(cloud: Cloud) -> None:
    """Under a policy that denies plain HTTP; to be allowed, since moto's calls are as good as TLS."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    cloud.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    cloud.s3.put_object(Bucket=BUCKET, Key="state", Body=b"x")


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="a Deny in a bucket policy is applied whatever its Condition says, so a TLS-only policy stops everything",
    aws="evaluates the Condition",
    thread="getmoto/moto#7840",
)
def test_bucket_policies_are_not_enforced(plain: Cloud, mended: Cloud) -> None:
    with pytest.raises(ClientError, match=r"403|AccessDenied|Forbidden"):
        put_under_a_tls_only_policy(plain)
    put_under_a_tls_only_policy(mended)


def delete_under_a_marker(cloud: Cloud) -> Any:
    """Deletes a key that has a version and a delete marker, in a suspended bucket; answers what is left."""
    cloud.s3.put_object(Bucket=BUCKET, Key="state", Body=b"x")
    cloud.s3.delete_object(Bucket=BUCKET, Key="state")
    cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    for entry in cloud.s3.list_object_versions(Bucket=BUCKET)["DeleteMarkers"]:
        cloud.s3.delete_object(Bucket=BUCKET, Key=entry["Key"], VersionId=entry["VersionId"])
    return cloud.s3.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", [])


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="deleting a key with a delete marker from a suspended bucket ends in HTTP 500",
    aws="deletes it",
)
def test_delete_markers_go_from_a_suspended_bucket(plain: Cloud, mended: Cloud) -> None:
    with pytest.raises((ClientError, AttributeError), match=r"dispose|500"):
        delete_under_a_marker(plain)
    assert delete_under_a_marker(mended) == []


def encryption_of_updated_table(cloud: Cloud, specification: dict[str, Any]) -> Any:
    cloud.dynamodb.create_table(
        TableName="locks",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )
    cloud.dynamodb.update_table(TableName="locks", SSESpecification=specification)
    return cloud.dynamodb.describe_table(TableName="locks")["Table"].get("SSEDescription")


@pytest.mark.emulator_gap(
    target="embedded",
    version="5.2.5",
    mended=True,
    what="UpdateTable ignores SSESpecification: a table never comes under another key",
    aws="encrypts the table under the key",
)
def test_table_takes_another_key(plain: Cloud, mended: Cloud) -> None:
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": REPLICA_KEY}

    assert encryption_of_updated_table(plain, specification) is None
    assert encryption_of_updated_table(mended, specification) == {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": REPLICA_KEY,
    }


def test_mended_table_takes_awss_own_key_and_lets_go_of_it(mended: Cloud) -> None:
    described = encryption_of_updated_table(mended, {"Enabled": True, "SSEType": "KMS"})
    key = mended.kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]

    assert described["KMSMasterKeyArn"] == key["Arn"]
    mended.dynamodb.update_table(TableName="locks", SSESpecification={"Enabled": False})
    assert "SSEDescription" not in mended.dynamodb.describe_table(TableName="locks")["Table"]


def versions_listed(cloud: Cloud) -> list[tuple[str, bool]]:
    for body in (b"first", b"second"):
        cloud.s3.put_object(Bucket=BUCKET, Key="state", Body=body)
    cloud.s3.put_object(Bucket=BUCKET, Key="other", Body=b"x")
    cloud.s3.delete_object(Bucket=BUCKET, Key="other")
    found = cloud.s3.list_object_versions(Bucket=BUCKET)
    assert cloud.s3.get_object(Bucket=BUCKET, Key="state")["Body"].read() == b"second"
    return [(item["Key"], item["IsLatest"]) for item in (*found["DeleteMarkers"], *found["Versions"])]


def test_versions_are_listed_without_their_contents(
    plain: Cloud, mended: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.s3 import models  # noqa: PLC0415

    copied: list[Any] = []
    state = models.FakeKey.__getstate__

    def seen(key: Any) -> Any:
        copied.append(key)
        return state(key)

    monkeypatch.setattr(models.FakeKey, "__getstate__", seen)
    assert versions_listed(mended) == versions_listed(plain)
    assert copied  # moto itself copies still

    copied.clear()
    monkeypatch.setitem(vars(models), "copy", vars(models)["copy"])  # to be what it was, when this is over
    versions_are_listed_without_their_contents()
    plain.s3.list_object_versions(Bucket=BUCKET)
    assert copied == []


def test_every_fix_is_tested_here() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}

    assert {fix.__name__ for fix in FIXES} <= tests
