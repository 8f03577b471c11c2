"""Versions that lock files leave behind."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.attribute import part_of_bucket
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.lifecycle import ConfiguredRule, live_rules
from tfproof.checks.live import LiveBackend
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_BUCKET = part_of_bucket("aws_s3_bucket_lifecycle_configuration")
_BOUNDED = Expectation("a rule that covers the lock file and expires its noncurrent versions", bool)


def _answer(rules: list[ConfiguredRule], backend: Backend, subject: str, address: str) -> Answer:
    config = backend.outputs.get("backend_config")
    key = reveal(config.get("key")) if isinstance(config, dict) and config.get("key") is not UNKNOWN else ""
    lock_file = f"{key or 'terraform.tfstate'}.tflock"
    covering = [
        rule
        for rule in rules
        if rule.noncurrent_days is not None
        and isinstance(reveal(rule.prefix), str)
        and lock_file.startswith(reveal(rule.prefix))
    ]
    path = f"{covering[-1].path}.noncurrent_version_expiration[0]" if covering else "rule"
    return answer(_BOUNDED, [rule.id for rule in covering], subject=subject, path=path, address=address)


def _configured(backend: Backend) -> Iterator[Answer]:
    resources, nothing = _BUCKET(backend)
    if not resources:
        yield nothing
    for resource in resources:
        yield _answer(ConfiguredRule.all_of(resource), backend, resource.address, resource.address)


def _live(live: LiveBackend) -> Iterator[Answer]:
    address = live.state.address_of("aws_s3_bucket_lifecycle_configuration")
    yield _answer(live_rules(live), live.state, "GetBucketLifecycleConfiguration", address)


CHECK = Check(
    id="lock-file-versions",
    section="bucket",
    title="Versions of lock files do not pile up",
    reason="Every run that locks by file leaves a version and a delete marker; after a year of CI a listing of the "
    "bucket "
    "is lock files.",
    references=("hashicorp/terraform#36445",),
    configured=_configured,
    live=_live,
)
