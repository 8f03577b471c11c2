"""The key schema of the lock table."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.attribute import configured_attribute, live_value, table_itself
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, equals
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend

__all__ = ["CHECK"]

_LOCK_ID = equals("LockID")
_STRING = Expectation(
    'attribute LockID of type "S"',
    lambda found: any(
        item in ({"name": "LockID", "type": "S"}, {"AttributeName": "LockID", "AttributeType": "S"})
        for item in found or []
    ),
)
_ALONE = Expectation("no range key", lambda found: not found)

_attributes = configured_attribute(table_itself, {"hash_key": _LOCK_ID, "attribute": _STRING, "range_key": _ALONE})


def _configured(backend: Backend) -> Iterator[Answer]:
    yield from _attributes(backend)


def _schema(live: LiveBackend) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in live.table.get("KeySchema", [])]


CHECK = Check(
    id="lock-table-key",
    section="lock table",
    title="The lock table's key is the string LockID",
    reason="Terraform's S3 backend writes its locks under LockID and nothing else: with another key no run can lock.",
    references=("hashicorp/terraform internal/backend/remote-state/s3/client.go",),
    configured=_configured,
    live=live_value(
        table_itself,
        "DescribeTable",
        {
            "KeySchema": (_schema, equals([("LockID", "HASH")]), "hash_key"),
            "AttributeDefinitions": (lambda live: live.table.get("AttributeDefinitions"), _STRING, "attribute"),
        },
    ),
    applies=lambda backend: backend.locks_in_table,
)
