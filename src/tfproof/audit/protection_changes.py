"""Which settings that protect get weaker by a plan, or go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tfproof.checks.finding import Answer, Verdict, shown
from tfproof.checks.sse_kms import SSE_KMS
from tfproof.terraform.plan import Change
from tfproof.values import UNKNOWN, at, reveal

__all__ = ["value_at", "weakening_answers"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a setting gets weaker.

    Attributes:
        is_weaker: Whether the second of two known values protects less than the first.
        is_safe: Whether a known value is one that could get weaker.
    """

    is_weaker: Callable[[Any, Any], bool]
    is_safe: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _ranked(*worst_to_best: str) -> _Rule:
    """Values from worst to best; one that is not among them counts as the worst after, and says nothing before."""

    def rank(value: Any) -> int:
        return worst_to_best.index(value) if isinstance(value, str) and value in worst_to_best else -1

    return _Rule(lambda before, after: rank(after) < rank(before), lambda before: rank(before) > 0)


_ON: Final = _Rule(lambda before, after: before is True and after is not True, lambda before: before is True)
_OFF: Final = _Rule(lambda before, after: before is not True and after is True, lambda before: before is not True)
_MOST: Final = _Rule(
    lambda before, after: _is_number(before) and _is_number(after) and bool(after < before), _is_number
)
"""A number that must not shrink."""
_KEPT: Final = _Rule(lambda before, after: bool(before) and bool(before != after), bool)
"""A value that must stay as it is."""
_ALGORITHM: Final = _ranked("AES256", *SSE_KMS)

_PUBLIC_ACLS: Final = ("public-read-write", "public-read", "authenticated-read")


def _openness(acl: Any) -> int:
    return len(_PUBLIC_ACLS) - _PUBLIC_ACLS.index(acl) if isinstance(acl, str) and acl in _PUBLIC_ACLS else 0


_ACL: Final = _Rule(lambda before, after: _openness(after) > _openness(before), lambda before: _openness(before) == 0)
_EVERYBODY: Final = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _everybody(grants: Any) -> set[tuple[str, str]]:
    """What grants give groups of everybody, inline in a bucket or in a bucket's ACL."""
    found = set()
    for grant in grants if isinstance(grants, list) else []:
        uri = str(at(grant, "grantee[0].uri", default=None) or at(grant, "uri", default=None))
        if uri.endswith(_EVERYBODY):
            given = at(grant, "permission", default=None) or at(grant, "permissions", default=None)
            found |= {(uri, str(one)) for one in (given if isinstance(given, list) else [given])}
    return found


_GRANTS: Final = _Rule(lambda before, after: not _everybody(after) <= _everybody(before), lambda _before: True)

_DEFAULT: Final = "rule[0].apply_server_side_encryption_by_default[0]"
_FLAGS: Final = tuple(
    (name, _ON)
    for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
)
_KEY: Final = (("deletion_window_in_days", _MOST), ("bypass_policy_lockout_safety_check", _OFF))
_SETTINGS: Final[dict[str, tuple[tuple[str, _Rule], ...]]] = {
    "aws_s3_bucket": (
        ("acl", _ACL),
        ("grant", _GRANTS),
        ("force_destroy", _OFF),
        ("versioning[0].enabled", _ON),
        (f"server_side_encryption_configuration[0].{_DEFAULT}.sse_algorithm", _ALGORITHM),
        ("object_lock_enabled", _ON),
    ),
    "aws_s3_bucket_acl": (("acl", _ACL), ("access_control_policy[0].grant", _GRANTS)),
    "aws_s3_bucket_versioning": (
        ("versioning_configuration[0].status", _ranked("Disabled", "Suspended", "Enabled")),
        ("versioning_configuration[0].mfa_delete", _ranked("Disabled", "Enabled")),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        (f"{_DEFAULT}.sse_algorithm", _ALGORITHM),
        (f"{_DEFAULT}.kms_master_key_id", _KEPT),
        ("rule[0].bucket_key_enabled", _ON),
    ),
    "aws_s3_bucket_public_access_block": _FLAGS,
    "aws_s3_account_public_access_block": _FLAGS,
    "aws_s3_bucket_ownership_controls": (
        ("rule[0].object_ownership", _ranked("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced")),
    ),
    "aws_kms_key": (("enable_key_rotation", _ON), *_KEY),
    "aws_kms_external_key": _KEY,
    "aws_kms_replica_key": _KEY,
    "aws_kms_replica_external_key": _KEY,
    "aws_dynamodb_table": (
        ("deletion_protection_enabled", _ON),
        ("point_in_time_recovery[0].enabled", _ON),
        ("server_side_encryption[0].enabled", _ON),
        ("server_side_encryption[0].kms_key_arn", _KEPT),
    ),
    "aws_db_instance": (
        ("deletion_protection", _ON),
        ("storage_encrypted", _ON),
        ("backup_retention_period", _MOST),
        ("publicly_accessible", _OFF),
    ),
    "aws_rds_cluster": (("deletion_protection", _ON), ("storage_encrypted", _ON), ("backup_retention_period", _MOST)),
    "aws_rds_cluster_instance": (("publicly_accessible", _OFF),),
    "aws_redshift_cluster": (("encrypted", _ON), ("publicly_accessible", _OFF)),
    "aws_ebs_volume": (("encrypted", _ON),),
    "aws_efs_file_system": (("encrypted", _ON),),
}
"""Where a setting stands in a resource of a type, and when it gets weaker."""
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


def weakening_answers(changes: Sequence[Change]) -> Iterator[Answer]:
    """Failed for what gets weaker or goes, undecided for what may, because it is known only after apply."""
    for change in changes:
        if change.actions == ("delete",) and change.type in _PROTECTIVE:
            yield Answer(Verdict.FAILED, change.address, "", "kept", f"{change.type} is deleted", change.address)
        if change.before is None or change.after is None:
            continue
        for path, rule in _SETTINGS.get(change.type, ()):
            before, after = value_at(change.before, path), value_at(change.after, path)
            verdict = _verdict(before, after, rule)
            if verdict is not None and not _comes_with_dsse(change, path):
                told = f"{shown(before)} becomes {shown(after)}"
                yield Answer(verdict, change.address, path, f"not weaker than {shown(before)}", told, change.address)


def value_at(values: dict[str, Any] | None, path: str) -> Any:
    """An attribute in clear, None where there is none; UNKNOWN when some of it is known only after apply."""
    found = reveal(at(values, path, default=None)) if values is not None else None
    return UNKNOWN if _is_unknown(found) else found


def _is_unknown(value: Any) -> bool:
    value = reveal(value)
    if isinstance(value, dict):
        return any(_is_unknown(item) for item in value.values())
    return any(_is_unknown(item) for item in value) if isinstance(value, list) else value is UNKNOWN


def _verdict(before: Any, after: Any, rule: _Rule) -> Verdict | None:
    if before is UNKNOWN:
        return None
    if after is UNKNOWN:
        return Verdict.UNDECIDED if rule.is_safe(before) else None
    return Verdict.FAILED if rule.is_weaker(before, after) else None


def _comes_with_dsse(change: Change, path: str) -> bool:
    """Whether it is the bucket key, which DSSE-KMS does not have."""
    if not path.endswith("bucket_key_enabled"):
        return False
    algorithm = value_at(change.after, f"{_DEFAULT}.sse_algorithm")
    return algorithm is not UNKNOWN and algorithm == SSE_KMS[-1]
