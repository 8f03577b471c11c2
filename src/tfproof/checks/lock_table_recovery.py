"""Point-in-time recovery of the lock table."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, table_itself
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_PATH = "point_in_time_recovery[0].enabled"

CHECK = Check(
    id="lock-table-recovery",
    section="lock table",
    title="The lock table can be recovered to a point in time",
    reason="The table holds more than locks: the digest of every state. Lost or wrong, they stop every run until "
    "somebody "
    "mends them by hand.",
    references=("FSBP DynamoDB.2", "CKV_AWS_28", "AWS-0024"),
    configured=configured_attribute(table_itself, {_PATH: equals(expected=True)}),
    live=live_value(
        table_itself,
        "DescribeContinuousBackups",
        {
            "PointInTimeRecoveryStatus": (
                lambda live: live.recovery.get("PointInTimeRecoveryStatus"),
                equals("ENABLED"),
                _PATH,
            )
        },
    ),
    applies=lambda backend: backend.locks_in_table,
)
