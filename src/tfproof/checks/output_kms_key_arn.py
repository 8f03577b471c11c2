"""The output `kms_key_arn`."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, missing
from tfproof.checks.finding import Answer, shown
from tfproof.checks.live import LiveBackend
from tfproof.checks.same_key import expected_key, same_key
from tfproof.values import reveal

__all__ = ["CHECK"]

_OUTPUT = "kms_key_arn"


def _configured(backend: Backend) -> Iterator[Answer]:
    output = backend.output_address(_OUTPUT)
    if "kms_key_arn" not in backend.outputs:
        name = f"output {backend.output_name(_OUTPUT)}"
        yield missing(name, subject=output, address=output, expected=f"an {name}")
        return
    yield answer(
        same_key(expected_key(backend)),
        backend.outputs["kms_key_arn"],
        subject=output,
        path="value",
        address=output,
    )


def _live(live: LiveBackend) -> Iterator[Answer]:
    output = live.state.output_address(_OUTPUT)
    arn = reveal(live.state.outputs.get("kms_key_arn"))
    name = live.state.output_name(_OUTPUT)
    is_output = Expectation(f"the output {name}, {shown(arn)}", lambda found: found == arn)
    yield answer(
        is_output,
        live.default_encryption.get("KMSMasterKeyID"),
        subject="GetBucketEncryption KMSMasterKeyID",
        path="value",
        address=output,
    )
    if live.state.locks_in_table:
        found = live.table.get("SSEDescription", {}).get("KMSMasterKeyArn")
        subject = "DescribeTable SSEDescription.KMSMasterKeyArn"
        yield answer(is_output, found, subject=subject, path="value", address=output)


CHECK = Check(
    id="output-kms-key-arn",
    section="outputs",
    title="The output kms_key_arn is the key that encrypts bucket and table",
    reason="Backends and policies are written with this output. When it names another key, states are written with "
    "that "
    "one, and access is granted to it.",
    configured=_configured,
    live=_live,
)
