"""The output `documented_policy_json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, missing
from tfproof.checks.finding import Answer
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK", "DOCUMENTED_ACTIONS"]

_OUTPUT = "documented_policy_json"

DOCUMENTED_ACTIONS: dict[str, tuple[str, ...]] = {
    "AllowS3StateAccess": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
    "AllowDynamoDBLockAccess": ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"),
    "AllowKMSAccess": ("kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
}
"""The three statements docs/permissions.md documents, and their actions."""


def _configured(backend: Backend) -> Iterator[Answer]:
    output = backend.output_address(_OUTPUT)
    if "documented_policy_json" not in backend.outputs:
        name = f"output {backend.output_name(_OUTPUT)}"
        yield missing(name, subject=output, address=output, expected=f"an {name}")
        return
    text = backend.outputs["documented_policy_json"]
    statements = UNKNOWN if text is UNKNOWN else _statements(reveal(text))
    for sid, actions in DOCUMENTED_ACTIONS.items():
        if sid == "AllowDynamoDBLockAccess" and not backend.locks_in_table:
            continue
        resources = _resources(backend, sid)
        expected = {"Effect": "Allow", "Action": sorted(actions), "Resource": resources}
        # Not expected.__eq__: asked about nothing at all it answers NotImplemented, which counts as true.
        expectation = Expectation(
            f"{sid}: {', '.join(actions)} on {', '.join(map(str, resources))}",
            lambda found, expected=expected: bool(found == expected),  # type: ignore[misc]
        )
        unknown = statements is UNKNOWN or _any_unknown(resources)
        found = UNKNOWN if unknown else statements.get(sid)
        yield answer(expectation, found, subject=output, path="value", address=output)
    if statements is not UNKNOWN:
        names = Expectation("no other statement", lambda found: set(found) <= set(DOCUMENTED_ACTIONS))
        yield answer(names, sorted(statements), subject=output, path="value", address=output)


def _any_unknown(values: list[Any]) -> bool:
    return any(value is UNKNOWN for value in values)


def _resources(backend: Backend, sid: str) -> list[Any]:
    if sid == "AllowS3StateAccess":
        arn = backend.bucket.at("arn", default=None) if backend.bucket is not None else None
        return [arn] if arn is UNKNOWN else [f"{arn}", f"{arn}/*"]
    owner = backend.table if sid == "AllowDynamoDBLockAccess" else backend.key
    return [owner.at("arn", default=None) if owner is not None else None]


def _statements(text: Any) -> dict[str, dict[str, Any]]:
    try:
        document = json.loads(text)
        return {
            str(statement.get("Sid", "")): {
                "Effect": statement.get("Effect"),
                "Action": sorted(_listed(statement.get("Action"))),
                "Resource": sorted(_listed(statement.get("Resource"))),
                **({"Condition": statement["Condition"]} if statement.get("Condition") else {}),
            }
            for statement in _listed(document.get("Statement"))
        }
    except (TypeError, ValueError, AttributeError):
        return {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


CHECK = Check(
    id="output-documented-policy",
    section="outputs",
    title="The documented policy holds the twelve documented actions on this bucket, table and key",
    reason="It is attached to the role or user that runs Terraform: an action that is missing stops a run half-way, a "
    "resource that is not ours opens something else.",
    references=("docs/permissions.md",),
    configured=_configured,
)
