"""Whether a value names the dedicated key."""

from __future__ import annotations

from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.expectation import Expectation, equals
from tfproof.values import UNKNOWN

__all__ = ["expected_key", "same_key"]


def expected_key(backend: Backend) -> Any:
    """The dedicated key's ARN: `UNKNOWN` before the key exists, None when there is no such key."""
    return backend.key.at("arn", default=None) if backend.key is not None else None


def same_key(arn: Any) -> Expectation:
    """The ARN of the dedicated key; nothing passes while there is no such key.

    While the key's ARN is unknown, a value that is known already cannot be it.
    """
    if isinstance(arn, str):
        return equals(arn)
    reason = "whose ARN is known after apply" if arn is UNKNOWN else "which the configuration does not have"
    return Expectation(f"the ARN of the dedicated key, {reason}", lambda _found: False)
