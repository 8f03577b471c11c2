"""An object that was really written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.checks.check import Check
from tfproof.checks.expectation import answer, equals
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.checks.sse_kms import is_sse_kms

__all__ = ["CHECK", "PROBE_KEY"]

PROBE_KEY: Final = "tfproof/written-without-a-header"
"""Object that the journey writes, naming no encryption, before the live backend is audited."""
_ADDRESS = "aws_s3_bucket_server_side_encryption_configuration"
_RULE = "rule[0].apply_server_side_encryption_by_default[0]"


def _live(live: LiveBackend) -> Iterator[Answer]:
    head = live.written_object(PROBE_KEY)
    address = live.state.address_of(_ADDRESS)
    for name, expected, path in (
        ("ServerSideEncryption", is_sse_kms, f"{_RULE}.sse_algorithm"),
        ("SSEKMSKeyId", equals(live.key_arn), f"{_RULE}.kms_master_key_id"),
        ("BucketKeyEnabled", equals(expected=True), "rule[0].bucket_key_enabled"),
    ):
        yield answer(expected, head.get(name), subject=f"HeadObject {name}", path=path, address=address)


CHECK = Check(
    id="written-object",
    section="bucket",
    title="An object written without naming an encryption is encrypted with the dedicated key",
    reason="Settings promise; the object shows. This is what Terraform's states get when the backend names no "
    "encryption.",
    live=_live,
)
