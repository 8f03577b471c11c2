"""Uploads that were begun and never completed."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.attribute import part_of_bucket
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.lifecycle import ConfiguredRule, live_rules
from tfproof.checks.live import LiveBackend

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_lifecycle_configuration")
_ABORTED = Expectation("a rule for every object that aborts incomplete uploads", bool)


def _answer(rules: list[ConfiguredRule], subject: str, address: str) -> Answer:
    aborting = [rule for rule in rules if rule.covers_everything and rule.abort_days is not None]
    path = f"{aborting[0].path}.abort_incomplete_multipart_upload[0]" if aborting else "rule"
    return answer(_ABORTED, [rule.id for rule in aborting], subject=subject, path=path, address=address)


def _configured(backend: Backend) -> Iterator[Answer]:
    resources, nothing = _BUCKET(backend)
    if not resources:
        yield nothing
    for resource in resources:
        yield _answer(ConfiguredRule.all_of(resource), resource.address, resource.address)


def _live(live: LiveBackend) -> Iterator[Answer]:
    address = live.state.address_of("aws_s3_bucket_lifecycle_configuration")
    yield _answer(live_rules(live), "GetBucketLifecycleConfiguration", address)


CHECK = Check(
    id="incomplete-uploads",
    section="bucket",
    title="Incomplete uploads are aborted",
    reason="A state over 5 MiB goes up in parts. The parts of an upload that failed are kept and paid for, invisible "
    "to "
    "a listing, and hold parts of the state.",
    references=("CKV_AWS_300",),
    configured=_configured,
    live=_live,
)
