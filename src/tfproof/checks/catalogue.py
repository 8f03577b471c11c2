"""Every check there is, in the order they are reported in."""

from __future__ import annotations

from typing import Final

from tfproof.checks import (
    backend_documented_policy,
    backend_key_bypass,
    backend_least_privilege,
    backend_read_only_policy,
    backend_read_write_policy,
    backend_state_encryption,
    bucket_encryption,
    bucket_encryption_key,
    bucket_force_destroy,
    bucket_key,
    bucket_versioning,
    creation_order,
    destroy_refused,
    iam_policy,
    incomplete_uploads,
    key_alias,
    key_deletion_window,
    key_enabled,
    key_pending_deletion,
    key_policy_grants,
    key_policy_root,
    key_rotation,
    lock_file_versions,
    lock_table_billing,
    lock_table_deletion_protection,
    lock_table_encryption,
    lock_table_key,
    lock_table_recovery,
    lock_table_tags,
    noncurrent_versions,
    nothing_left,
    object_ownership,
    objects_encrypted,
    output_backend_config,
    output_backend_config_hcl,
    output_documented_policy,
    output_kms_key_arn,
    output_names,
    output_read_only_policy,
    output_read_write_policy,
    policy_customer_key,
    policy_encryption_algorithm,
    policy_encryption_key,
    policy_insecure_transport,
    policy_kms_without_key,
    policy_not_public,
    policy_outdated_tls,
    policy_own_bucket,
    policy_right_write,
    public_access_block,
    replication_role,
    replication_rule,
    second_plan_empty,
    written_object,
)
from tfproof.checks.check import Check

__all__ = ["CHECKS", "FULL_DEPTH_CHECKS", "JOURNEY_CHECKS", "check_by_id"]

CHECKS: Final[tuple[Check, ...]] = (
    bucket_encryption.CHECK,
    bucket_encryption_key.CHECK,
    bucket_key.CHECK,
    written_object.CHECK,
    objects_encrypted.CHECK,
    bucket_versioning.CHECK,
    public_access_block.CHECK,
    object_ownership.CHECK,
    noncurrent_versions.CHECK,
    incomplete_uploads.CHECK,
    lock_file_versions.CHECK,
    bucket_force_destroy.CHECK,
    replication_rule.CHECK,
    replication_role.CHECK,
    policy_insecure_transport.CHECK,
    policy_outdated_tls.CHECK,
    policy_encryption_algorithm.CHECK,
    policy_encryption_key.CHECK,
    policy_kms_without_key.CHECK,
    policy_customer_key.CHECK,
    policy_right_write.CHECK,
    policy_not_public.CHECK,
    policy_own_bucket.CHECK,
    key_rotation.CHECK,
    key_deletion_window.CHECK,
    key_policy_root.CHECK,
    key_policy_grants.CHECK,
    key_enabled.CHECK,
    key_pending_deletion.CHECK,
    key_alias.CHECK,
    lock_table_key.CHECK,
    lock_table_billing.CHECK,
    lock_table_recovery.CHECK,
    lock_table_encryption.CHECK,
    lock_table_deletion_protection.CHECK,
    lock_table_tags.CHECK,
    output_kms_key_arn.CHECK,
    output_names.CHECK,
    output_backend_config.CHECK,
    output_backend_config_hcl.CHECK,
    output_documented_policy.CHECK,
    output_read_write_policy.CHECK,
    output_read_only_policy.CHECK,
    iam_policy.CHECK,
    creation_order.CHECK,
)
"""Decided by plan, state and target."""

JOURNEY_CHECKS: Final[tuple[Check, ...]] = (
    backend_state_encryption.CHECK,
    backend_key_bypass.CHECK,
    backend_documented_policy.CHECK,
    backend_read_write_policy.CHECK,
    backend_read_only_policy.CHECK,
    backend_least_privilege.CHECK,
    second_plan_empty.CHECK,
    destroy_refused.CHECK,
    nothing_left.CHECK,
)
"""Decided by what Terraform did on the way."""

FULL_DEPTH_CHECKS: Final = (
    backend_read_write_policy.CHECK,
    backend_read_only_policy.CHECK,
    backend_least_privilege.CHECK,
)
"""Those of them that take minutes: decided at full depth only."""


def check_by_id(check_id: str) -> Check:
    """The check with this id; raises KeyError when there is none."""
    return next(check for check in (*CHECKS, *JOURNEY_CHECKS) if check.id == check_id)
