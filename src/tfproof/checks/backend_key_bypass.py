"""A backend that would bypass the key is refused at its first write."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.backend_use.encryption import WrittenState
from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.sse_kms import SSE_KMS

__all__ = ["CHECK", "judge"]

CHECK = Check(
    id="backend-key-bypass",
    section="backend",
    title="A backend with `encrypt = true` and no key is refused, loudly, before anything is written",
    reason="`encrypt = true` alone makes Terraform ask for AES256, over the bucket's own default. Without a refusal "
    "every state is written without the key, and nothing says so for years.",
    references=("hashicorp/terraform#20369", "cloudposse/terraform-aws-tfstate-backend#188"),
)

_REFUSED = Expectation("refused: AccessDenied, with an explicit deny in a resource-based policy", bool)
_NOTHING = Expectation("no object that is not under the key", lambda found: found == "none")


def judge(backend: Backend, written: WrittenState) -> Iterator[Answer]:
    """Answers on an apply whose backend has `encrypt` and no `kms_key_id`.

    Args:
        backend: The backend in the state, for addresses.
        written: What came of it.
    """
    address = backend.address_of("aws_s3_bucket_policy")
    subject = f"terraform apply, backend with {written.setting}"
    denied = [call for call in written.calls.refused if call.operation == "PutObject"]
    loud = bool(written.exit_code) and any(call.decision == "explicitDeny" for call in denied)
    shown = written.message or f"exit code {written.exit_code}, header {written.header}"
    yield answer(Expectation(_REFUSED.text, lambda _: loud), shown, subject=subject, address=address)
    bare = [f"{version.key}: {version.algorithm}" for version in written.versions if version.algorithm not in SSE_KMS]
    yield answer(_NOTHING, ", ".join(bare) or "none", subject=f"objects after {subject}", address=address)
