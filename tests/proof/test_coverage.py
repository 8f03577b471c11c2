"""Which planned attributes the checks look at: all that matter to security, and the table says which are left."""

from __future__ import annotations

import copy

import pytest

from tfproof.proof.coverage import attribute_coverage
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Plan

pytestmark = pytest.mark.stack(
    "modules/state-backend",
    {
        "bucket_name": "tfproof-both-{run}",
        "lock_mode": "both",
        "lifecycle_enabled": False,
        "lock_table_name": "locks-both",
    },
)

SECURITY = {
    "aws_dynamodb_table": {
        "billing_mode", "deletion_protection_enabled", "hash_key", "name", "point_in_time_recovery.enabled",
        "server_side_encryption.enabled",
    },
    "aws_kms_alias": {"target_key_id"},
    "aws_kms_key": {
        "deletion_window_in_days", "enable_key_rotation", "is_enabled", "policy", "rotation_period_in_days",
    },
    "aws_s3_bucket": {"bucket", "force_destroy"},
    "aws_s3_bucket_ownership_controls": {"rule.object_ownership"},
    "aws_s3_bucket_policy": {"bucket", "policy"},
    "aws_s3_bucket_public_access_block": {
        "block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets",
    },
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule.bucket_key_enabled", "rule.apply_server_side_encryption_by_default.sse_algorithm",
        "rule.apply_server_side_encryption_by_default.kms_master_key_id",
    },
    "aws_s3_bucket_versioning": {"versioning_configuration.status"},
}  # fmt: skip


def test_every_attribute_that_matters_to_security_is_looked_at(applied: Applied) -> None:
    coverage = attribute_coverage(applied.plan, applied.state)
    wanted = {(kind, path) for kind, paths in SECURITY.items() for path in paths}

    assert wanted <= set(coverage.looked_at)


def test_what_nobody_looks_at_is_listed(plan: Plan) -> None:
    coverage = attribute_coverage(plan)
    rows = {kind: (planned, seen, others) for kind, planned, seen, others in coverage.rows()}

    planned, seen, others = rows["aws_kms_key"]
    assert "description" in others
    assert seen < planned
    assert ("aws_kms_key", "enable_key_rotation") in coverage.looked_at
    assert "key-rotation" in coverage.looked_at["aws_kms_key", "enable_key_rotation"]


def test_watching_changes_no_plan(plan: Plan) -> None:
    before = copy.deepcopy({address: resource.values for address, resource in plan.resources.items()})

    attribute_coverage(plan)

    # Compared as text: unknown values refuse to be compared.
    assert repr({address: resource.values for address, resource in plan.resources.items()}) == repr(before)
