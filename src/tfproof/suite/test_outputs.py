"""Every output leads to what is really there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tfproof.checks import LiveBackend
from tfproof.checks.output_backend_config_hcl import parse_backend_file
from tfproof.iam import validate
from tfproof.proof.fixtures import Applied

_Output = Callable[[str], Any]


def test_bucket_name(output: _Output, applied: Applied) -> None:
    """There is such a bucket."""
    assert output("bucket_name") in [item["Name"] for item in applied.target.client("s3").list_buckets()["Buckets"]]


def test_bucket_arn(output: _Output, live: LiveBackend) -> None:
    """It is the bucket's."""
    assert output("bucket_arn").split(":", 3)[2:] == ["s3", f"::{live.bucket_name}"]


def test_bucket_region(output: _Output, applied: Applied, live: LiveBackend) -> None:
    """It is where the bucket is."""
    found = applied.target.client("s3").get_bucket_location(Bucket=live.bucket_name)["LocationConstraint"]
    assert output("bucket_region") == (found or "us-east-1")


def test_lock_table_name(output: _Output, applied: Applied) -> None:
    """There is such a table, with the key that Terraform writes."""
    table = applied.target.client("dynamodb").describe_table(TableName=output("lock_table_name"))["Table"]
    assert table["KeySchema"] == [{"AttributeName": "LockID", "KeyType": "HASH"}]


def test_lock_table_arn(output: _Output, live: LiveBackend) -> None:
    """It is the table's."""
    assert output("lock_table_arn") == live.table["TableArn"]


def test_kms_key_arn(output: _Output, applied: Applied) -> None:
    """There is such a key, and it can be used."""
    key = applied.target.client("kms").describe_key(KeyId=output("kms_key_arn"))["KeyMetadata"]
    assert (key["Arn"], key["KeyState"]) == (output("kms_key_arn"), "Enabled")


def test_kms_key_alias(output: _Output, applied: Applied, live: LiveBackend) -> None:
    """It leads to the key."""
    key = applied.target.client("kms").describe_key(KeyId=output("kms_key_alias"))["KeyMetadata"]
    assert key["Arn"] == live.key_arn


def test_backend_config(output: _Output, live: LiveBackend) -> None:
    """It names this bucket, this key and, when it names one, this table."""
    config = output("backend_config")
    assert (config["bucket"], config["kms_key_id"]) == (live.bucket_name, live.key_arn)
    assert config.get("dynamodb_table") in (None, live.table.get("TableName"))


def test_backend_config_hcl(output: _Output) -> None:
    """It says the same as `backend_config`."""
    said = parse_backend_file(output("backend_config_hcl"))
    assert said == {name: value for name, value in output("backend_config").items() if value is not None}


@pytest.mark.parametrize("name", ["documented_policy_json", "read_write_policy_json", "read_only_policy_json"])
def test_policy(name: str, output: _Output) -> None:
    """It is a policy without fault, which IAM takes."""
    assert [str(problem) for problem in validate(output(name))] == []
