"""Who may do what: every policy the module gives, in every lock mode, asked action by action.

The documents are those that the target has after apply, read back from it, not those in the configuration.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from modes import MODES, PREFIX
from simulation import simulate
from who import user_at

from tfproof.checks.output_documented_policy import DOCUMENTED_ACTIONS
from tfproof.proof.fixtures import Applied
from tfproof.proof.identity import Iam

VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
VIA_DYNAMODB = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}

# What docs/permissions.md says of the least-privilege documents: action, on what, through what, in which lock modes.
READ_WRITE = [
    ("s3:ListBucket", "bucket", {}, "dynamodb s3 both"),
    ("s3:GetObject", "state", {}, "dynamodb s3 both"),
    ("s3:PutObject", "state", {}, "dynamodb s3 both"),
    ("s3:AbortMultipartUpload", "state", {}, "dynamodb s3 both"),
    ("s3:AbortMultipartUpload", "workspace", {}, "dynamodb s3 both"),
    ("s3:AbortMultipartUpload", "lock file", {}, "dynamodb s3 both"),
    ("s3:GetObject", "workspace", {}, "dynamodb s3 both"),
    ("s3:PutObject", "workspace", {}, "dynamodb s3 both"),
    ("s3:DeleteObject", "workspace", {}, "dynamodb s3 both"),
    ("s3:PutObject", "lock file", {}, "dynamodb s3 both"),
    ("s3:GetObject", "lock file", {}, "dynamodb s3 both"),
    ("s3:DeleteObject", "lock file", {}, "s3 both"),
    ("kms:Decrypt", "key", VIA_S3, "dynamodb s3 both"),
    ("kms:GenerateDataKey", "key", VIA_S3, "dynamodb s3 both"),
    ("dynamodb:PutItem", "table", {}, "dynamodb both"),
    ("dynamodb:GetItem", "table", {}, "dynamodb both"),
    ("dynamodb:DeleteItem", "table", {}, "dynamodb both"),
    ("kms:Encrypt", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:Decrypt", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:ReEncryptFrom", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:ReEncryptTo", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:GenerateDataKey", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:GenerateDataKeyWithoutPlaintext", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:DescribeKey", "key", VIA_DYNAMODB, "dynamodb both"),
]
READ_ONLY = [
    ("s3:ListBucket", "bucket", {}, "dynamodb s3 both"),
    ("s3:GetObject", "state", {}, "dynamodb s3 both"),
    ("s3:GetObject", "workspace", {}, "dynamodb s3 both"),
    ("s3:GetObject", "lock file", {}, "dynamodb s3 both"),
    ("kms:Decrypt", "key", VIA_S3, "dynamodb s3 both"),
    ("dynamodb:GetItem", "table", {}, "dynamodb both"),
    ("kms:Decrypt", "key", VIA_DYNAMODB, "dynamodb both"),
    ("kms:DescribeKey", "key", VIA_DYNAMODB, "dynamodb both"),
]
# Every action that is asked of the least-privilege documents; what their tables do not grant must be denied.
ASKED = sorted({action for action, *_ in READ_WRITE} | {"dynamodb:UpdateItem"})
THINGS = ("bucket", "state", "workspace", "lock file", "table", "key")
THROUGH: dict[str, dict[str, str]] = {"nothing": {}, "s3": VIA_S3, "dynamodb": VIA_DYNAMODB}

# What nobody who merely uses a state may do, whatever document they hold.
NEVER = [
    ("s3:DeleteBucket", "bucket"),
    ("s3:PutBucketPolicy", "bucket"),
    ("s3:DeleteBucketPolicy", "bucket"),
    ("s3:PutBucketVersioning", "bucket"),
    ("s3:PutEncryptionConfiguration", "bucket"),
    ("s3:PutBucketPublicAccessBlock", "bucket"),
    ("s3:PutLifecycleConfiguration", "bucket"),
    ("s3:PutReplicationConfiguration", "bucket"),
    ("s3:PutBucketOwnershipControls", "bucket"),
    ("s3:PutBucketAcl", "bucket"),
    ("s3:PutObjectAcl", "state"),
    ("s3:DeleteObjectVersion", "state"),
    ("s3:BypassGovernanceRetention", "state"),
    ("dynamodb:DeleteTable", "table"),
    ("dynamodb:UpdateTable", "table"),
    ("dynamodb:Scan", "table"),
    ("dynamodb:Query", "table"),
    ("dynamodb:BatchWriteItem", "table"),
    ("dynamodb:UpdateContinuousBackups", "table"),
    ("dynamodb:CreateBackup", "table"),
    ("kms:ScheduleKeyDeletion", "key"),
    ("kms:DisableKey", "key"),
    ("kms:PutKeyPolicy", "key"),
    ("kms:CreateGrant", "key"),
    ("kms:RetireGrant", "key"),
    ("kms:DisableKeyRotation", "key"),
    ("kms:UpdateAlias", "key"),
    ("kms:DeleteImportedKeyMaterial", "key"),
    ("iam:CreateUser", "everything"),
    ("iam:AttachRolePolicy", "everything"),
    ("iam:PassRole", "everything"),
    ("sts:AssumeRole", "everything"),
    ("s3:ListAllMyBuckets", "everything"),
    ("dynamodb:ListTables", "everything"),
    ("kms:ListKeys", "everything"),
]


@dataclass(frozen=True)
class Stand:
    """An applied backend, with a role and a user at the target that hold one of its policies."""

    applied: Applied
    iam: Iam

    @cached_property
    def things(self) -> dict[str, str]:
        outputs = self.applied.outputs
        bucket, key = outputs["bucket_arn"], outputs["backend_config"]["key"]
        tables = f"arn:aws:dynamodb:us-east-1:{self.applied.target.account_id}:table"
        return {
            "bucket": bucket,
            "state": f"{bucket}/{key}",
            "workspace": f"{bucket}/env:/dev/{key}",
            "lock file": f"{bucket}/{key}.tflock",
            "table": outputs.get("lock_table_arn") or f"{tables}/no-such-table",
            "key": outputs["kms_key_arn"],
            "everything": "*",
        }

    @cached_property
    def others(self) -> dict[str, str]:
        key = self.things["key"]
        return {
            "bucket": "arn:aws:s3:::another-bucket",
            "state": "arn:aws:s3:::another-bucket/terraform.tfstate",
            "workspace": "arn:aws:s3:::another-bucket/env:/dev/terraform.tfstate",
            "lock file": "arn:aws:s3:::another-bucket/terraform.tfstate.tflock",
            "table": f"arn:aws:dynamodb:us-east-1:{self.applied.target.account_id}:table/another-table",
            "key": key.rpartition("/")[0] + "/99999999-9999-4999-8999-999999999999",
        }

    def holders(self, output: str) -> Iterator[str]:
        """ARNs of a role and a user that hold the policy of an output, at the target."""
        iam, name = self.applied.target.client("iam"), f"holder-{uuid.uuid4()}"
        document = self.applied.outputs[output]
        anyone = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [anyone]}
        try:
            role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
            iam.put_role_policy(RoleName=name, PolicyName="held", PolicyDocument=document)
            user = iam.create_user(UserName=name)["User"]["Arn"]
            iam.put_user_policy(UserName=name, PolicyName="held", PolicyDocument=document)
            yield from (role, user)
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="held")
            iam.delete_role(RoleName=name)
            iam.delete_user_policy(UserName=name, PolicyName="held")
            iam.delete_user(UserName=name)

    def decisions(
        self, holder: str, actions: Iterable[str], resources: Iterable[str], context: dict[str, Any] | None = None
    ) -> dict[tuple[str, str], str]:
        """What IAM answers to plain boto3, by action and resource."""
        return simulate(self.applied.target.client("iam"), holder, actions, resources, context)

    def decide(self, holder: str, action: str, resource: str, context: dict[str, Any] | None = None) -> str:
        return self.decisions(holder, [action], [resource], context)[action, resource]


@pytest.fixture
def stand(applied: Applied, iam: Iam) -> Stand:
    return Stand(applied, iam)


# -- the documented policy --


@pytest.mark.parametrize("mode", MODES.values())
def test_documented_policy_allows_the_twelve_on_their_resources_and_nowhere_else(stand: Stand, mode: str) -> None:
    places = {"s3:ListBucket": "bucket", "s3": "state", "dynamodb": "table", "kms": "key"}
    for holder in stand.holders("documented_policy_json"):
        everything = [*stand.things.values(), *stand.others.values()]
        documented = [action for actions in DOCUMENTED_ACTIONS.values() for action in actions]
        found = stand.decisions(holder, documented, everything)
        for sid, actions in DOCUMENTED_ACTIONS.items():
            expected = "implicitDeny" if mode == "s3" and sid == "AllowDynamoDBLockAccess" else "allowed"
            for action in actions:
                place = places.get(action, places[action.partition(":")[0]])
                assert found[action, stand.things[place]] == expected, (holder, action)
                assert found[action, stand.others[place]] == "implicitDeny", (holder, action)


# -- least privilege --


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize(
    ("output", "granted"),
    [("read_write_policy_json", READ_WRITE), ("read_only_policy_json", READ_ONLY)],
    ids=["read-write", "read-only"],
)
def test_least_privilege_is_exactly_what_is_documented(
    stand: Stand, mode: str, output: str, granted: list[tuple[str, str, dict[str, str], str]]
) -> None:
    through: dict[tuple[str, str], list[dict[str, str]]] = {}
    for action, thing, context, modes in granted:
        if mode in modes.split():
            through.setdefault((action, thing), []).append(context)
    everything = [*stand.things.values(), *stand.others.values()]
    for holder in stand.holders(output):
        for context in THROUGH.values():
            found = stand.decisions(holder, ASKED, everything, context)
            for action, thing in itertools.product(ASKED, THINGS):
                wanted = through.get((action, thing), [])
                # S3 and DynamoDB actions do not depend on a service that calls for them.
                expected = context in wanted if action.startswith("kms:") else bool(wanted)
                decision = found[action, stand.things[thing]]
                assert (decision == "allowed") is expected, f"{holder} {action} {thing} {context}: {decision}"
                elsewhere = found[action, stand.others[thing]]
                assert elsewhere == "implicitDeny", f"{holder} {action} on another {thing}: {elsewhere}"


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize("output", ["documented_policy_json", "read_write_policy_json", "read_only_policy_json"])
def test_nobody_may_change_what_protects_the_states(stand: Stand, mode: str, output: str) -> None:
    for holder in stand.holders(output):
        for context in THROUGH.values():
            found = stand.decisions(holder, (action for action, _ in NEVER), stand.things.values(), context)
            for action, thing in NEVER:
                decision = found[action, stand.things[thing]]
                assert decision == "implicitDeny", f"{mode} {holder} {action} on {thing}: {decision}"


@PREFIX
@pytest.mark.parametrize("output", ["read_write_policy_json", "read_only_policy_json"])
def test_prefix_keeps_to_its_own_states(stand: Stand, output: str) -> None:
    bucket = stand.things["bucket"]
    for holder in stand.holders(output):
        writes = output == "read_write_policy_json"
        for key in ("team-a/terraform.tfstate", "team-a/network/x.tfstate", "env:/dev/team-a/terraform.tfstate"):
            assert stand.decide(holder, "s3:GetObject", f"{bucket}/{key}") == "allowed"
            assert (stand.decide(holder, "s3:PutObject", f"{bucket}/{key}") == "allowed") is writes
        for key in ("team-b/terraform.tfstate", "terraform.tfstate", "team-abc/x", "env:/dev/team-b/x"):
            for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
                assert stand.decide(holder, action, f"{bucket}/{key}") == "implicitDeny", (action, key)


@PREFIX
def test_prefix_keeps_to_its_own_lock_rows(stand: Stand) -> None:
    name, table = stand.applied.outputs["bucket_name"], stand.things["table"]

    def row(key: str) -> dict[str, Any]:
        return {"dynamodb:LeadingKeys": [f"{name}/{key}"]}

    for holder in stand.holders("read_write_policy_json"):
        for action in ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem"):
            for key in ("team-a/terraform.tfstate", "team-a/terraform.tfstate-md5", "env:/dev/team-a/x"):
                assert stand.decide(holder, action, table, row(key)) == "allowed", (action, key)
            for key in ("team-b/terraform.tfstate", "team-b/terraform.tfstate-md5", "terraform.tfstate"):
                assert stand.decide(holder, action, table, row(key)) == "implicitDeny", (action, key)
            assert stand.decide(holder, action, table, {}) == "implicitDeny"  # a request that names no row at all


# -- what the bucket says --

ALGORITHM = "s3:x-amz-server-side-encryption"
KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"
TLS = {"aws:SecureTransport": True, "s3:TlsVersion": 1.3}
WRITES: dict[str, tuple[dict[str, Any], str]] = {
    "plain HTTP": ({"aws:SecureTransport": False}, "explicitDeny"),
    "TLS 1.1": ({"s3:TlsVersion": 1.1}, "explicitDeny"),
    "AES256": ({ALGORITHM: "AES256"}, "explicitDeny"),
    "aws:kms:dsse": ({ALGORITHM: "aws:kms:dsse", KEY_ID: "<key>"}, "explicitDeny"),
    "another key": ({ALGORITHM: "aws:kms", KEY_ID: "<another key>"}, "explicitDeny"),
    "the key's alias": ({ALGORITHM: "aws:kms", KEY_ID: "<alias>"}, "explicitDeny"),
    "aws:kms without a key": ({ALGORITHM: "aws:kms"}, "explicitDeny"),
    "SSE-C": ({CUSTOMER: "AES256"}, "explicitDeny"),
    "no header": ({}, "allowed"),
    "the right key": ({ALGORITHM: "aws:kms", KEY_ID: "<key>"}, "allowed"),
}


@pytest.mark.parametrize("mode", [MODES["dynamodb"]])
@pytest.mark.parametrize("write", WRITES)
def test_bucket_policy_decides_a_write_by_how_it_is_encrypted(stand: Stand, mode: str, write: str) -> None:
    context, expected = WRITES[write]
    names = {
        "<key>": stand.things["key"],
        "<another key>": stand.others["key"],
        "<alias>": stand.applied.outputs["kms_key_alias"],
    }
    keys = {**TLS, **{name: names.get(str(value), value) for name, value in context.items()}}
    policy = stand.applied.live.bucket_policy

    for holder in stand.holders("read_write_policy_json"):
        state = stand.things["state"]
        decision: Any
        if ":user/" in holder:
            iam, owner = stand.applied.target.client("iam"), f"arn:aws:iam::{stand.applied.target.account_id}:root"
            decision = simulate(
                iam, holder, ["s3:PutObject"], [state], keys, ResourcePolicy=policy, ResourceOwner=owner
            )["s3:PutObject", state]
        else:
            # IAM's simulator takes no role beside a resource policy; the evaluator itself does.
            account = stand.applied.target.account_id
            decision = stand.iam.can(
                holder, "s3:PutObject", state, context=keys, resource_policy=policy, resource_account=account
            )
        assert decision == expected, f"{mode} {write}: {decision}"


# -- what the key says --


@pytest.mark.parametrize("mode", [MODES["dynamodb"]])
def test_key_policy_leaves_the_decision_to_iam_in_the_account_and_to_nobody_outside(stand: Stand, mode: str) -> None:
    policy, key = stand.applied.live.key_policy, stand.things["key"]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}

    def may(principal: str, key_policy: str | None) -> Any:
        return stand.iam.can(allow, "kms:Decrypt", key, principal=principal, resource_policy=key_policy)

    ours, foreign = user_at(stand.applied.target, "somebody"), "arn:aws:iam::210987654321:user/somebody"
    without_root = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": user_at(stand.applied.target, "administrator")},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    )

    assert mode == "dynamodb"
    assert may(ours, policy) == "allowed"
    assert may(ours, without_root) == "implicitDeny"
    assert may(foreign, policy) == "implicitDeny"
    assert stand.iam.can([], "kms:Decrypt", key, principal=ours, resource_policy=policy) == "implicitDeny"
