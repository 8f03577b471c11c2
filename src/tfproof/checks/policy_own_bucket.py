"""What the statements of the bucket policy are about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_OWN = Expectation("statements about the state bucket and its objects only", lambda found: found == "")


def _foreign(text: Any, bucket_arn: str) -> str:
    """The first thing in a policy that is neither the bucket, an object of it nor an action of S3; `""` for none."""
    try:
        statements = json.loads(text)["Statement"] if text else []
    except (TypeError, ValueError, LookupError):
        return "a policy that is not JSON with statements"
    for statement in statements if isinstance(statements, list) else [statements]:
        named = statement.get("Resource") or statement.get("NotResource")
        for resource in named if isinstance(named, list) else [named]:
            if resource != bucket_arn and not str(resource).startswith(f"{bucket_arn}/"):
                return f"{statement.get('Sid', 'a statement')} on {resource}"
        actions = statement.get("Action") or statement.get("NotAction")
        for action in actions if isinstance(actions, list) else [actions]:
            if not str(action).lower().startswith("s3:"):
                return f"{statement.get('Sid', 'a statement')} about {action}"
    return ""


def _configured(backend: Backend) -> Iterator[Answer]:
    resources = backend.bucket_parts("aws_s3_bucket_policy")
    arn = backend.bucket.at("arn", default=UNKNOWN) if backend.bucket is not None else UNKNOWN
    for resource in resources:
        text = resource.at("policy", default=None)
        found = UNKNOWN if arn is UNKNOWN or text is UNKNOWN else _foreign(reveal(text), str(reveal(arn)))
        yield answer(_OWN, found, subject=resource.address, path="policy", address=resource.address)


def _live(live: LiveBackend) -> Iterator[Answer]:
    bucket = live.state.bucket
    arn = str(bucket.at("arn", default="")) if bucket is not None else ""
    address = live.state.address_of("aws_s3_bucket_policy")
    yield answer(_OWN, _foreign(live.bucket_policy, arn), subject="GetBucketPolicy", path="policy", address=address)


CHECK = Check(
    id="policy-own-bucket",
    section="bucket policy",
    title="Every statement is about this bucket, and about actions of S3",
    reason="S3 refuses a bucket policy that names another resource, `*` too (MalformedPolicy: Policy has invalid "
    "resource); emulators take it, and the first apply at AWS fails.",
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html",),
    configured=_configured,
    live=_live,
    applies=lambda backend: bool(backend.bucket_parts("aws_s3_bucket_policy")),
)
