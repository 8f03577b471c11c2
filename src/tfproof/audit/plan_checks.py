"""What a plan does to what is there: deletes, weakens, opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfproof.audit.policy_changes import widening_answers
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict, shown
from tfproof.terraform.plan import Change, Plan
from tfproof.values import UNKNOWN, at, reveal

__all__ = ["PLAN_CHECKS", "plan_findings"]

DESTROYS: Final = Check(
    id="plan-destroys-data",
    section="plan",
    title="Nothing that keeps data is deleted or replaced",
    reason="A replacement deletes first, and with it what is in it: a bucket's states, a table's locks, a database. "
    "A key that is gone takes everything it encrypted with it.",
)
WEAKENS: Final = Check(
    id="plan-weakens-protection",
    section="plan",
    title="No encryption, versioning or protection gets weaker",
    reason="A setting that was right is the hardest to see go: the plan shows one line among hundreds.",
)
KEY: Final = Check(
    id="plan-key-deletion",
    section="plan",
    title="No key is scheduled for deletion or disabled",
    reason="Once its waiting period is over, every state, lock row and version it encrypted is lost for good.",
    references=("FSBP KMS.3",),
)
WIDENS: Final = Check(
    id="plan-widens-permissions",
    section="plan",
    title="No policy allows what it did not allow before",
    reason="Decided by evaluating the policy before and after, not by comparing texts: who may now do what.",
)
PLAN_CHECKS: Final = (DESTROYS, WEAKENS, KEY, WIDENS)

_STATEFUL: Final = frozenset(
    {
        "aws_backup_vault", "aws_cognito_user_pool", "aws_db_cluster_snapshot", "aws_db_instance", "aws_db_snapshot",
        "aws_docdb_cluster", "aws_dynamodb_table", "aws_ebs_snapshot", "aws_ebs_volume", "aws_ecr_repository",
        "aws_efs_file_system", "aws_elasticache_cluster", "aws_elasticache_replication_group",
        "aws_elasticsearch_domain", "aws_fsx_lustre_file_system", "aws_fsx_ontap_file_system",
        "aws_fsx_windows_file_system", "aws_kinesis_stream", "aws_kms_key", "aws_kms_replica_key",
        "aws_memorydb_cluster", "aws_msk_cluster", "aws_neptune_cluster", "aws_opensearch_domain", "aws_qldb_ledger",
        "aws_rds_cluster", "aws_rds_global_cluster", "aws_redshift_cluster", "aws_s3_bucket",
        "aws_s3_directory_bucket", "aws_secretsmanager_secret", "aws_timestreamwrite_table",
    }
)  # fmt: skip

_ON: Final = ("on",)
_SETTINGS: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    # Attribute paths, and what is safe there: `_ON` is true, "most" a number that must not shrink, "kept" a value that
    # must stay; a tuple goes from worst to best.
    "aws_s3_bucket": (
        ("force_destroy", "off"),
        ("versioning[0].enabled", _ON),
        (
            "server_side_encryption_configuration[0].rule[0].apply_server_side_encryption_by_default[0].sse_algorithm",
            ("AES256", "aws:kms"),
        ),
        ("object_lock_enabled", _ON),
    ),
    "aws_s3_bucket_versioning": (
        ("versioning_configuration[0].status", ("Disabled", "Suspended", "Enabled")),
        ("versioning_configuration[0].mfa_delete", ("Disabled", "Enabled")),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        ("rule[0].apply_server_side_encryption_by_default[0].sse_algorithm", ("AES256", "aws:kms")),
        ("rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id", "kept"),
        ("rule[0].bucket_key_enabled", _ON),
    ),
    "aws_s3_bucket_public_access_block": tuple(
        (name, _ON)
        for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    ),
    "aws_s3_bucket_ownership_controls": (
        ("rule[0].object_ownership", ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced")),
    ),
    "aws_kms_key": (
        ("enable_key_rotation", _ON),
        ("deletion_window_in_days", "most"),
        ("bypass_policy_lockout_safety_check", "off"),
    ),
    "aws_dynamodb_table": (
        ("deletion_protection_enabled", _ON),
        ("point_in_time_recovery[0].enabled", _ON),
        ("server_side_encryption[0].enabled", _ON),
        ("server_side_encryption[0].kms_key_arn", "kept"),
    ),
    "aws_db_instance": (("deletion_protection", _ON), ("storage_encrypted", _ON), ("backup_retention_period", "most")),
    "aws_rds_cluster": (("deletion_protection", _ON), ("storage_encrypted", _ON), ("backup_retention_period", "most")),
    "aws_ebs_volume": (("encrypted", _ON),),
    "aws_efs_file_system": (("encrypted", _ON),),
}
_PROTECTIVE: Final = frozenset(
    {
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_object_lock_configuration",
        "aws_s3_account_public_access_block",
    }
)


def plan_findings(plan: Plan) -> list[Finding]:
    """What the plan checks answer on a plan; of each check at least one answer."""
    found: list[Finding] = []
    # Reading a data source does nothing to what is there.
    changes = [change for change in plan.changes.values() if change.mode != "data"]
    for check, answers in (
        (DESTROYS, _destroyed(changes)),
        (WEAKENS, _weakened(changes)),
        (KEY, _keys(changes)),
        (WIDENS, widening_answers(changes)),
    ):
        made = [check.finding(Layer.PLAN, answer) for answer in answers]
        passed = Answer(Verdict.PASSED, "the plan", "", "no such change", f"{len(changes)} changes looked at")
        found += made or [check.finding(Layer.PLAN, passed)]
    return found


def _destroyed(changes: list[Change]) -> Iterator[Answer]:
    for change in changes:
        if "delete" not in change.actions or change.type not in _STATEFUL:
            continue
        what = "is replaced" if "create" in change.actions else "is deleted"
        if change.deposed:
            what += f" (deposed {change.deposed})"
        yield Answer(Verdict.FAILED, change.address, "", "kept", what, change.address)


def _keys(changes: list[Change]) -> Iterator[Answer]:
    for change in changes:
        if change.type not in ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key"):
            continue
        if "delete" in change.actions:
            window = at(change.before, "deletion_window_in_days", default=None) if change.before else None
            days = f" in {window} days" if isinstance(window, int) else ""
            found = f"is scheduled for deletion{days}"
            yield Answer(Verdict.FAILED, change.address, "", "kept", found, change.address)
        elif _value(change.before, "is_enabled") is True and _value(change.after, "is_enabled") is False:
            yield Answer(Verdict.FAILED, change.address, "is_enabled", "true", "false", change.address)


def _weakened(changes: list[Change]) -> Iterator[Answer]:
    for change in changes:
        kind = change.type
        if change.actions == ("delete",) and kind in _PROTECTIVE:
            yield Answer(Verdict.FAILED, change.address, "", "kept", f"{kind} is deleted", change.address)
        if change.before is None or change.after is None:
            continue
        for path, safe in _SETTINGS.get(kind, ()):
            before, after = _value(change.before, path), _value(change.after, path)
            verdict = _compared(before, after, safe)
            if verdict is not None:
                told = f"{shown(before)} becomes {shown(after)}"
                yield Answer(verdict, change.address, path, f"not weaker than {shown(before)}", told, change.address)


def _value(values: dict[str, Any] | None, path: str) -> Any:
    return reveal(at(values, path, default=None)) if values is not None else None


def _compared(before: Any, after: Any, safe: Any) -> Verdict | None:
    """Failed when it gets weaker, undecided when it may, None when it does not."""
    if before is UNKNOWN or before is None:
        return None
    if after is UNKNOWN:
        strong = (safe == _ON and before is True) or (isinstance(safe, tuple) and before == safe[-1]) or safe == "kept"
        return Verdict.UNDECIDED if strong and safe != _ON else None
    if safe == _ON:
        weaker = before is True and after is not True
    elif safe == "off":
        weaker = before is not True and after is True
    elif safe == "most":
        weaker = _is_number(before) and _is_number(after) and after < before
    elif safe == "kept":
        weaker = bool(before) and before != after
    else:
        weaker = before in safe and (after not in safe or safe.index(after) < safe.index(before))
    return Verdict.FAILED if weaker else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
