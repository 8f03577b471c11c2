"""How long old versions of the state are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfproof.checks.attribute import part_of_bucket
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.lifecycle import ConfiguredRule, live_rules
from tfproof.checks.live import LiveBackend

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_lifecycle_configuration")
_KEPT = Expectation("1 or more newest versions kept", lambda found: isinstance(found, int) and found >= 1)
_DAYS = Expectation("1 or more days", lambda found: isinstance(found, int) and found >= 1)
_RULE = Expectation("a rule for every object that expires noncurrent versions", bool)


def _answers(rules: list[ConfiguredRule], subject: str, address: str) -> Iterator[Answer]:
    whole = [rule for rule in rules if rule.covers_everything and rule.noncurrent_days is not None]
    path = f"{whole[0].path}.noncurrent_version_expiration[0]" if whole else "rule"
    yield answer(_RULE, [rule.id for rule in whole], subject=subject, path=path, address=address)
    for rule in whole:
        newer: Any = rule.newer_noncurrent_versions
        yield answer(_KEPT, newer, subject=subject, path=f"{path}.newer_noncurrent_versions", address=address)
        yield answer(_DAYS, rule.noncurrent_days, subject=subject, path=f"{path}.noncurrent_days", address=address)


def _configured(backend: Backend) -> Iterator[Answer]:
    resources, nothing = _BUCKET(backend)
    if not resources:
        yield nothing
    for resource in resources:
        yield from _answers(ConfiguredRule.all_of(resource), resource.address, resource.address)


def _live(live: LiveBackend) -> Iterator[Answer]:
    address = live.state.address_of("aws_s3_bucket_lifecycle_configuration")
    yield from _answers(live_rules(live), "GetBucketLifecycleConfiguration", address)


CHECK = Check(
    id="noncurrent-versions",
    section="bucket",
    title="Old versions expire, but the newest ones and the young ones are kept",
    reason="Without a rule versions pile up for ever, each with all its secrets. Without a number of versions to "
    "keep, a "
    "state that changes rarely loses its whole history on one day.",
    references=("CKV2_AWS_61", "FSBP S3.13", "FSBP S3.10"),
    configured=_configured,
    live=_live,
)
