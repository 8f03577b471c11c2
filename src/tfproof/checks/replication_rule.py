"""Whether replication copies every state, readably."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, equals, on_resource
from tfproof.checks.finding import Answer

__all__ = ["CHECK"]

_TYPE: Final = "aws_s3_bucket_replication_configuration"
_KEY: Final = re.compile(r"arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_BUCKET: Final = re.compile(r"arn:aws[a-z0-9-]*:s3:::[a-z0-9.-]+")
_ROLE: Final = re.compile(r"arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/.+")


def _matching(what: str, pattern: re.Pattern[str]) -> Expectation:
    return Expectation(what, lambda found: isinstance(found, str) and bool(pattern.fullmatch(found)))


def _everything(found: Any) -> bool:
    """Whether a rule's filter lets every object through."""
    return isinstance(found, list) and len(found) == 1 and not any((found[0] or {}).values())


_PATHS: Final = {
    "role": _matching("the ARN of a role", _ROLE),
    "rule[0].status": equals("Enabled"),
    "rule[0].filter": Expectation("a filter that lets every object through", _everything),
    "rule[0].delete_marker_replication[0].status": equals("Enabled"),
    "rule[0].source_selection_criteria[0].sse_kms_encrypted_objects[0].status": equals("Enabled"),
    "rule[0].destination[0].bucket": _matching("the ARN of a bucket", _BUCKET),
    "rule[0].destination[0].encryption_configuration[0].replica_kms_key_id": _matching("the full ARN of a key", _KEY),
}


def _configured(backend: Backend) -> Iterator[Answer]:
    for resource in backend.bucket_parts(_TYPE):
        for path, expectation in _PATHS.items():
            yield on_resource(expectation, resource, path)


CHECK = Check(
    id="replication-rule",
    section="bucket",
    title="Replication copies every state, deletions too, under the key of the copy",
    reason="S3 skips what is encrypted with KMS unless told otherwise, and says nothing; without delete markers the "
    "copy shows locks as held for ever.",
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html",),
    configured=_configured,
    applies=lambda backend: backend.replicates,
)
