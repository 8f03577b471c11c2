"""What the module tells its users."""

from __future__ import annotations

import json
from typing import Any

from tfproof.checks.output_backend_config_hcl import parse_backend_file
from tfproof.checks.output_documented_policy import DOCUMENTED_ACTIONS
from tfproof.proof.fixtures import Applied


def test_names_and_arns_are_those_of_what_was_made(applied: Applied, run_id: str) -> None:
    name, outputs = f"tfproof-state-{run_id}", applied.outputs
    table = applied.target.client("dynamodb").describe_table(TableName=f"{name}-locks")["Table"]

    assert outputs["bucket_name"] == name
    assert outputs["bucket_arn"] == f"arn:aws:s3:::{name}"
    assert outputs["bucket_region"] == "us-east-1"
    assert (outputs["lock_table_name"], outputs["lock_table_arn"]) == (table["TableName"], table["TableArn"])
    assert outputs["kms_key_arn"] == applied.state["aws_kms_key.tf_state"].at("arn")
    assert outputs["kms_key_alias"] == f"alias/{name}"


def test_backend_config_holds_the_full_key_arn(applied: Applied, run_id: str) -> None:
    assert applied.outputs["backend_config"] == {
        "bucket": f"tfproof-state-{run_id}",
        "key": "terraform.tfstate",
        "region": "us-east-1",
        "encrypt": True,
        "kms_key_id": applied.outputs["kms_key_arn"],
        "dynamodb_table": f"tfproof-state-{run_id}-locks",
    }


def test_backend_config_hcl_says_the_same(applied: Applied) -> None:
    assert parse_backend_file(applied.outputs["backend_config_hcl"]) == applied.outputs["backend_config"]


def test_documented_policy_is_the_documented_one(applied: Applied) -> None:
    document: dict[str, Any] = json.loads(applied.outputs["documented_policy_json"])
    outputs = applied.outputs

    assert [statement["Sid"] for statement in document["Statement"]] == list(DOCUMENTED_ACTIONS)
    assert {statement["Sid"]: sorted(statement["Action"]) for statement in document["Statement"]} == {
        sid: sorted(actions) for sid, actions in DOCUMENTED_ACTIONS.items()
    }
    resources = {
        statement["Sid"]: {statement["Resource"]}
        if isinstance(statement["Resource"], str)
        else set(statement["Resource"])
        for statement in document["Statement"]
    }
    assert resources == {
        "AllowS3StateAccess": {outputs["bucket_arn"], f"{outputs['bucket_arn']}/*"},
        "AllowDynamoDBLockAccess": {outputs["lock_table_arn"]},
        "AllowKMSAccess": {outputs["kms_key_arn"]},
    }


def test_no_output_is_a_whole_resource(applied: Applied) -> None:
    kinds = {name: type(value).__name__ for name, value in applied.outputs.items() if name != "backend_config"}

    assert set(kinds.values()) <= {"str", "NoneType"}, kinds
