"""The statement of the key policy that keeps the account able to manage its key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tfproof.checks.attribute import key_itself
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_ROOT = Expectation(
    "a statement that allows kms:* to the root of the key's account, unconditionally", lambda found: found is None
)


def _lacks_root(policy: Any, arn: str) -> str | None:
    """What the policy has instead of the root statement, or None when it has it."""
    partition, account = _partition_and_account(arn)
    roots = {f"arn:{partition}:iam::{account}:root", account}
    try:
        statements = json.loads(policy)["Statement"] if policy else []
    except (TypeError, ValueError, LookupError):
        return "a policy that is not JSON with statements"
    listed = statements if isinstance(statements, list) else [statements]
    for statement in listed:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) else None
        actions = statement.get("Action")
        if (
            statement.get("Effect") == "Allow"
            and not statement.get("Condition")
            and roots & set(named if isinstance(named, list) else [named])
            and "kms:*" in (actions if isinstance(actions, list) else [actions])
            and statement.get("Resource") in ("*", ["*"])
        ):
            return None
    sids = ", ".join(str(statement.get("Sid", "(no Sid)")) for statement in listed)
    return f"statements {sids}" if sids else "no policy"


def _partition_and_account(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return (parts[1], parts[4]) if len(parts) > 5 else ("aws", "")  # noqa: PLR2004  # an ARN has six parts


def _configured(backend: Backend) -> Iterator[Answer]:
    keys, nothing = key_itself(backend)
    if not keys:
        yield nothing
    for key in keys:
        arn, policy = key.at("arn", default=UNKNOWN), key.at("policy", default=None)
        if policy is UNKNOWN:
            found: Any = UNKNOWN
        else:
            account = reveal(arn) if arn is not UNKNOWN else _account_named_in(reveal(policy))
            found = _lacks_root(reveal(policy), account)
        yield answer(_ROOT, found, subject=key.address, path="policy", address=key.address)


def _account_named_in(policy: Any) -> str:
    """A stand-in for the key's ARN before the key exists: the account whose root the policy names.

    That it is the key's own account is decided after apply.
    """
    try:
        for statement in json.loads(policy)["Statement"]:
            named = statement["Principal"]["AWS"]
            for principal in named if isinstance(named, list) else [named]:
                if str(principal).endswith(":root"):
                    return str(principal)
    except (TypeError, ValueError, LookupError):
        pass
    return ""


def _live(live: LiveBackend) -> Iterator[Answer]:
    found = _lacks_root(live.key_policy, live.key_arn)
    address = live.state.key.address if live.state.key is not None else ""
    yield answer(_ROOT, found, subject="GetKeyPolicy", path="policy", address=address)


CHECK = Check(
    id="key-policy-root",
    section="key",
    title="The account can always manage the key",
    reason="A key policy trusts nobody by itself. Without the account's root in it, the key is lost with the last "
    "principal it names, and only AWS Support can help.",
    references=("CKV2_AWS_64", "AWS KMS Developer Guide, default key policy"),
    configured=_configured,
    live=_live,
)
