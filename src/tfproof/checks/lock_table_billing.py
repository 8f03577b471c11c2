"""How the lock table is paid for."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, live_value, table_itself
from tfproof.checks.check import Check
from tfproof.checks.expectation import equals

__all__ = ["CHECK"]

_ON_DEMAND = equals("PAY_PER_REQUEST")

CHECK = Check(
    id="lock-table-billing",
    section="lock table",
    title="The lock table is on demand",
    reason="With provisioned capacity many runs at once are throttled, and a throttled unlock leaves a lock behind.",
    references=("FSBP DynamoDB.1",),
    configured=configured_attribute(table_itself, {"billing_mode": _ON_DEMAND}),
    live=live_value(
        table_itself,
        "DescribeTable",
        {
            "BillingMode": (
                lambda live: live.table.get("BillingModeSummary", {}).get("BillingMode"),
                _ON_DEMAND,
                "billing_mode",
            )
        },
    ),
    applies=lambda backend: backend.locks_in_table,
)
