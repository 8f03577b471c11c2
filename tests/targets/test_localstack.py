"""The real LocalStack as a target that several runs share: none sees, counts or deletes what is another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localstack_process import serving_localstack

from tfproof.gateway.client import Gateway
from tfproof.proof.giving_back import clear_account
from tfproof.targets.clients import make_client
from tfproof.targets.emulator import Emulator
from tfproof.targets.localstack.host import LocalStackHost
from tfproof.targets.localstack.target import LocalStackTarget
from tfproof.targets.target import Target

pytestmark = [pytest.mark.localstack_host, pytest.mark.xdist_group("localstack")]

TABLE = {
    "TableName": "locks",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
    "DeletionProtectionEnabled": True,
}

POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.fixture(scope="module")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStackHost]:
    with serving_localstack(tmp_path_factory.mktemp("localstack")) as host:
        yield host


@pytest.fixture
def one(tmp_path: Path, localstack: LocalStackHost) -> Iterator[LocalStackTarget]:
    yield from target_at(localstack, tmp_path / "one")


@pytest.fixture
def other(tmp_path: Path, localstack: LocalStackHost) -> Iterator[LocalStackTarget]:
    yield from target_at(localstack, tmp_path / "other")


def target_at(localstack: LocalStackHost, folder: Path) -> Iterator[LocalStackTarget]:
    folder.mkdir()
    with LocalStackTarget(folder / "target.log", endpoint=localstack.endpoint) as target:
        yield target
        list(clear_account(target.address(), folder))


def make_everything(target: Target, bucket: str) -> None:
    s3, kms, iam = target.client("s3"), target.client("kms"), target.client("iam")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_logging(
        Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/"}}
    )
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="state", Body=body)
    s3.delete_object(Bucket=bucket, Key="state")
    s3.create_multipart_upload(Bucket=bucket, Key="unfinished")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/states", TargetKeyId=key)
    target.client("dynamodb").create_table(**TABLE)
    policy = iam.create_policy(PolicyName="states", PolicyDocument=POLICY)
    arn = policy["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="holder", PolicyArn=arn)
    iam.put_role_policy(RoleName="holder", PolicyName="inline", PolicyDocument=POLICY)
    iam.create_user(UserName="holder")
    iam.attach_user_policy(UserName="holder", PolicyArn=arn)
    iam.create_access_key(UserName="holder")


def kinds(target: Target) -> list[str]:
    return [" ".join(name.split()[:2]) for name in target.leftovers()]


EVERYTHING = ["dynamodb table", "iam policy", "iam role", "kms alias/states", "kms key", "s3 bucket"]


def test_is_a_target_in_an_account_of_its_own(one: LocalStackTarget, other: LocalStackTarget) -> None:
    assert isinstance(one, Target)
    assert one.account_id != other.account_id
    for target in (one, other):
        assert target.client("sts").get_caller_identity()["Account"] == target.account_id
        arn = target.client("kms").create_key()["KeyMetadata"]["Arn"]
        assert arn.split(":")[4] == target.account_id
    assert one.description.startswith("LocalStack 4.14.0 (http://127.0.0.1:")


def test_what_one_run_makes_is_nothing_of_the_other(one: LocalStackTarget, other: LocalStackTarget) -> None:
    make_everything(one, "states-of-one")
    assert kinds(one) == EVERYTHING
    assert other.leftovers() == []

    make_everything(other, "states-of-the-other")

    assert kinds(one) == kinds(other) == EVERYTHING


def test_giving_back_deletes_everything_of_one_and_nothing_of_the_other(
    one: LocalStackTarget, other: LocalStackTarget, tmp_path: Path
) -> None:
    make_everything(one, "states-to-go")
    make_everything(other, "states-to-stay")
    abroad = make_client("kms", endpoint=one.endpoint, region="eu-west-1", access_key="tfproof", secret_key="tfproof")  # noqa: S106  # opens an emulator
    replica = abroad.create_key()["KeyMetadata"]["KeyId"]

    deleted = list(clear_account(one.address(), tmp_path / "one"))

    assert "s3 bucket states-to-go" in deleted
    assert "iam user holder" in deleted
    assert one.leftovers() == []
    assert one.client("iam").list_users()["Users"] == []
    assert abroad.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert kinds(other) == EVERYTHING
    assert list(clear_account(one.address(), tmp_path / "one")) == []


def test_bucket_names_are_one_space(one: LocalStackTarget, other: LocalStackTarget) -> None:
    one.client("s3").create_bucket(Bucket="states-of-all")

    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        other.client("s3").create_bucket(Bucket="states-of-all")


def test_whoever_calls_acts_in_the_account_of_the_run(one: LocalStackTarget) -> None:
    one.client("dynamodb").create_table(**TABLE)
    caller = Gateway(one).credentials(f"arn:aws:iam::{one.account_id}:role/somebody", policies=[], enforced=False)

    tables: Any = make_client(
        "dynamodb",
        endpoint=one.endpoint,
        region=one.region,
        access_key=caller.access_key,
        secret_key=caller.secret_key,
    )

    assert tables.list_tables()["TableNames"] == ["locks"]


def test_another_process_can_use_it_by_its_address(one: LocalStackTarget, localstack: LocalStackHost) -> None:
    one.client("s3").create_bucket(Bucket="states-by-address")

    with Emulator(**one.address()) as same:
        assert same.leftovers() == ["s3 bucket states-by-address"]
        assert same.upstream == localstack.endpoint
        same.check_alive()
