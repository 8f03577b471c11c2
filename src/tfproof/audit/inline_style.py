"""Settings in the bucket itself, as the AWS provider had them before version 4, as the parts they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tfproof.terraform.resource import Resource
from tfproof.values import UNKNOWN, Sensitive, at

__all__ = ["inline_part", "inline_path"]

VERSIONING: Final = "aws_s3_bucket_versioning"
ENCRYPTION: Final = "aws_s3_bucket_server_side_encryption_configuration"
LIFECYCLE: Final = "aws_s3_bucket_lifecycle_configuration"
POLICY: Final = "aws_s3_bucket_policy"

_PATHS: Final = {
    "versioning_configuration[0].status": "versioning[0].enabled",
    "rule[0].apply_server_side_encryption_by_default[0]": "server_side_encryption_configuration[0].rule[0]"
    ".apply_server_side_encryption_by_default[0]",
    "rule[0].bucket_key_enabled": "server_side_encryption_configuration[0].rule[0].bucket_key_enabled",
    "rule": "lifecycle_rule",
}


def inline_part(bucket: Resource, resource_type: str) -> Resource | None:
    """The part of this type that the bucket's own attributes amount to, at the bucket's address; None without.

    Newer providers fill the same attributes with what is there: a state shows settings that were made elsewhere.
    What is unknown until apply is not a setting: then nothing was written in the bucket.
    """
    make = _PARTS.get(resource_type)
    values = make(bucket) if make is not None else None
    if values is None:
        return None
    name = bucket.at("bucket", default=UNKNOWN)
    return Resource(bucket.address, bucket.module, bucket.mode, resource_type, bucket.name, {"bucket": name, **values})


def inline_path(path: str) -> str:
    """The attribute path in the bucket of a path in a part, so that the line is found."""
    for part, inline in _PATHS.items():
        if path == part or path.startswith((f"{part}.", f"{part}[")):
            return inline + path[len(part) :]
    return path


def _versioning(bucket: Resource) -> dict[str, Any] | None:
    enabled = bucket.at("versioning[0].enabled", default=None)
    if enabled is UNKNOWN or enabled is None:
        return None
    return {"versioning_configuration": [{"status": "Enabled" if enabled is True else "not enabled"}]}


def _encryption(bucket: Resource) -> dict[str, Any] | None:
    rules = bucket.at("server_side_encryption_configuration[0].rule", default=None)
    return {"rule": rules} if isinstance(rules, list) and rules else None


def _policy(bucket: Resource) -> dict[str, Any] | None:
    policy = bucket.at("policy", default=None)
    if policy is UNKNOWN or not isinstance(policy, (str, Sensitive)) or policy == "":
        return None
    return {"policy": policy}


def _lifecycle(bucket: Resource) -> dict[str, Any] | None:
    rules = bucket.at("lifecycle_rule", default=None)
    if not isinstance(rules, list) or not rules:
        return None
    return {"rule": list(_rules(rules))}


def _rules(rules: list[Any]) -> Iterator[dict[str, Any]]:
    for rule in rules:
        if rule is UNKNOWN or not isinstance(rule, dict):
            continue
        filters: dict[str, Any] = {"prefix": at(rule, "prefix", default=None) or ""}
        if at(rule, "tags", default=None):
            filters["and"] = True
        made: dict[str, Any] = {
            "id": at(rule, "id", default=""),
            "status": "Enabled" if at(rule, "enabled", default=None) is True else "Disabled",
            "filter": [filters],
        }
        days = at(rule, "noncurrent_version_expiration[0].days", default=None)
        if days is not None:
            # The old style has no number of versions to keep.
            made["noncurrent_version_expiration"] = [{"noncurrent_days": days}]
        abort = at(rule, "abort_incomplete_multipart_upload_days", default=None)
        if abort is not None and (abort is UNKNOWN or abort != 0):
            made["abort_incomplete_multipart_upload"] = [{"days_after_initiation": abort}]
        yield made


_PARTS: Final[dict[str, Callable[[Resource], dict[str, Any] | None]]] = {
    VERSIONING: _versioning,
    ENCRYPTION: _encryption,
    POLICY: _policy,
    LIFECYCLE: _lifecycle,
}
