"""What is made after what, and so destroyed before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.terraform.resource import Resource
from tfproof.values import UNKNOWN

__all__ = ["CHECK"]

_BUCKET_PARTS: Final = (
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
)
_PAIRS: Final = (
    ("aws_s3_bucket_policy", "aws_s3_bucket_public_access_block"),
    ("aws_s3_bucket_ownership_controls", "aws_s3_bucket_policy"),
    ("aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_versioning"),
    ("aws_s3_bucket_replication_configuration", "aws_s3_bucket_versioning"),
    ("aws_s3_bucket_replication_configuration", "aws_iam_role_policy"),
)
"""Later and earlier: 409 OperationAborted (hashicorp/terraform-provider-aws#7628), and what S3 asks for first."""


def _expected(backend: Backend) -> Iterator[tuple[Resource, Resource]]:
    """Pairs of a resource and one that has to be there before it, of what the backend has."""
    bucket, key, table = backend.bucket, backend.key, backend.table
    if bucket is not None and key is not None:
        yield bucket, key
    parts = {kind: backend.bucket_parts(kind) for kind in _BUCKET_PARTS}
    parts["aws_iam_role_policy"] = backend.all_of("aws_iam_role_policy") if backend.replicates else []
    for later, earlier in _PAIRS:
        yield from ((second, first) for second in parts[later] for first in parts[earlier])
    if table is not None and table.at("deletion_protection_enabled", default=False) is True:
        kinds = (*_BUCKET_PARTS, "aws_kms_alias", "aws_iam_policy")
        made = [item for kind in kinds for item in parts.get(kind, backend.all_of(kind))]
        yield from ((table, item) for item in made)


def _configured(backend: Backend) -> Iterator[Answer]:
    for later, earlier in _expected(backend):
        made_after = backend.is_made_after(later, earlier)
        expectation = Expectation(f"made after {earlier.address}, and destroyed before it", lambda found: found is True)
        found = UNKNOWN if made_after is None else made_after
        yield answer(expectation, found, subject=later.address, path="depends_on", address=later.address)


CHECK = Check(
    id="creation-order",
    section="terraform",
    title="What protects is made first and destroyed last",
    reason="Destroy runs in reverse. A key that can go before its bucket takes every state with it; a protected table "
    "that is not the first to go stops a destroy half-way; and S3 refuses what is set up side by side.",
    references=("hashicorp/terraform-provider-aws#7628",),
    configured=_configured,
    # Asked of what says that it is a state backend; another configuration's order is its own affair.
    applies=lambda backend: "backend_config" in backend.outputs and any(True for _ in _expected(backend)),
)
