"""States that Terraform really wrote with `backend_config`."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.backend_use.encryption import WrittenState
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, equals
from tfproof.checks.finding import Answer
from tfproof.checks.sse_kms import is_sse_kms

__all__ = ["CHECK", "judge"]

CHECK = Check(
    id="backend-state-encryption",
    section="backend",
    title="States and lock files that Terraform writes are encrypted with the dedicated key",
    reason="What counts is the object that Terraform wrote: its encryption is decided by the backend's settings, the "
    "header they make Terraform send, and the bucket's default together.",
    references=("hashicorp/terraform#20369",),
)

_WRITTEN = Expectation("a state that was written", bool)


def judge(backend: Backend, written: WrittenState, key_arn: str) -> Iterator[Answer]:
    """Answers on what Terraform wrote with one of the settings that must end at the dedicated key.

    Args:
        backend: The backend in the state, for addresses.
        written: What was written.
        key_arn: ARN of the dedicated key.
    """
    sse = "aws_s3_bucket_server_side_encryption_configuration"
    own = written.setting == "encrypt and kms_key_id"
    address = backend.output_address("backend_config") if own else backend.address_of(sse)
    path = "value.kms_key_id" if own else "rule[0].apply_server_side_encryption_by_default[0]"
    with_setting = f"terraform apply, backend with {written.setting}"
    states = [version for version in written.versions if not version.key.endswith(".tflock")]
    if not states:
        found = f"nothing was written: {written.message}"
        yield answer(Expectation(_WRITTEN.text, lambda _: False), found, subject=with_setting, address=address)
        return
    for version in written.versions:
        name = "lock file" if version.key.endswith(".tflock") else "state"
        for what, expected, shown in (
            ("ServerSideEncryption", is_sse_kms, version.algorithm),
            ("SSEKMSKeyId", equals(key_arn), version.kms_key),
            ("BucketKeyEnabled", equals(expected=True), version.bucket_key),
        ):
            subject = f"{what} of the {name}, backend with {written.setting}"
            yield answer(expected, shown, subject=subject, path=path, address=address)
