"""The settings of a backend in use, by the checks of a proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfproof.audit.live.known import Known
from tfproof.audit.live.place import DENIED, Place, error_code
from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.checks.live import LiveBackend
from tfproof.errors import TargetError
from tfproof.terraform.resource import Resource
from tfproof.terraform.state import State

__all__ = ["settings_findings"]

_NOT_HERE: Final = frozenset({"lock-table-tags", "objects-encrypted", "written-object"})
"""The first holds the tags against those that were applied, which nobody says here; what the second samples is all
walked; the third looks at an object that a proof writes, and an audit writes none."""
_DEFAULT_KEY: Final = "bucket-encryption-key"
_BY_KEY: Final = frozenset(
    {"lock-table-encryption", "policy-encryption-algorithm", "policy-encryption-key", "policy-right-write"}
)
"""Beside those of the key itself, the checks that cannot be decided without knowing it."""


class _View(Backend):
    """A backend that is known by nothing but the names of its parts."""

    def __init__(self, place: Place, key: str) -> None:
        super().__init__(State({}), outputs={})
        arn = f"arn:{key.split(':')[1] if key else place.partition}:s3:::{place.bucket}"
        self.bucket = _resource("aws_s3_bucket", place.bucket, {"bucket": place.bucket, "arn": arn})
        self.table = _resource("aws_dynamodb_table", place.table, {"name": place.table}) if place.table else None
        self.key = _resource("aws_kms_key", key, {"arn": key}) if key else None

    @property
    def locks_in_table(self) -> bool:
        return self.table is not None


class _Live(LiveBackend):
    """What AWS answers, with the default's key by its ARN, however the bucket names it."""

    def __init__(self, place: Place, view: Backend, known: Known) -> None:
        super().__init__(place.of, view)
        self._default_key = known.default_key

    @property
    def default_encryption(self) -> dict[str, Any]:
        found = super().default_encryption
        return {**found, "KMSMasterKeyID": self._default_key} if self._default_key else found


def _resource(kind: str, name: str, values: dict[str, Any]) -> Resource:
    return Resource(name, "", "managed", kind, name, values)


def settings_findings(place: Place, known: Known) -> Iterator[tuple[Finding, str]]:
    """What the checks of bucket, key, policies and table answer, each with a remedy or `""`.

    What was refused, or cannot be decided without a key that is not known, is undecided.
    """
    view = _View(place, known.key)
    live = _Live(place, view, known)
    for check in CHECKS:
        if check.id in _NOT_HERE or check.section == "outputs" or check.live is None or not check.applies(view):
            continue
        by_key = check.section == "key" or check.id in _BY_KEY
        if by_key and not known.key:
            yield _undecided(check, place, f"the key is not known: {known.why}"), ""
            continue
        if check.id == _DEFAULT_KEY and known.default_key is None:
            yield _undecided(check, place, known.why or "which key the bucket's default names is not known"), ""
            continue
        try:
            for finding in check.on_live(live):
                yield finding, ""
        except TargetError as error:
            _note_refusal(place, error)
            yield _undecided(check, place, error.message[:300]), ""


def _undecided(check: Check, place: Place, found: str) -> Finding:
    return check.finding(Layer.LIVE, Answer(Verdict.UNDECIDED, place.bucket, "", check.title, found))


def _note_refusal(place: Place, error: TargetError) -> None:
    """Remembers which action was missing, from `LiveBackend`'s error: `s3 get_bucket_policy of ... was refused`."""
    words = error.message.split()
    cause = error.__cause__
    if len(words) > 1 and hasattr(cause, "response") and error_code(cause) in DENIED:
        client = place.of(words[0])
        place.refuse(client.meta.method_to_api_mapping.get(words[1], words[1]))
