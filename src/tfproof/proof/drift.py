"""Changes a live state backend behind Terraform's back, one thing at a time, and says what must be seen of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.finding import Verdict
from tfproof.checks.live import LiveBackend
from tfproof.errors import TfproofError, UsageError
from tfproof.targets.target import Target
from tfproof.terraform.plan import Plan
from tfproof.terraform.workspace import Workspace

__all__ = ["DRIFTS", "Drift", "DriftKind"]

_STATE_OBJECT: Final = "terraform.tfstate"


@dataclass(frozen=True, slots=True)
class DriftKind:
    """One thing that somebody changes by hand.

    Attributes:
        change: Changes it, through boto3.
        planned: What the next plan does, by address in `modules/state-backend`: the resource that was touched, and what
            hangs on it. `create`, or `update` with the attributes that it changes.
        found: Checks that must fail on what is live.
        repaired_by_apply: Whether applying the plan brings back what was; if not, applying it does harm or nothing.
    """

    change: Callable[[Target, LiveBackend], None]
    planned: Mapping[str, str]
    found: frozenset[str]
    repaired_by_apply: bool = True


class Drift:
    """A backend that is applied, and can be changed behind Terraform's back.

    Args:
        workspace: Where it is applied.
        target: Where it stands; an emulator.

    Raises:
        TfproofError: The target is a real account.
    """

    def __init__(self, workspace: Workspace, target: Target) -> None:
        if target.kind == "aws":
            raise TfproofError(f"target={target.description!r} is a real account: nothing is broken there on purpose")
        self.workspace = workspace
        self.target = target

    @property
    def live(self) -> LiveBackend:
        """What is live now, by what Terraform remembers; read anew each time."""
        return LiveBackend(self.target.client, Backend(self.workspace.state()))

    def inject(self, name: str) -> DriftKind:
        """Changes one of `DRIFTS`, and answers what must be seen of it.

        Raises:
            UsageError: There is no such drift.
        """
        if name not in DRIFTS:
            raise UsageError(f"drift={name!r} is none of {', '.join(DRIFTS)}")
        DRIFTS[name].change(self.target, self.live)
        return DRIFTS[name]

    def plan(self) -> Plan:
        """What Terraform would do about it."""
        self.workspace.plan(name="drift")
        return self.workspace.show("drift")

    def audit(self) -> dict[str, list[str]]:
        """What the checks find wrong in what is live: by check, what they found."""
        live = self.live
        return {
            check.id: found
            for check in CHECKS
            if (found := [item.answer.found for item in check.on_live(live) if item.verdict is Verdict.FAILED])
        }

    def apply(self) -> None:
        """Applies what `plan` has planned."""
        self.workspace.apply(name="drift")

    def rescue_key(self) -> None:
        """Takes back the deletion of the dedicated key: CancelKeyDeletion, then EnableKey."""
        live = self.live
        kms = self.target.client("kms")
        kms.cancel_key_deletion(KeyId=live.key_arn)
        kms.enable_key(KeyId=live.key_arn)


def _versioning(target: Target, live: LiveBackend) -> None:
    target.client("s3").put_bucket_versioning(Bucket=live.bucket_name, VersioningConfiguration={"Status": "Suspended"})


def _encryption(target: Target, live: LiveBackend) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    target.client("s3").put_bucket_encryption(
        Bucket=live.bucket_name, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def _statement(target: Target, live: LiveBackend) -> None:
    document = json.loads(live.bucket_policy or "{}")
    document["Statement"] = [item for item in document["Statement"] if item["Sid"] != "DenyInsecureTransport"]
    target.client("s3").put_bucket_policy(Bucket=live.bucket_name, Policy=json.dumps(document))


def _public_access(target: Target, live: LiveBackend) -> None:
    flags = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), False)
    target.client("s3").put_public_access_block(Bucket=live.bucket_name, PublicAccessBlockConfiguration=flags)


def _rotation(target: Target, live: LiveBackend) -> None:
    target.client("kms").disable_key_rotation(KeyId=live.key_arn)


def _key_deletion(target: Target, live: LiveBackend) -> None:
    target.client("kms").schedule_key_deletion(KeyId=live.key_arn, PendingWindowInDays=30)


def _recovery(target: Target, live: LiveBackend) -> None:
    target.client("dynamodb").update_continuous_backups(
        TableName=live.table_name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _table_tags(target: Target, live: LiveBackend) -> None:
    tags = [{"Key": "owner", "Value": "somebody else"}]
    target.client("dynamodb").tag_resource(ResourceArn=str(live.table["TableArn"]), Tags=tags)


def _alias(target: Target, live: LiveBackend) -> None:
    kms = target.client("kms")
    other = kms.create_key(Description="drift: where the alias leads now")["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=live.key_aliases[0], TargetKeyId=other)
    # Its owner is nobody: it must not be left over when the run looks for what is.
    kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)


def _state_object(target: Target, live: LiveBackend) -> None:
    target.client("s3").put_object(
        Bucket=live.bucket_name, Key=_STATE_OBJECT, Body=b'{"version": 4}', ServerSideEncryption="AES256"
    )


_Change = Callable[[Target, LiveBackend], None]


def _kind(change: _Change, planned: Mapping[str, str], found: str, *, repaired: bool = True) -> DriftKind:
    return DriftKind(change, planned, frozenset(found.split()), repaired_by_apply=repaired)


DRIFTS: Final[Mapping[str, DriftKind]] = {
    "versioning suspended": _kind(
        _versioning, {"aws_s3_bucket_versioning.tf_state": "update versioning_configuration"}, "bucket-versioning"
    ),
    "encryption replaced": _kind(
        _encryption,
        {"aws_s3_bucket_server_side_encryption_configuration.tf_state": "update rule"},
        "bucket-encryption bucket-encryption-key bucket-key output-kms-key-arn",
    ),
    "policy statement removed": _kind(
        _statement, {"aws_s3_bucket_policy.tf_state": "update policy"}, "policy-insecure-transport"
    ),
    "public access opened": _kind(
        _public_access,
        {
            "aws_s3_bucket_public_access_block.tf_state": "update block_public_acls block_public_policy"
            " ignore_public_acls restrict_public_buckets"
        },
        "public-access-block",
    ),
    # While a change of the key is planned, Terraform reads what names the key's ARN only when it is applied.
    "key rotation off": _kind(
        _rotation,
        {
            "aws_kms_key.tf_state": "update enable_key_rotation rotation_period_in_days",
            "aws_s3_bucket_policy.tf_state": "update policy",
        },
        "key-rotation",
    ),
    "recovery off": _kind(
        _recovery, {"aws_dynamodb_table.tf_state[0]": "update point_in_time_recovery"}, "lock-table-recovery"
    ),
    "table tags": _kind(_table_tags, {"aws_dynamodb_table.tf_state[0]": "update tags tags_all"}, "lock-table-tags"),
    "alias moved": _kind(_alias, {"aws_kms_alias.tf_state": "update target_key_id"}, "key-alias"),
    # No plan shows what is in a bucket.
    "state object rewritten": _kind(_state_object, {}, "objects-encrypted", repaired=False),
    # The provider takes a key that is pending deletion for one that is gone. Applying makes a new key, and leaves the
    # one that encrypts every state there is to its deletion.
    "key scheduled for deletion": _kind(
        _key_deletion,
        {
            "aws_dynamodb_table.tf_state[0]": "update server_side_encryption",
            "aws_kms_alias.tf_state": "update target_key_id",
            "aws_kms_key.tf_state": "create",
            "aws_s3_bucket_policy.tf_state": "update policy",
            "aws_s3_bucket_server_side_encryption_configuration.tf_state": "update rule",
        },
        "key-enabled key-pending-deletion",
        repaired=False,
    ),
}
"""Drifts by name. Most can be injected into one backend together: they touch different things."""
