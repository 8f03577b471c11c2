"""Encryption of the lock table."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.attribute import live_value, table_itself
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import answer, equals, on_resource
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.checks.same_key import expected_key, same_key

__all__ = ["CHECK"]

_ENABLED = "server_side_encryption[0].enabled"
_KEY = "server_side_encryption[0].kms_key_arn"


def _configured(backend: Backend) -> Iterator[Answer]:
    tables, nothing = table_itself(backend)
    if not tables:
        yield nothing
    for table in tables:
        yield on_resource(equals(expected=True), table, _ENABLED)
        yield on_resource(same_key(expected_key(backend)), table, _KEY)


_type = live_value(
    table_itself,
    "DescribeTable",
    {
        "SSEDescription.SSEType": (
            lambda live: live.table.get("SSEDescription", {}).get("SSEType"),
            equals("KMS"),
            _ENABLED,
        )
    },
)


def _live(live: LiveBackend) -> Iterator[Answer]:
    yield from _type(live)
    yield answer(
        equals(live.key_arn),
        live.table.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        subject="DescribeTable SSEDescription.KMSMasterKeyArn",
        path=_KEY,
        address=live.state.table.address if live.state.table is not None else "",
    )


CHECK = Check(
    id="lock-table-encryption",
    section="lock table",
    title="The dedicated key encrypts the lock table",
    reason="Lock rows say who runs what where, and the same key keeps state and locks under one policy.",
    references=("CKV_AWS_119", "AWS-0025"),
    configured=_configured,
    live=_live,
    applies=lambda backend: backend.locks_in_table,
)
