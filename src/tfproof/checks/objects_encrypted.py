"""What the objects in the bucket are encrypted with, whoever wrote them and when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from tfproof.backend_use.trial import TRIAL
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.checks.sse_kms import SSE_KMS

__all__ = ["CHECK"]

_LOOKED_AT: Final = 200
"""Objects whose headers are read; each is a call."""
_UNDER_KEY = Expectation("every object under the dedicated key", lambda found: found == [])


def _live(live: LiveBackend) -> Iterator[Answer]:
    wrong = []
    # States of trials come and go meanwhile, some of them wrong on purpose; what became of them is judged by itself.
    for key in islice((key for key in live.object_keys if TRIAL not in key), _LOOKED_AT):
        head = live.written_object(key)
        algorithm, under = head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")
        if head and (algorithm not in SSE_KMS or under != live.key_arn):
            wrong.append(f"{key} is under {under or algorithm or 'nothing'}")
    address = live.state.address_of("aws_s3_bucket_server_side_encryption_configuration")
    yield answer(_UNDER_KEY, wrong, subject="HeadObject of what is in the bucket", address=address)


CHECK = Check(
    id="objects-encrypted",
    section="bucket",
    title="Every object in the bucket is encrypted with the dedicated key",
    reason="The bucket's setting is for new objects that name no encryption. What was written before it, or past it, "
    "stays as it is, and no plan shows what is in a bucket.",
    remedy="Copy each object onto itself under the key: `aws s3 cp s3://BUCKET/KEY s3://BUCKET/KEY --sse aws:kms "
    "--sse-kms-key-id ARN`.",
    references=("ministryofjustice/modernisation-platform#13379",),
    live=_live,
)
