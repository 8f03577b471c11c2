"""Which buckets are taken for state buckets, and which are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from documents import as_bytes, resource, state

from tfproof.audit.audited import audit_bytes


def bucket(address: str, name: str, **attributes: Any) -> dict[str, Any]:
    return resource(address, {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}", **attributes})


def table(address: str, hash_key: str = "LockID") -> dict[str, Any]:
    return resource(address, {"name": "locks", "hash_key": hash_key})


def found(*resources: dict[str, Any], **outputs: Any) -> list[str]:
    shown = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
    document = state(list(resources), outputs=shown)
    return [item["bucket"] for item in audit_bytes(as_bytes(document), "s").facts["backends"]]


@pytest.mark.parametrize(
    "name",
    [
        "acme-tfstate",
        "acme-terraform-state-123456789012",
        "terraform-states.acme",
        "tf-state-prod",
        "acme-remote-state",
        "acme-state-bucket",
        "acme-logs-tfstate",
        "audit-account-tfstate",
        "acme-opentofu-tofu-state",
        "terraform-backend-acme",
    ],
)
def test_a_name_that_says_state_is_enough(name: str) -> None:
    assert found(bucket("aws_s3_bucket.x", name)) == ["aws_s3_bucket.x"]


@pytest.mark.parametrize(
    "name",
    [
        "acme-assets",
        "acme-tfstate-logs",
        "acme-tfstate-access-logs-123456789012",
        "acme-tfstate-logs-eu-west-1",
        "acme-tfstate-replica",
        "acme-tfstate-logs20261126151234567800000001",
        "statements-archive",
        "estate-photos",
        "interstate-data",
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    assert found(bucket("aws_s3_bucket.x", name)) == []


@pytest.mark.parametrize("address", ["aws_s3_bucket.terraform_state", "module.tfstate_backend.aws_s3_bucket.default"])
def test_an_address_that_says_state_is_enough(address: str) -> None:
    assert found(bucket(address, "acme-x")) == [address]


def test_a_tag_that_says_state_is_enough() -> None:
    assert found(bucket("aws_s3_bucket.x", "acme-x", tags={"Name": "terraform state"})) == []
    assert found(bucket("aws_s3_bucket.x", "acme-x", tags={"Name": "terraform-state"})) == ["aws_s3_bucket.x"]


def test_a_lock_table_beside_the_only_bucket_of_a_module_is_enough() -> None:
    only = bucket("module.a.aws_s3_bucket.x", "acme-x")
    other = bucket("module.b.aws_s3_bucket.y", "acme-y")

    assert found(only, other, table("module.a.aws_dynamodb_table.t")) == ["module.a.aws_s3_bucket.x"]
    assert found(only, other, table("module.a.aws_dynamodb_table.t", "id")) == []
    assert found(only, other, table("aws_dynamodb_table.t")) == []
    assert found(only, bucket("module.a.aws_s3_bucket.z", "z"), table("module.a.aws_dynamodb_table.t")) == []


def test_outputs_tell_it_and_a_bucket_name_by_itself_does_not() -> None:
    one, two = bucket("aws_s3_bucket.x", "acme-x"), bucket("aws_s3_bucket.y", "acme-y")

    assert found(one, two, bucket_name="acme-x") == []
    assert found(one, two, bucket_name="acme-x", lock_table_name="locks") == ["aws_s3_bucket.x"]
    assert found(one, two, terraform_state_bucket="acme-y") == ["aws_s3_bucket.y"]
    assert found(one, two, backend_config={"bucket": "acme-x", "key": "acme-y"}) == ["aws_s3_bucket.x"]


def test_a_bucket_that_another_replicates_to_is_its_replica() -> None:
    replication = resource(
        "aws_s3_bucket_replication_configuration.r",
        {"bucket": "acme-tfstate", "rule": [{"destination": [{"bucket": "arn:aws:s3:::acme-tfstate-west"}]}]},
    )
    first, second = bucket("aws_s3_bucket.x", "acme-tfstate"), bucket("aws_s3_bucket.y", "acme-tfstate-west")

    assert found(first, second, replication) == ["aws_s3_bucket.x"]
    assert found(first, second) == ["aws_s3_bucket.x", "aws_s3_bucket.y"]
