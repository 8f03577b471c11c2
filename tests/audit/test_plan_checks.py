"""What a plan does to what is there: each way of deleting, weakening and opening that is looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from documents import change, plan

from tfproof.audit.plan_checks import plan_findings
from tfproof.checks.finding import Finding, Verdict
from tfproof.terraform import Plan

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1b2c3d4e-1111-4111-8111-0123456789ab"
BUCKET = "arn:aws:s3:::acme-tfstate"


def findings(*changes: dict[str, Any]) -> list[Finding]:
    return plan_findings(Plan(plan(changes)))


def failed(*changes: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in findings(*changes):
        if finding.verdict is Verdict.FAILED:
            found.setdefault(finding.check_id, []).append(finding.answer.found)
    return found


@pytest.mark.parametrize(
    ("kind", "actions", "found"),
    [
        ("aws_s3_bucket", ["delete"], "is deleted"),
        ("aws_dynamodb_table", ["delete", "create"], "is replaced"),
        ("aws_db_instance", ["create", "delete"], "is replaced"),
        ("aws_ebs_volume", ["delete"], "is deleted"),
    ],
)
def test_a_stateful_resource_that_goes_is_told(kind: str, actions: list[str], found: str) -> None:
    after: dict[str, Any] | None = {} if "create" in actions else None
    assert failed(change(f"module.a.{kind}.this", {}, after, actions=actions)) == {"plan-destroys-data": [found]}


@pytest.mark.parametrize(
    "harmless",
    [
        change("aws_iam_role.this", {}, None),
        change("aws_s3_bucket.this", None, {}),
        change("aws_s3_bucket.this", {}, {}, actions=["no-op"]),
        change("aws_instance.this", {}, {}, actions=["delete", "create"]),
    ],
)
def test_what_keeps_nothing_may_go(harmless: dict[str, Any]) -> None:
    assert failed(harmless) == {}
    assert {item.verdict for item in findings(harmless)} == {Verdict.PASSED}


def test_every_plan_check_answers_even_on_an_empty_plan() -> None:
    assert {item.check_id for item in findings()} == {
        "plan-destroys-data",
        "plan-weakens-protection",
        "plan-key-deletion",
        "plan-widens-permissions",
    }


def test_a_key_that_is_scheduled_for_deletion_says_when() -> None:
    found = failed(change("aws_kms_key.tf_state", {"deletion_window_in_days": 7}, None))

    assert found["plan-key-deletion"] == ["is scheduled for deletion in 7 days"]


def test_a_key_that_is_disabled_is_told() -> None:
    assert failed(change("aws_kms_key.tf_state", {"is_enabled": True}, {"is_enabled": False})) == {
        "plan-key-deletion": ["false"]
    }


@pytest.mark.parametrize("kind", ["aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key"])
def test_keys_of_other_kinds_are_disabled_by_another_attribute(kind: str) -> None:
    key = f"{kind}.tf_state"

    assert failed(change(key, {"enabled": True}, {"enabled": False})) == {"plan-key-deletion": ["false"]}
    assert set(failed(change(key, {}, None))) == {"plan-key-deletion", "plan-destroys-data"}


ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration.this"


GROUPS = "http://acs.amazonaws.com/groups/global/"


def grants(*groups: str) -> dict[str, Any]:
    found = [{"grantee": [{"type": "Group", "uri": f"{GROUPS}{name}"}], "permission": "READ"} for name in groups]
    return {"access_control_policy": [{"grant": found}]}


def encryption(algorithm: str, key: str | None) -> dict[str, Any]:
    default = {"sse_algorithm": algorithm, "kms_master_key_id": key}
    return {"rule": [{"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}]}


@pytest.mark.parametrize(
    ("address", "strong", "weak"),
    [
        (
            "aws_s3_bucket_versioning.this",
            {"versioning_configuration": [{"status": "Enabled"}]},
            {"versioning_configuration": [{"status": "Suspended"}]},
        ),
        (ENCRYPTION, encryption("aws:kms", KEY), encryption("AES256", None)),
        (ENCRYPTION, encryption("aws:kms:dsse", KEY), encryption("AES256", None)),
        (ENCRYPTION, encryption("aws:kms:dsse", KEY), encryption("aws:kms", KEY)),
        (ENCRYPTION, encryption("aws:kms", KEY), encryption("aws:kms", None)),
        ("aws_s3_account_public_access_block.this", {"block_public_policy": True}, {"block_public_policy": False}),
        ("aws_s3_bucket_acl.this", {"acl": "private"}, {"acl": "public-read"}),
        ("aws_s3_bucket_acl.this", {"acl": "public-read"}, {"acl": "public-read-write"}),
        ("aws_s3_bucket_acl.this", {"acl": "private", **grants()}, {"acl": None, **grants("AllUsers")}),
        ("aws_s3_bucket.this", {"acl": "log-delivery-write"}, {"acl": "authenticated-read"}),
        ("aws_s3_bucket.this", {"grant": []}, {"grant": [{"uri": f"{GROUPS}AllUsers", "permissions": ["READ"]}]}),
        ("aws_db_instance.this", {"publicly_accessible": False}, {"publicly_accessible": True}),
        ("aws_kms_replica_key.this", {"deletion_window_in_days": 30}, {"deletion_window_in_days": 7}),
        (
            "aws_kms_key.this",
            {"bypass_policy_lockout_safety_check": None},
            {"bypass_policy_lockout_safety_check": True},
        ),
        ("aws_s3_bucket_public_access_block.this", {"block_public_acls": True}, {"block_public_acls": False}),
        ("aws_s3_bucket.this", {"force_destroy": False}, {"force_destroy": True}),
        ("aws_s3_bucket.this", {"versioning": [{"enabled": True}]}, {"versioning": [{"enabled": False}]}),
        ("aws_dynamodb_table.this", {"deletion_protection_enabled": True}, {"deletion_protection_enabled": False}),
        ("aws_dynamodb_table.this", {"point_in_time_recovery": [{"enabled": True}]}, {"point_in_time_recovery": []}),
        ("aws_kms_key.this", {"enable_key_rotation": True}, {"enable_key_rotation": False}),
        ("aws_kms_key.this", {"deletion_window_in_days": 30}, {"deletion_window_in_days": 7}),
        (
            "aws_s3_bucket_ownership_controls.this",
            {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
            {"rule": [{"object_ownership": "ObjectWriter"}]},
        ),
    ],
)
def test_a_setting_that_gets_weaker_fails_and_its_way_back_does_not(
    address: str, strong: dict[str, Any], weak: dict[str, Any]
) -> None:
    assert "plan-weakens-protection" in failed(change(address, strong, weak))
    assert failed(change(address, weak, strong)) == {}
    assert failed(change(address, strong, strong, actions=["no-op"])) == {}


MODULES = ["module.data", "module.metadata", 'module.a["data.b"].module.data', "module.data[0]"]


@pytest.mark.parametrize("module", MODULES)
def test_what_stands_in_a_module_called_data_is_no_data_source(module: str) -> None:
    def in_module(address: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
        return change(address, before, after) | {"address": f"{module}.{address}", "module_address": module}

    versioning = "versioning_configuration"
    found = failed(
        in_module("aws_db_instance.main", {}, None),
        in_module(
            "aws_s3_bucket_versioning.this",
            {versioning: [{"status": "Enabled"}]},
            {versioning: [{"status": "Suspended"}]},
        ),
        in_module("aws_kms_key.this", {"deletion_window_in_days": 7}, None),
        in_module("aws_s3_bucket_policy.this", {"policy": policy(TLS)}, {"policy": policy(allow("*", "s3:GetObject"))}),
    )

    assert set(found) == {
        "plan-destroys-data",
        "plan-weakens-protection",
        "plan-key-deletion",
        "plan-widens-permissions",
    }


@pytest.mark.parametrize("actions", [["read"], ["delete"]])
def test_a_data_source_keeps_nothing(actions: list[str]) -> None:
    read = change("aws_db_instance.main", {}, None, actions=actions)
    assert failed(read | {"mode": "data", "address": "module.a.data.aws_db_instance.main"}) == {}


@pytest.mark.parametrize(
    "kind", ["aws_s3_bucket_versioning", "aws_s3_bucket_public_access_block", ENCRYPTION.partition(".")[0]]
)
def test_a_protection_that_is_deleted_fails(kind: str) -> None:
    assert failed(change(f"{kind}.this", {}, None)) == {"plan-weakens-protection": [f"{kind} is deleted"]}


def test_another_key_that_is_known_after_apply_is_undecided() -> None:
    after = encryption("aws:kms", None)
    unknown = {"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}
    made = findings(change(ENCRYPTION, encryption("aws:kms", KEY), after, after_unknown=unknown))

    assert [item.answer.path for item in made if item.verdict is Verdict.UNDECIDED] == [
        "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
    ]


WEAKENS = "plan-weakens-protection"


@pytest.mark.parametrize(
    ("address", "before", "unknown", "check"),
    [
        ("aws_kms_key.this", {"enable_key_rotation": True}, {"enable_key_rotation": True}, WEAKENS),
        ("aws_kms_key.this", {"is_enabled": True}, {"is_enabled": True}, "plan-key-deletion"),
        ("aws_s3_bucket.this", {"force_destroy": False}, {"force_destroy": True}, WEAKENS),
        ("aws_s3_bucket_acl.this", {"acl": "private"}, {"acl": True}, WEAKENS),
        (
            "aws_s3_bucket_acl.this",
            grants(),
            {"access_control_policy": [{"grant": [{"grantee": [{"uri": True}]}]}]},
            WEAKENS,
        ),
        (
            "aws_db_instance.this",
            {"backup_retention_period": 7},
            {"backup_retention_period": True},
            WEAKENS,
        ),
        (
            "aws_s3_bucket_versioning.this",
            {"versioning_configuration": [{"status": "Suspended"}]},
            {"versioning_configuration": True},
            WEAKENS,
        ),
    ],
)
def test_a_protection_that_is_known_after_apply_is_undecided(
    address: str, before: dict[str, Any], unknown: dict[str, Any], check: str
) -> None:
    made = findings(change(address, before, {}, after_unknown=unknown))

    assert [item.check_id for item in made if item.verdict is Verdict.UNDECIDED] == [check]
    assert not [item for item in made if item.verdict is Verdict.FAILED]


def test_what_protects_nothing_may_become_unknown() -> None:
    made = findings(
        change("aws_kms_key.a", {"enable_key_rotation": False}, {}, after_unknown={"enable_key_rotation": True}),
        change(ENCRYPTION, encryption("AES256", None), {}, after_unknown={"rule": True}),
    )

    assert [item.answer.path for item in made if item.verdict is not Verdict.PASSED] == ["rule[0].bucket_key_enabled"]


def test_a_bucket_key_that_goes_because_dsse_has_none_is_no_weakening() -> None:
    stronger = encryption("aws:kms:dsse", KEY)
    stronger["rule"][0]["bucket_key_enabled"] = False

    assert failed(change(ENCRYPTION, encryption("aws:kms", KEY), stronger)) == {}


# -- permissions ------------------------------------------------------------------------------------------------------


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def bucket_policy(before: str | None, after: str | None) -> dict[str, Any]:
    def values(text: str | None) -> dict[str, Any] | None:
        return None if text is None else {"bucket": "acme-tfstate", "policy": text}

    return change("aws_s3_bucket_policy.this", values(before), values(after))


TLS = {
    "Sid": "DenyInsecureTransport",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [BUCKET, f"{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def allow(principal: Any, action: Any, resource: Any = f"{BUCKET}/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def widened(before: str | None, after: str | None) -> list[str]:
    return failed(bucket_policy(before, after)).get("plan-widens-permissions", [])


def test_a_bucket_that_is_opened_to_everybody_names_who_may_now_do_what() -> None:
    found = widened(policy(TLS), policy(TLS, allow("*", "s3:GetObject")))

    assert any(
        text.startswith("anybody of any account may s3:GetObject on arn:aws:s3:::acme-tfstate/") for text in found
    )
    assert not any("PutObject" in text for text in found)


def test_another_account_that_is_let_in_is_named() -> None:
    root = {"AWS": "arn:aws:iam::999988887777:root"}
    found = widened(policy(TLS), policy(TLS, allow(root, ["s3:GetObject", "s3:ListBucket"], [BUCKET, f"{BUCKET}/*"])))

    assert any(text.startswith("anybody of account 999988887777 may s3:GetObject") for text in found)
    assert any(
        text.startswith("anybody of account 999988887777 may s3:ListBucket on arn:aws:s3:::acme-tfstate")
        for text in found
    )


def test_a_deny_that_goes_is_a_permission_that_comes() -> None:
    found = widened(policy(TLS), None)

    assert any("s3:GetObject" in text and "aws:SecureTransport is false" in text for text in found)


def test_a_deny_that_is_narrowed_to_another_condition_is_told() -> None:
    broken = {**TLS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}

    assert any("aws:SecureTransport is false" in text for text in widened(policy(TLS), policy(broken)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (policy(TLS, allow("*", "s3:GetObject")), policy(TLS)),  # taken away
        (policy(TLS), policy({**TLS, "Sid": "Other", "Action": ["s3:*"]})),  # written otherwise
        (policy(TLS, allow("*", "s3:*")), policy(allow("*", "s3:GetObject"), TLS)),  # narrowed
        (None, policy(TLS)),  # there was none
    ],
)
def test_what_opens_nothing_is_not_told(before: str | None, after: str) -> None:
    assert widened(before, after) == []


def key_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"arn": KEY, "policy": policy(*statements)}


def test_a_key_policy_that_lets_a_role_decrypt_names_the_role() -> None:
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
    role = allow({"AWS": "arn:aws:iam::999988887777:role/ci"}, "kms:Decrypt", "*")
    found = failed(change("aws_kms_key.this", key_policy(root), key_policy(root, role)))["plan-widens-permissions"]

    assert any(text.startswith("arn:aws:iam::999988887777:role/ci may kms:Decrypt") for text in found)


def test_an_identity_policy_with_a_wildcard_more_names_the_actions_that_matter() -> None:
    before = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"})
    after = policy({"Effect": "Allow", "Action": "s3:*", "Resource": f"{BUCKET}/*"})
    found = failed(change("aws_iam_policy.this", {"policy": before}, {"policy": after}))["plan-widens-permissions"]

    assert any(text.startswith("whoever has the policy may s3:DeleteObject on") for text in found)
    assert not any("s3:GetObject on" in text for text in found)


def test_a_policy_that_is_known_after_apply_is_undecided() -> None:
    before = {"bucket": "acme-tfstate", "policy": policy(TLS)}
    made = findings(
        change("aws_s3_bucket_policy.this", before, {"bucket": "acme-tfstate"}, after_unknown={"policy": True})
    )

    assert [item.check_id for item in made if item.verdict is Verdict.UNDECIDED] == ["plan-widens-permissions"]


def test_a_policy_that_breaks_the_grammar_is_undecided_and_ends_nothing() -> None:
    made = findings(bucket_policy(policy(TLS), '{"Statement": [{"Effect": "Perhaps"}]}'))

    assert [item.check_id for item in made if item.verdict is Verdict.UNDECIDED] == ["plan-widens-permissions"]
