"""What moto gets wrong for a state backend, mended in the server's own process.

Each fix names where upstream the gap sits. `tests/targets/test_moto_fixes.py` shows for each that plain moto still has
the gap, and fails once upstream has closed it, so that the fix can go.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

__all__ = ["FIXES", "install"]

_DEFAULT_ROTATION_DAYS = 365
_ROTATION_DAYS = range(90, 2561)


def install() -> None:
    """Installs every fix. Only for a process that serves a target: moto's classes are changed for good."""
    for fix in FIXES:
        fix()


def lifecycle_keeps_newer_noncurrent_versions() -> None:
    """NewerNoncurrentVersions of NoncurrentVersionExpiration is dropped; the provider then waits 3 minutes in vain.

    Upstream: `FakeBucket.set_lifecycle` and `S3Response.get_bucket_lifecycle` in moto 5.2.5; the twin field of
    NoncurrentVersionTransition came with getmoto/moto#6439; the provider's wait is getmoto/moto#9708.
    """
    from moto.s3.models import FakeBucket  # noqa: PLC0415  # moto exists in the server process only
    from moto.s3.responses import S3Response  # noqa: PLC0415

    put, get = FakeBucket.set_lifecycle, S3Response.get_bucket_lifecycle

    @functools.wraps(put)
    def set_lifecycle(self: Any, rules: list[dict[str, Any]]) -> None:
        put(self, rules)
        for kept, given in zip(self.rules, rules, strict=True):
            expiration = given.get("NoncurrentVersionExpiration") or {}
            kept.newer_noncurrent_versions = expiration.get("NewerNoncurrentVersions")

    @functools.wraps(get)
    def get_bucket_lifecycle(self: Any) -> Any:
        kept = self.backend.get_bucket_lifecycle(self.bucket_name) or []

        def amend(result: dict[str, Any]) -> None:
            for rule, shown in zip(kept, result["Rules"], strict=True):
                newer = getattr(rule, "newer_noncurrent_versions", None)
                if newer is not None and "NoncurrentVersionExpiration" in shown:
                    shown["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = newer

        with _amending(self, amend):
            return get(self)

    _replace(FakeBucket, set_lifecycle)
    _replace(S3Response, get_bucket_lifecycle)


def replication_is_read_back_whole() -> None:
    """GetBucketReplication leaves out SourceSelectionCriteria and makes up DeleteMarkerReplication and Filter.

    Upstream: `S3Response.get_bucket_replication` in moto 5.2.5, unchanged since getmoto/moto#4421. The store keeps the
    whole rule; only the answer is wrong.
    """
    from moto.s3.responses import S3Response  # noqa: PLC0415

    get = S3Response.get_bucket_replication

    @functools.wraps(get)
    def get_bucket_replication(self: Any) -> Any:
        kept = self.backend.get_bucket_replication(self.bucket_name) or {}

        def amend(result: dict[str, Any]) -> None:
            shown = result["ReplicationConfiguration"]["Rules"]
            for rule, answer in zip(kept.get("Rule", []), shown, strict=True):
                if "SourceSelectionCriteria" in rule:
                    answer["SourceSelectionCriteria"] = rule["SourceSelectionCriteria"]
                if "DeleteMarkerReplication" in rule:
                    answer["DeleteMarkerReplication"] = rule["DeleteMarkerReplication"]
                if "Filter" in rule:
                    given = rule["Filter"] or {}
                    answer["Filter"] = {name: value or "" for name, value in given.items()}

        with _amending(self, amend):
            return get(self)

    _replace(S3Response, get_bucket_replication)


def key_rotation_keeps_its_period() -> None:
    """RotationPeriodInDays is ignored by EnableKeyRotation and absent from GetKeyRotationStatus.

    A second plan then shows `0 -> 365` for ever, and everything that reads the key becomes unknown with it.
    Upstream: `KmsResponse.enable_key_rotation` and `get_key_rotation_status` in moto 5.2.5, as of getmoto/moto#464.
    """
    from moto.kms.exceptions import ValidationException  # noqa: PLC0415
    from moto.kms.responses import KmsResponse  # noqa: PLC0415

    enable, status = KmsResponse.enable_key_rotation, KmsResponse.get_key_rotation_status

    def key_of(self: Any) -> Any:
        return self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]

    @functools.wraps(enable)
    def enable_key_rotation(self: Any) -> str:
        period = self._get_param("RotationPeriodInDays") or _DEFAULT_ROTATION_DAYS
        if int(period) not in _ROTATION_DAYS:
            raise ValidationException(
                f"1 validation error detected: Value '{period}' at 'rotationPeriodInDays' failed to satisfy constraint"
            )
        answer = str(enable(self))
        key_of(self).rotation_period_in_days = int(period)
        return answer

    @functools.wraps(status)
    def get_key_rotation_status(self: Any) -> str:
        answer = json.loads(status(self))
        if answer.get("KeyRotationEnabled"):
            period = getattr(key_of(self), "rotation_period_in_days", _DEFAULT_ROTATION_DAYS)
            next_date = datetime.now(UTC) + timedelta(days=period)
            answer |= {
                "KeyId": key_of(self).id,
                "RotationPeriodInDays": period,
                "NextRotationDate": next_date.timestamp(),
            }
        return json.dumps(answer)

    _replace(KmsResponse, enable_key_rotation)
    _replace(KmsResponse, get_key_rotation_status)


def key_state_calls_take_an_arn() -> None:
    """DisableKey, EnableKey, CancelKeyDeletion and ScheduleKeyDeletion by key ARN end in an HTTP 500.

    Upstream: the four methods of `KmsBackend` in moto 5.2.5 look the raw parameter up, instead of `get_key_id(...)`.
    """
    from moto.kms.models import KmsBackend  # noqa: PLC0415

    for name in ("disable_key", "enable_key", "cancel_key_deletion", "schedule_key_deletion"):
        _replace(KmsBackend, _by_key_id(getattr(KmsBackend, name)))


def _by_key_id(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, key_id: str, *rest: Any, **named: Any) -> Any:
        return method(self, self.get_key_id(key_id), *rest, **named)

    return call


def bucket_policies_are_not_enforced() -> None:
    """A Deny in a bucket policy is applied whatever its Condition says, so a TLS-only policy stops every object call.

    Upstream: `FakeBucket.get_permission` in moto 5.2.5 (since getmoto/moto#7840 for new objects too) gives the policy
    no request context, and `moto.iam.policy_conditions` counts what it cannot decide as true. Until a policy is
    evaluated truly, none is: the checks decide by evaluating the policy that was read back.
    """
    from moto.iam.access_control import PermissionResult  # noqa: PLC0415
    from moto.s3.models import FakeBucket  # noqa: PLC0415

    def get_permission(self: Any, action: str, resource: str) -> Any:
        del self, action, resource
        return PermissionResult.NEUTRAL

    _replace(FakeBucket, get_permission)


def keys_of_aws_say_so() -> None:
    """The key behind `alias/aws/s3` or `alias/aws/dynamodb` comes into being as a key of the customer.

    Upstream: `KmsBackend._generate_default_keys` in moto 5.2.5. The provider asks for `alias/aws/dynamodb` on every
    read of a table, so a key would seem to be left over after destroy.
    """
    from moto.kms.models import KmsBackend  # noqa: PLC0415

    generate = KmsBackend._generate_default_keys  # noqa: SLF001  # the one place where such keys are made

    @functools.wraps(generate)
    def _generate_default_keys(self: Any, alias_name: str) -> str | None:
        key_id = generate(self, alias_name)
        if key_id is not None:
            self.keys[key_id].key_manager = "AWS"
        return key_id

    _replace(KmsBackend, _generate_default_keys)


def delete_markers_go_from_a_suspended_bucket() -> None:
    """With versioning suspended, deleting a key that has a delete marker ends in an HTTP 500.

    A destroy that was refused at the bucket leaves it suspended; without this it could not be emptied afterwards.
    Upstream: `_VersionedKeyStore.pop` in moto 5.2.5 disposes of every version, and `FakeDeleteMarker` has no `dispose`.
    """
    from moto.s3.models import FakeDeleteMarker  # noqa: PLC0415

    def dispose(self: Any, garbage: bool = False) -> None:  # noqa: FBT001, FBT002  # as FakeKey.dispose
        """A marker holds no file that would have to be closed."""
        del self, garbage

    _replace(FakeDeleteMarker, dispose)


def table_takes_another_key() -> None:
    """UpdateTable ignores SSESpecification: a table made without a key never comes under one.

    Terraform then waits for the change in vain when an existing lock table is taken over.
    Upstream: `DynamoDBBackend.update_table` in moto 5.2.5 has no such parameter; that of CreateTable is kept.
    """
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415

    update = DynamoHandler.update_table

    @functools.wraps(update)
    def update_table(self: Any) -> Any:
        given = self.body.get("SSESpecification")
        if given:
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            table.sse_specification = dict(given)
            if given.get("Enabled") and "KMSMasterKeyId" not in given:
                default = table._get_default_encryption_key(self.current_account, self.region)  # noqa: SLF001  # as CreateTable does
                table.sse_specification["KMSMasterKeyId"] = default
        return update(self)

    _replace(DynamoHandler, update_table)


def versions_are_listed_without_their_contents() -> None:
    """ListObjectVersions copies every object of the bucket, contents and all, for each page: minutes for 50 000.

    All it does with the copies is to say which is the newest, and that is the same for everybody who asks.
    """
    from moto.s3 import models  # noqa: PLC0415

    # FakeKey closes its file when it goes, and a copy has the same one.
    kept = {"__del__": lambda _self: None}
    shown = {kind: type(kind.__name__, (kind,), kept) for kind in (models.FakeKey, models.FakeDeleteMarker)}

    def without_contents(versions: list[Any]) -> list[Any]:
        copies = []
        for version in versions:
            copied: Any = object.__new__(shown[type(version)])
            vars(copied).update(vars(version))
            copies.append(copied)
        return copies

    vars(models)["copy"] = SimpleNamespace(copy=copy.copy, deepcopy=without_contents)


FIXES: tuple[Callable[[], None], ...] = (
    lifecycle_keeps_newer_noncurrent_versions,
    replication_is_read_back_whole,
    key_rotation_keeps_its_period,
    key_state_calls_take_an_arn,
    keys_of_aws_say_so,
    bucket_policies_are_not_enforced,
    delete_markers_go_from_a_suspended_bucket,
    table_takes_another_key,
    versions_are_listed_without_their_contents,
)


def _replace(owner: Any, replacement: Callable[..., Any]) -> None:
    """Puts a function in the place of the owner's method of the same name."""
    setattr(owner, replacement.__name__, replacement)


@contextmanager
def _amending(response: Any, amend: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Lets `amend` change a response's result before it is written; moto makes a response object per request."""
    write = response.serialized

    def serialized(action_result: Any) -> Any:
        if isinstance(action_result.result, dict):
            amend(action_result.result)
        return write(action_result)

    response.serialized = serialized
    try:
        yield
    finally:
        del response.serialized
