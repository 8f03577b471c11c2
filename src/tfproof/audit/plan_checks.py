"""What a plan does to what is there: deletes, weakens, opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.audit.policy_changes import widening_answers
from tfproof.audit.protection_changes import value_at, weakening_answers
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict, shown
from tfproof.terraform.plan import Change, Plan
from tfproof.values import UNKNOWN

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
        "aws_fsx_windows_file_system", "aws_kinesis_stream", "aws_kms_external_key", "aws_kms_key",
        "aws_kms_replica_external_key", "aws_kms_replica_key",
        "aws_memorydb_cluster", "aws_msk_cluster", "aws_neptune_cluster", "aws_opensearch_domain", "aws_qldb_ledger",
        "aws_rds_cluster", "aws_rds_global_cluster", "aws_redshift_cluster", "aws_s3_bucket",
        "aws_s3_directory_bucket", "aws_secretsmanager_secret", "aws_timestreamwrite_table",
    }
)  # fmt: skip

_ENABLED: Final = {
    "aws_kms_external_key": "enabled",
    "aws_kms_key": "is_enabled",
    "aws_kms_replica_external_key": "enabled",
    "aws_kms_replica_key": "enabled",
}
"""Keys, and what says of each whether it can be used."""


def plan_findings(plan: Plan) -> list[Finding]:
    """What the plan checks answer on a plan; of each check at least one answer."""
    found: list[Finding] = []
    # Reading a data source does nothing to what is there.
    changes = [change for change in plan.changes.values() if change.mode != "data"]
    for check, answers in (
        (DESTROYS, _destroyed(changes)),
        (WEAKENS, weakening_answers(changes)),
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
        enabled = _ENABLED.get(change.type)
        if enabled is None:
            continue
        if "delete" in change.actions:
            window = value_at(change.before, "deletion_window_in_days")
            days = f" in {window} days" if isinstance(window, int) else ""
            found = f"is scheduled for deletion{days}"
            yield Answer(Verdict.FAILED, change.address, "", "kept", found, change.address)
        elif value_at(change.before, enabled) is True and change.after is not None:
            after = value_at(change.after, enabled)
            if after is UNKNOWN or after is False:
                verdict = Verdict.UNDECIDED if after is UNKNOWN else Verdict.FAILED
                yield Answer(verdict, change.address, enabled, "true", shown(after), change.address)
