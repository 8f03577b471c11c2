"""The actions that stand for a wildcard when a policy is tried: those that matter on and around a state backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ASKED_ACTIONS"]

ASKED_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    service: tuple(f"{service}:{name}" for name in names.split())
    for service, names in {
        "s3": "GetObject GetObjectVersion PutObject DeleteObject DeleteObjectVersion ListBucket ListBucketVersions "
        "PutBucketPolicy DeleteBucketPolicy PutBucketVersioning PutEncryptionConfiguration PutBucketPublicAccessBlock "
        "PutLifecycleConfiguration PutReplicationConfiguration DeleteBucket PutObjectAcl PutBucketAcl",
        "kms": "Decrypt Encrypt GenerateDataKey ReEncryptFrom CreateGrant PutKeyPolicy ScheduleKeyDeletion DisableKey "
        "DescribeKey",
        "dynamodb": "GetItem PutItem DeleteItem UpdateItem Scan Query DeleteTable UpdateTable",
        "sts": "AssumeRole",
        "iam": "PassRole CreateAccessKey PutRolePolicy AttachRolePolicy",
    }.items()
}
"""By service, in the order in which they are told."""
