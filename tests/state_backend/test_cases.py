"""The module's options, planned: a generated configuration calls the module once a case, so that all cost one plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tfproof.checks import CHECKS, Backend, Verdict
from tfproof.terraform import Plan, Workspace
from tfproof.values import UNKNOWN

pytestmark = pytest.mark.xdist_group("cases")

_KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"
_ROLE = "arn:aws:iam::123456789012:role/replication"
_ADMINISTRATORS = ["arn:aws:iam::123456789012:role/admin"]
_REPLICATION = {"destination_bucket_arn": "arn:aws:s3:::copy-of-states", "destination_kms_key_arn": _KEY}
_CALLERS_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyDeletion",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteBucket",
            "Resource": "arn:aws:s3:::tfproof-own-policy",
        }
    ],
}

CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "lock_s3": {"lock_mode": "s3"},
    "lock_both": {"lock_mode": "both", "lock_table_name": "terraform-locks"},
    "dots": {"bucket_name": "states.example.org"},
    "key": {
        "kms_key_alias": "alias/states",
        "kms_deletion_window_days": 7,
        "kms_rotation_period_days": 90,
        "kms_administrator_arns": _ADMINISTRATORS,
        "kms_user_arns": [_ROLE],
    },
    "versions": {"noncurrent_versions_to_keep": 3, "noncurrent_version_days": 7, "abort_incomplete_upload_days": 1},
    "logging": {"access_logging": {"bucket": "logs-of-states", "prefix": "s3/"}},
    "replication": {"replication": _REPLICATION},
    "replication_role": {"replication": {**_REPLICATION, "role": {"arn": _ROLE}, "storage_class": "STANDARD_IA"}},
    "strict": {"strict_encryption_headers": True},
    "own_policy": {"bucket_policy_documents": [json.dumps(_CALLERS_POLICY)]},
    "prefix": {"state_key": "team-a/terraform.tfstate", "state_key_prefix": "team-a/"},
    "workspaces": {"workspace_key_prefix": "workspaces"},
    "iam_policy": {"iam_policy": {"name": "terraform", "path": "/ci/"}},
    "tags": {"tags": {"team": "platform"}},
    "unprotected": {"lock_table_deletion_protection": False},
    "no_lifecycle": {"lifecycle_enabled": False},
}

# What a case gives up on purpose; nothing else may fail in any of them.
GIVEN_UP = {
    "unprotected": {"lock-table-deletion-protection"},
    "no_lifecycle": {"noncurrent-versions", "incomplete-uploads", "lock-file-versions"},
}


@dataclass(frozen=True)
class Planned:
    """All cases, planned at once."""

    plan: Plan

    def backend(self, case: str) -> Backend:
        return Backend(self.plan, module=f"module.{case}", outputs=self.plan.outputs[case].value)

    def resource(self, case: str, address: str) -> Any:
        return self.plan[f"module.{case}.{address}"]

    def addresses(self, case: str) -> set[str]:
        prefix = f"module.{case}."
        return {address.removeprefix(prefix) for address in self.plan.resources if address.startswith(prefix)}


@pytest.fixture(scope="session")
def planned(
    request: pytest.FixtureRequest,
    workspace_factory: Callable[..., Workspace],
    tmp_path_factory: pytest.TempPathFactory,
) -> Planned:
    folder = tmp_path_factory.mktemp("cases")
    module = request.config.rootpath / "modules/state-backend"
    (folder / "module").symlink_to(module)
    calls = {
        case: {"source": "./module", "bucket_name": f"tfproof-{case.replace('_', '-')}", **variables}
        for case, variables in CASES.items()
    }
    root = {
        "provider": {"aws": {}},
        "module": {case: _literal(call) for case, call in calls.items()},
        "output": {case: {"value": f"${{module.{case}}}"} for case in CASES},
    }
    (folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
    workspace = workspace_factory(folder)
    workspace.plan()
    return Planned(workspace.show())


def _literal(value: Any) -> Any:
    """A value for Terraform's JSON syntax, in which strings are templates."""
    if isinstance(value, dict):
        return {name: _literal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


@pytest.mark.parametrize("case", CASES)
def test_no_check_fails_but_what_is_given_up(case: str, planned: Planned) -> None:
    backend = planned.backend(case)
    failed = {
        finding.check_id
        for check in CHECKS
        for finding in check.on_configured(backend)
        if finding.verdict is Verdict.FAILED
    }

    assert failed == GIVEN_UP.get(case, set())


def test_lock_mode_s3_has_no_table_and_locks_by_file(planned: Planned) -> None:
    config = planned.plan.outputs["lock_s3"].value["backend_config"]

    assert not [address for address in planned.addresses("lock_s3") if address.startswith("aws_dynamodb_table")]
    assert config["use_lockfile"] is True
    assert "dynamodb_table" not in config
    assert planned.plan.outputs["lock_s3"].value["lock_table_name"] is None
    assert planned.plan.outputs["lock_s3"].value["lock_table_arn"] is None


def test_lock_mode_both_names_both(planned: Planned) -> None:
    config = planned.plan.outputs["lock_both"].value["backend_config"]

    assert (config["use_lockfile"], config["dynamodb_table"]) == (True, "terraform-locks")


def test_key_takes_its_settings(planned: Planned) -> None:
    key = planned.resource("key", "aws_kms_key.tf_state")
    statements = json.loads(key.at("policy"))["Statement"]

    assert (key.at("deletion_window_in_days"), key.at("rotation_period_in_days")) == (7, 90)
    assert planned.resource("key", "aws_kms_alias.tf_state").at("name") == "alias/states"
    assert [statement["Sid"] for statement in statements] == ["EnableAccountRoot", "KeyAdministrators", "KeyUsers"]
    assert statements[1]["Principal"] == {"AWS": _ADMINISTRATORS[0]}
    assert not {"kms:Decrypt", "kms:Encrypt", "kms:*"} & set(statements[1]["Action"])
    assert "kms:CreateGrant" not in statements[2]["Action"]


def test_alias_of_a_bucket_with_dots_has_none(planned: Planned) -> None:
    assert planned.resource("dots", "aws_kms_alias.tf_state").at("name") == "alias/states-example-org"


def test_lifecycle_takes_its_numbers(planned: Planned) -> None:
    rule = planned.resource("versions", "aws_s3_bucket_lifecycle_configuration.tf_state[0]").at("rule[0]")

    assert rule["noncurrent_version_expiration"] == [{"newer_noncurrent_versions": 3, "noncurrent_days": 7}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 1}]


def test_logging_goes_where_it_is_told(planned: Planned) -> None:
    logging = planned.resource("logging", "aws_s3_bucket_logging.tf_state[0]")

    assert (logging.at("target_bucket"), logging.at("target_prefix")) == ("logs-of-states", "s3/")


def test_replication_is_right_for_kms_and_bucket_keys(planned: Planned) -> None:
    rule = planned.resource("replication", "aws_s3_bucket_replication_configuration.tf_state[0]").at("rule[0]")

    assert rule["source_selection_criteria"][0]["sse_kms_encrypted_objects"] == [{"status": "Enabled"}]
    assert rule["destination"][0]["encryption_configuration"] == [{"replica_kms_key_id": _KEY}]
    assert rule["destination"][0]["bucket"] == "arn:aws:s3:::copy-of-states"
    assert rule["delete_marker_replication"][0]["status"] in ("Enabled", "Disabled")
    assert len(rule["filter"]) == 1


def test_replication_makes_a_role_unless_given_one(planned: Planned) -> None:
    def roles(case: str) -> list[str]:
        return [address for address in planned.addresses(case) if address.startswith("aws_iam_role.")]

    assert len(roles("replication")) == 1
    assert roles("replication_role") == []
    assert (
        planned.resource("replication_role", "aws_s3_bucket_replication_configuration.tf_state[0]").at("role") == _ROLE
    )


def test_iam_policy_is_made_when_asked_for(planned: Planned) -> None:
    policy = planned.resource("iam_policy", "aws_iam_policy.tf_state[0]")

    assert (policy.at("name"), policy.at("path")) == ("terraform", "/ci/")
    assert not [address for address in planned.addresses("defaults") if address.startswith("aws_iam_policy.")]


def test_tags_reach_everything_that_can_be_tagged(planned: Planned) -> None:
    for address in ("aws_kms_key.tf_state", "aws_s3_bucket.tf_state", "aws_dynamodb_table.tf_state[0]"):
        assert planned.resource("tags", address).at("tags") == {"team": "platform"}, address


def test_no_optional_resource_stands_by_default(planned: Planned) -> None:
    optional = ("aws_s3_bucket_logging", "aws_s3_bucket_replication", "aws_iam_role", "aws_iam_policy.")

    assert not [address for address in planned.addresses("defaults") if address.startswith(optional)]


def test_what_is_named_is_known_in_the_first_plan(planned: Planned) -> None:
    outputs = planned.plan.outputs["defaults"].value

    assert outputs["backend_config"]["bucket"] == "tfproof-defaults"
    assert outputs["backend_config"]["kms_key_id"] is UNKNOWN
    assert outputs["lock_table_name"] == "tfproof-defaults-locks"
