"""The IAM policy that a module makes for its users."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_OUTPUT = "read_write_policy_json"
_SAME = Expectation(f"the policy of output {_OUTPUT}", lambda found: found is None)


def _configured(backend: Backend) -> Iterator[Answer]:
    promised = reveal(backend.outputs.get(_OUTPUT))
    for resource in backend.all_of("aws_iam_policy"):
        held = reveal(resource.at("policy", default=None))
        unknown = held is UNKNOWN or promised is UNKNOWN
        found: Any = UNKNOWN if unknown else None if _document(held) == _document(promised) else "another policy"
        yield answer(_SAME, found, subject=resource.address, path="policy", address=resource.address)


def _document(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


CHECK = Check(
    id="iam-policy",
    section="outputs",
    title="The IAM policy that is made holds the read-write policy",
    reason="It is attached by name and never read: whatever else it holds, its holders can do.",
    configured=_configured,
    applies=lambda backend: _OUTPUT in backend.outputs and bool(backend.all_of("aws_iam_policy")),
)
