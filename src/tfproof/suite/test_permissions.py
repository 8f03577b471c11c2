"""What the module's policies allow and what they do not: decided with bucket policy and key policy, as IAM does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tfproof.checks import LiveBackend
from tfproof.iam.policy import EVERYTHING
from tfproof.proof.fixtures import Applied
from tfproof.proof.identity import Iam

_Output = Callable[[str], Any]
_POLICIES: Final = ("documented_policy_json", "read_write_policy_json", "read_only_policy_json")
_TLS: Final = {"aws:SecureTransport": True, "s3:TlsVersion": 1.3}
_READS: Final = (("s3:ListBucket", "bucket"), ("s3:GetObject", "state"), ("kms:Decrypt", "key"))
_WRITES: Final = (("s3:PutObject", "state"), ("kms:GenerateDataKey", "key"))
_LOCKS: Final = tuple((f"dynamodb:{name}", "table") for name in ("GetItem", "PutItem", "DeleteItem"))
_PROTECTIONS: Final = (
    ("s3:DeleteBucket", "bucket"),
    ("s3:PutBucketPolicy", "bucket"),
    ("s3:DeleteBucketPolicy", "bucket"),
    ("s3:PutBucketVersioning", "bucket"),
    ("s3:PutEncryptionConfiguration", "bucket"),
    ("s3:PutBucketPublicAccessBlock", "bucket"),
    ("s3:PutLifecycleConfiguration", "bucket"),
    ("s3:DeleteObjectVersion", "state"),
    ("kms:ScheduleKeyDeletion", "key"),
    ("kms:DisableKey", "key"),
    ("kms:PutKeyPolicy", "key"),
    ("dynamodb:DeleteTable", "table"),
    ("dynamodb:UpdateTable", "table"),
)


class Backend:
    """The things that policies are about, and the question whether one may do something to them.

    Args:
        live: The backend at the target.
        iam: Who decides.
        applied: The stack.
    """

    def __init__(self, live: LiveBackend, iam: Iam, applied: Applied) -> None:
        self._live, self._iam = live, iam
        self._account = applied.target.account_id
        partition = live.key_arn.split(":")[1]
        config = live.state.outputs.get("backend_config")
        key = config["key"] if isinstance(config, dict) else "terraform.tfstate"
        self.role = f"arn:{partition}:iam::{self._account}:role/terraform"
        self.bucket = f"arn:{partition}:s3:::{live.bucket_name}"
        self.things = {
            "bucket": self.bucket,
            "state": f"{self.bucket}/{key}",
            "key": live.key_arn,
            "table": live.table.get("TableArn", ""),
        }
        region = live.key_arn.split(":")[3]
        via = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
        encrypted = {
            "s3:x-amz-server-side-encryption": "aws:kms",
            "s3:x-amz-server-side-encryption-aws-kms-key-id": live.key_arn,
        }
        row = {"dynamodb:LeadingKeys": [f"{live.bucket_name}/{key}"]}
        self._contexts: dict[str, dict[str, Any]] = {"s3": _TLS, "kms": via, "dynamodb": row}
        self._contexts["s3:PutObject"] = {**_TLS, **encrypted}

    def may(self, policy: Any, action: str, thing: str) -> Any:
        """What is decided when a role that holds a policy asks for an action."""
        service = action.partition(":")[0]
        resource_policy = {"s3": self._live.bucket_policy, "kms": self._live.key_policy}.get(service)
        return self._iam.can(
            policy,
            action,
            self.things[thing],
            principal=self.role,
            context=self._contexts.get(action, self._contexts[service]),
            resource_policy=resource_policy,
            resource_account=self._account,
        )


@pytest.fixture
def asked(live: LiveBackend, iam: Iam, applied: Applied) -> Backend:
    """Whom the tests ask."""
    return Backend(live, iam, applied)


@pytest.mark.parametrize("name", ["documented_policy_json", "read_write_policy_json"])
def test_whoever_runs_terraform_can_read_write_and_lock(name: str, output: _Output, asked: Backend) -> None:
    """With either policy states are read and written, and the lock is taken and given back."""
    locks = _LOCKS if asked.things["table"] else (("s3:DeleteObject", "lock file"),)
    asked.things["lock file"] = f"{asked.things['state']}.tflock"
    for action, thing in (*_READS, *_WRITES, *locks):
        assert asked.may(output(name), action, thing) == "allowed", f"{action} on the {thing}"


def test_whoever_reads_can_only_read(output: _Output, asked: Backend) -> None:
    """With the read-only policy states are read, and none is written or deleted."""
    policy = output("read_only_policy_json")
    for action, thing in _READS:
        assert asked.may(policy, action, thing) == "allowed", f"{action} on the {thing}"
    for action, thing in (("s3:PutObject", "state"), ("s3:DeleteObject", "state"), ("kms:GenerateDataKey", "key")):
        assert asked.may(policy, action, thing) == "implicitDeny", f"{action} on the {thing}"


@pytest.mark.parametrize("name", _POLICIES)
def test_nobody_may_change_what_protects_the_states(name: str, output: _Output, asked: Backend) -> None:
    """No policy that a user of states holds lets them undo the protection."""
    for action, thing in _PROTECTIONS:
        if asked.things[thing]:
            assert not asked.may(output(name), action, thing), f"{action} on the {thing}"


@pytest.mark.parametrize("name", _POLICIES)
def test_nothing_is_allowed_elsewhere(name: str, output: _Output, iam: Iam) -> None:
    """No policy opens another bucket, key or table."""
    for action, elsewhere in (
        ("s3:GetObject", "arn:aws:s3:::another-bucket/terraform.tfstate"),
        ("s3:PutObject", "arn:aws:s3:::another-bucket/terraform.tfstate"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/99999999-9999-4999-8999-999999999999"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/another-table"),
    ):
        context = {"kms:ViaService": "s3.us-east-1.amazonaws.com"} if action.startswith("kms:") else {}
        assert iam.can(output(name), action, elsewhere, context=context) == "implicitDeny", action


@pytest.mark.parametrize(
    "encryption",
    [
        pytest.param({"s3:x-amz-server-side-encryption": "AES256"}, id="AES256"),
        pytest.param({"s3:x-amz-server-side-encryption": "aws:kms"}, id="aws:kms without a key"),
        pytest.param({"aws:SecureTransport": False}, id="plain HTTP"),
    ],
)
def test_bucket_refuses_a_write_past_the_key(
    encryption: dict[str, Any], live: LiveBackend, iam: Iam, asked: Backend
) -> None:
    """Whoever may do everything is still refused by the bucket policy."""
    decision = iam.can(
        EVERYTHING,
        "s3:PutObject",
        asked.things["state"],
        principal=asked.role,
        context={**_TLS, **encryption},
        resource_policy=live.bucket_policy,
        resource_account=asked.role.split(":")[4],
    )
    assert decision == "explicitDeny"
