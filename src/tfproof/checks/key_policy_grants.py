"""What the key policy gives to whom, beside the account itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tfproof.checks.attribute import key_itself
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.errors import TfproofError
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import EVERYTHING
from tfproof.iam.request import Request
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_USE: Final = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
]
_ADMINISTER: Final = [
    "kms:CreateAlias",
    "kms:DescribeKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:PutKeyPolicy",
    "kms:UpdateKeyDescription",
    "kms:RevokeGrant",
    "kms:DisableKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:DeleteAlias",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
    "kms:RotateKeyOnDemand",
]
"""https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html, for administrators and for users."""
_CRYPTOGRAPHIC: Final = frozenset(_USE) - {"kms:DescribeKey"}
_SOUND = Expectation("uses the key, or administers it, wholly, and not both", lambda found: found == "")


def _wrong_with(policies: PolicySet, principal: str, key_arn: str) -> str:
    """What is wrong with what a principal is given, `""` for nothing."""

    def may(action: str) -> bool:
        request = Request(action, key_arn, principal=principal, resource_account=key_arn.split(":")[4])
        return bool(policies.decide(request).allowed)

    used = [action for action in _USE if may(action)]
    administered = [action for action in _ADMINISTER if action != "kms:DescribeKey" and may(action)]
    if _CRYPTOGRAPHIC & set(used) and administered:
        return f"{principal} may use the key and {administered[0]}"
    if administered:
        lacking = [action for action in _ADMINISTER if not may(action)]
        return f"{principal} administers the key without {', '.join(lacking)}" if lacking else ""
    if may("kms:CreateGrant"):
        return f"{principal} may hand the key on (kms:CreateGrant)"
    lacking = [action for action in _USE if action not in used]
    return f"{principal} uses the key without {', '.join(lacking)}" if lacking else ""


def _wrong(text: Any, arn: str) -> str:
    key_arn = arn if len(arn.split(":")) > 5 else "arn:aws:kms:us-east-1:123456789012:key/not-made-yet"  # noqa: PLR2004
    try:
        # Across accounts both sides must allow. What the other side does is its own: here it allows everything, so that
        # the key policy decides. Within the account that would decide alone: the key policy lets IAM policies count.
        within, across = PolicySet(resource=str(text)), PolicySet([EVERYTHING], resource=str(text))
        principals = list(_principals(json.loads(text)))
        if "*" in principals:
            return "a statement for everybody"
        for principal in principals:
            # What an account is given its own IAM policies divide.
            own = principal.isdigit() or principal.endswith(":root")
            policies = within if principal.split(":")[4:5] == key_arn.split(":")[4:5] else across
            if not own and (found := _wrong_with(policies, principal, key_arn)):
                return found
    except (TfproofError, TypeError, ValueError, LookupError, AttributeError) as error:
        return f"a policy that cannot be evaluated: {error}"
    return ""


def _principals(document: Any) -> Iterator[str]:
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    for statement in listed:
        named = statement.get("Principal")
        by_kind = named.values() if isinstance(named, dict) else [named]
        for names in by_kind:
            yield from map(str, names if isinstance(names, list) else [names])


def _configured(backend: Backend) -> Iterator[Answer]:
    keys, nothing = key_itself(backend)
    if not keys:
        yield nothing
    for key in keys:
        text, arn = key.at("policy", default=None), key.at("arn", default=UNKNOWN)
        known = "" if arn is UNKNOWN else str(reveal(arn))
        found = UNKNOWN if text is UNKNOWN else _wrong(reveal(text), known)
        yield answer(_SOUND, found, subject=key.address, path="policy", address=key.address)


def _live(live: LiveBackend) -> Iterator[Answer]:
    address = live.state.key.address if live.state.key is not None else ""
    yield answer(_SOUND, _wrong(live.key_policy, live.key_arn), subject="GetKeyPolicy", path="policy", address=address)


CHECK = Check(
    id="key-policy-grants",
    section="key",
    title="Whoever the key policy names uses the key or administers it, and not both",
    reason="Who administers a key and may also decrypt with it reads every state and can hide it; half a list of "
    "actions breaks the first time it is needed, such as CancelKeyDeletion.",
    references=("AWS KMS Developer Guide, default key policy", "FSBP KMS.2"),
    configured=_configured,
    live=_live,
)
