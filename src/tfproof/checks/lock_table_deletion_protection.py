"""Deletion protection of the lock table."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, table_itself
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_ON = equals(expected=True)

CHECK = Check(
    id="lock-table-deletion-protection",
    section="lock table",
    title="The lock table cannot be deleted by mistake",
    reason="A table that is gone takes the locks of the runs under way and the digests of all states with it; account "
    "cleaning tools have done it.",
    references=("FSBP DynamoDB.6", "redpanda-data/connect#4730"),
    configured=configured_attribute(table_itself, {"deletion_protection_enabled": _ON}),
    live=live_value(
        table_itself,
        "DescribeTable",
        {
            "DeletionProtectionEnabled": (
                lambda live: live.table.get("DeletionProtectionEnabled"),
                _ON,
                "deletion_protection_enabled",
            )
        },
    ),
    applies=lambda backend: backend.locks_in_table,
)
