"""Lifecycle rules, configured and live, in one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfproof.checks.live import LiveBackend
from tfproof.terraform.resource import Resource
from tfproof.values import UNKNOWN, at

__all__ = ["ConfiguredRule", "live_rules"]


@dataclass(frozen=True, slots=True)
class ConfiguredRule:
    """One enabled lifecycle rule.

    Attributes:
        id: Its id.
        path: Attribute path of the rule in its resource, for pointing at a line.
        prefix: Prefix of the objects it covers, `""` for every object, None when it filters by something else too.
        noncurrent_days: Days after which noncurrent versions expire, or None.
        newer_noncurrent_versions: How many of the newest noncurrent versions are kept, or None.
        abort_days: Days after which incomplete uploads are aborted, or None.
    """

    id: str
    path: str
    prefix: Any
    noncurrent_days: Any
    newer_noncurrent_versions: Any
    abort_days: Any

    @property
    def covers_everything(self) -> bool:
        """Whether it covers every object of the bucket."""
        return self.prefix is not UNKNOWN and self.prefix == ""

    @classmethod
    def all_of(cls, resource: Resource) -> list[ConfiguredRule]:
        """The enabled rules of an `aws_s3_bucket_lifecycle_configuration`."""
        rules = resource.at("rule", default=[])
        return [
            cls(
                id=str(at(rule, "id", default="")),
                path=f"rule[{index}]",
                prefix=_configured_prefix(rule),
                noncurrent_days=at(rule, "noncurrent_version_expiration[0].noncurrent_days", default=None),
                newer_noncurrent_versions=at(
                    rule, "noncurrent_version_expiration[0].newer_noncurrent_versions", default=None
                ),
                abort_days=at(rule, "abort_incomplete_multipart_upload[0].days_after_initiation", default=None),
            )
            for index, rule in enumerate(rules if isinstance(rules, list) else [])
            if at(rule, "status", default=None) == "Enabled"
        ]


def live_rules(live: LiveBackend) -> list[ConfiguredRule]:
    """The enabled rules that GetBucketLifecycleConfiguration gives."""
    return [
        ConfiguredRule(
            id=str(rule.get("ID", "")),
            path=f"rule[{index}]",
            prefix=_live_prefix(rule),
            noncurrent_days=at(rule, "NoncurrentVersionExpiration.NoncurrentDays", default=None),
            newer_noncurrent_versions=at(rule, "NoncurrentVersionExpiration.NewerNoncurrentVersions", default=None),
            abort_days=at(rule, "AbortIncompleteMultipartUpload.DaysAfterInitiation", default=None),
        )
        for index, rule in enumerate(live.lifecycle_rules)
    ]


def _configured_prefix(rule: Any) -> Any:
    filters = at(rule, "filter", default=None) or [{}]
    given = filters[0] or {}
    narrowed = any(given.get(name) for name in ("and", "tag", "object_size_greater_than", "object_size_less_than"))
    if narrowed:
        return None
    return given.get("prefix") or at(rule, "prefix", default=None) or ""


def _live_prefix(rule: dict[str, Any]) -> str | None:
    given = rule.get("Filter", {})
    if set(given) - {"Prefix"}:
        return None
    return str(given.get("Prefix") or rule.get("Prefix") or "")
