"""How bad it is when a check fails."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["Severity", "severity_of"]


class Severity(StrEnum):
    """How bad, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """A number that grows with it, from 0."""
        return len(Severity) - 1 - list(Severity).index(self)


_CRITICAL: Final = (
    "key-pending-deletion",
    "objects-encrypted",
    "plan-key-deletion",
    "policy-not-public",
    # What is written past the key, or can be.
    "backend-state-encryption",
    "live-object-encryption",
)
_HIGH: Final = (
    "backend-key-bypass",
    "backend-settings",
    "bucket-encryption",
    "bucket-encryption-key",
    "bucket-versioning",
    "creation-order",
    "input-readable",
    "key-enabled",
    "key-policy-grants",
    "key-policy-root",
    "live-digest",
    "output-backend-config",
    "output-backend-config-hcl",
    "output-read-only-policy",
    "output-read-write-policy",
    "plan-destroys-data",
    "plan-weakens-protection",
    "plan-widens-permissions",
    "policy-customer-key",
    "policy-encryption-algorithm",
    "policy-encryption-key",
    "policy-insecure-transport",
    "policy-kms-without-key",
    "policy-right-write",
    "public-access-block",
    "state-addresses",
    "state-history",
    "written-object",
)
_LOW: Final = (
    "bucket-key",
    "incomplete-uploads",
    "key-alias",
    "live-bucket-key",
    "live-delete-markers",
    "lock-file-versions",
    "lock-table-billing",
    "lock-table-tags",
    "nothing-left",
    "output-names",
    "policy-outdated-tls",
    "second-plan-empty",
)
_BY_ID: Final = {
    **dict.fromkeys(_CRITICAL, Severity.CRITICAL),
    **dict.fromkeys(_HIGH, Severity.HIGH),
    **dict.fromkeys(_LOW, Severity.LOW),
}


def severity_of(check_id: str) -> Severity:
    """The severity of a check; medium for what is in none of the lists."""
    return _BY_ID.get(check_id, Severity.MEDIUM)
