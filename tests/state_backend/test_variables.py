"""What the module's variables accept and refuse, and how they say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bucket_names
import pytest
from hypothesis import example, given, settings
from variables_only import VariablesOnly

from tfproof.terraform import ModuleSource, find_terraform

MODULE = Path("modules/state-backend")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"
REPLICA = {"destination_bucket_arn": "arn:aws:s3:::copy-of-states", "destination_kms_key_arn": KEY}
ROLE = "arn:aws:iam::123456789012:role/replication"

REFUSED: list[tuple[str, Any, dict[str, Any]]] = [
    ("kms_key_alias", "alias/aws/s3", {}),
    ("kms_key_alias", "tf-state", {}),
    ("kms_key_alias", "alias/with space", {}),
    ("kms_deletion_window_days", 6, {}),
    ("kms_deletion_window_days", 31, {}),
    ("kms_deletion_window_days", 7.5, {}),
    ("kms_rotation_period_days", 89, {}),
    ("kms_rotation_period_days", 2561, {}),
    ("kms_administrator_arns", ["somebody"], {}),
    ("kms_administrator_arns", ["*"], {}),
    ("kms_administrator_arns", ["arn:aws:s3:::bucket"], {}),
    ("kms_user_arns", ["arn:aws:iam::12345:role/short-account"], {}),
    ("noncurrent_versions_to_keep", 0, {}),
    ("noncurrent_versions_to_keep", 101, {}),
    ("noncurrent_version_days", 0, {}),
    ("noncurrent_version_days", 1.5, {}),
    ("abort_incomplete_upload_days", 0, {}),
    ("access_logging", {"bucket": "Not A Bucket"}, {}),
    ("access_logging", {"bucket": "tfproof-state"}, {}),
    ("bucket_policy_documents", ["not json"], {}),
    ("lock_mode", "DynamoDB", {}),
    ("lock_table_name", "no spaces", {}),
    ("lock_table_name", "ab", {}),
    ("lock_table_name", "locks", {"lock_mode": "s3"}),
    ("replication", REPLICA | {"destination_bucket_arn": "copy-of-states"}, {}),
    ("replication", REPLICA | {"destination_bucket_arn": "arn:aws:s3:::tfproof-state"}, {}),
    ("replication", REPLICA | {"destination_kms_key_arn": "alias/copy"}, {}),
    ("replication", REPLICA | {"role": {"arn": "replication"}}, {}),
    ("replication", REPLICA | {"role": {"arn": ROLE}, "permissions_boundary_arn": "arn:aws:iam::aws:policy/x"}, {}),
    ("replication", REPLICA | {"storage_class": "DEEP_ARCHIVE"}, {}),
    ("state_key", "/absolute", {}),
    ("state_key", "folder/", {}),
    ("state_key", "env:/dev/terraform.tfstate", {}),
    ("state_key", "terraform.tfstate.tflock", {}),
    ("state_key_prefix", "team-*", {}),
    ("state_key", "elsewhere/terraform.tfstate", {"state_key_prefix": "team-a/"}),
    ("workspace_key_prefix", "/env", {}),
    ("iam_policy", {"name": "not a name"}, {}),
    ("iam_policy", {"name": "terraform", "path": "no-slash"}, {}),
    ("tags", {"aws:reserved": "x"}, {}),
]

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"lock_mode": "s3"},
    {"lock_mode": "both", "lock_table_name": "terraform-locks"},
    {"kms_administrator_arns": ["arn:aws-cn:iam::123456789012:user/li", "arn:aws-us-gov:iam::123456789012:root"]},
    {"kms_user_arns": ["arn:aws:iam::123456789012:role/path/to/ci"]},
    {"replication": REPLICA},
    {"replication": REPLICA | {"role": {"arn": ROLE}, "storage_class": "STANDARD_IA"}},
    {"access_logging": {"bucket": "logs-of-states"}},
    {"state_key": "team-a/terraform.tfstate", "state_key_prefix": "team-a/"},
    {"iam_policy": {"name": "terraform", "path": "/ci/"}},
    {"kms_deletion_window_days": 7, "kms_rotation_period_days": 90, "noncurrent_versions_to_keep": 100},
    {"tags": {"team": "platform"}},
]


@pytest.fixture(scope="session")
def variables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VariablesOnly:
    module = request.config.rootpath / MODULE
    return VariablesOnly(module, tmp_path_factory.mktemp("variables"), find_terraform())


@pytest.mark.parametrize(
    ("name", "value", "others"), REFUSED, ids=[f"{name}={json.dumps(value)}"[:60] for name, value, _ in REFUSED]
)
def test_refuses_and_says_what_was_given(
    variables: VariablesOnly, name: str, value: Any, others: dict[str, Any]
) -> None:
    refusals = variables.refusals(bucket_name="tfproof-state", **{name: value}, **others)

    assert refusals
    assert all(name in refusal for refusal in refusals)
    assert any(text in refusal for text in leaves(value) for refusal in refusals), refusals


def leaves(value: Any) -> list[str]:
    """The texts that would show a reader which part of the value is meant: leaves, names, and places in a list."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *leaves(item))]
    if isinstance(value, list):
        return [text for index, item in enumerate(value) for text in (f"item(s) {index}", *leaves(item))]
    return [str(value)]


@pytest.mark.parametrize("values", ACCEPTED, ids=[json.dumps(values)[:60] for values in ACCEPTED])
def test_accepts(variables: VariablesOnly, values: dict[str, Any]) -> None:
    assert variables.refusals(bucket_name="tfproof-state", **values) == []


@settings(max_examples=80 if settings().max_examples <= 100 else 800)
@given(name=bucket_names.names())
@example(name="a.b")
@example(name="192.168.5.4")
@example(name="1.2.3")
@example(name="xn--name")
@example(name="name--x-s3")
@example(name="a" * 63)
@example(name="a" * 64)
@example(name="-name")
@example(name="na..me")
@example(name="name\n")
def test_accepts_exactly_the_bucket_names_that_s3_accepts(variables: VariablesOnly, name: str) -> None:
    refusals = variables.refusals(bucket_name=name)

    assert (not refusals) == bucket_names.is_valid(name), refusals


def test_every_variable_is_typed_described_and_used(request: pytest.FixtureRequest) -> None:
    source = ModuleSource(request.config.rootpath / MODULE)
    text = "\n".join(
        file.read_text(encoding="utf-8")
        for file in (request.config.rootpath / MODULE).glob("*.tf")
        if file.name != "variables.tf"
    )

    for block in source.of_type("variable"):
        assert {"type", "description"} <= set(block.attributes), block.labels
        assert f"var.{block.labels[0]}" in text, block.labels
