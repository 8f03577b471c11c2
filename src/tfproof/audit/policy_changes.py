"""What a plan's changes to policies open: of resources, of trust, of identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tfproof.audit.permission_changes import PolicyKindAsked, widened
from tfproof.checks.finding import Answer, Verdict, shown
from tfproof.terraform.plan import Change
from tfproof.values import UNKNOWN, at, reveal

__all__ = ["widening_answers"]

_POLICIES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # Where a policy stands, and of which service it is the resource's own; "" for policies of identities.
    "aws_s3_bucket": (("policy", "s3"),),
    "aws_s3_bucket_policy": (("policy", "s3"),),
    "aws_kms_key": (("policy", "kms"),),
    "aws_kms_key_policy": (("policy", "kms"),),
    "aws_dynamodb_resource_policy": (("policy", "dynamodb"),),
    "aws_iam_role": (("assume_role_policy", "sts"), ("inline_policy", "")),
    "aws_iam_policy": (("policy", ""),),
    "aws_iam_role_policy": (("policy", ""),),
    "aws_iam_user_policy": (("policy", ""),),
    "aws_iam_group_policy": (("policy", ""),),
}
_EXPECTED: Final = "no request allowed that was not before"


def widening_answers(changes: Sequence[Change]) -> Iterator[Answer]:
    """Failed for every request that becomes allowed, undecided for what cannot be known or tried."""
    for change in changes:
        # What is new is not wider than before: the checks of the backend look at it.
        if change.actions not in (("no-op",), ("create",)):
            for path, service in _POLICIES.get(change.type, ()):
                yield from _answers(change, path, service)


def _answers(change: Change, path: str, service: str) -> Iterator[Answer]:
    before, after = _texts(change.before, path), _texts(change.after, path)
    if change.after is None and change.type != "aws_s3_bucket_policy":
        return  # an identity's policy that goes takes rights away; a resource's own goes with the resource
    if before is None or before == after:
        return
    if after is None:
        yield Answer(Verdict.UNDECIDED, change.address, path, _EXPECTED, shown(UNKNOWN), change.address)
        return
    asked = PolicyKindAsked(is_identity=not service, service=service, resource=_resource_of(change) if service else "")
    made = widened(before, after, asked)
    for widening in made.found:
        yield Answer(Verdict.FAILED, change.address, path, _EXPECTED, str(widening), change.address)
    for reason in made.unasked:
        yield Answer(Verdict.UNDECIDED, change.address, path, _EXPECTED, reason, change.address)


def _texts(values: dict[str, Any] | None, path: str) -> list[str] | None:
    """The texts of the policies at a path, inline policies one by one; None when one is known only after apply."""
    found = reveal(at(values, path, default=None)) if values is not None else None
    if found is UNKNOWN:
        return None
    if path == "inline_policy":
        blocks = [reveal(block) for block in found] if isinstance(found, list) else []
        if any(block is UNKNOWN for block in blocks):
            return None
        found = [reveal(at(block, "policy", default=None)) for block in blocks if isinstance(block, dict)]
        if any(text is UNKNOWN for text in found):
            return None
    listed = found if isinstance(found, list) else [found]
    return [text for text in listed if isinstance(text, str) and text]


def _resource_of(change: Change) -> str:
    before = change.before or {}
    arn = reveal(at(before, "resource_arn" if change.type == "aws_dynamodb_resource_policy" else "arn", default=None))
    if isinstance(arn, str):
        return arn
    bucket = reveal(at(before, "bucket", default=None))
    if change.type == "aws_s3_bucket_policy" and isinstance(bucket, str):
        return f"arn:aws:s3:::{bucket}"
    return ""
