"""The output `read_write_policy_json`, asked request by request."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tfproof.checks.backend import Backend
from tfproof.checks.backend_surroundings import Surroundings
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer
from tfproof.checks.reach import Asked, answers, asked, others
from tfproof.values import UNKNOWN

__all__ = ["CHECK"]

_OUTPUT = "read_write_policy_json"
_TABLE_KEY = (
    "kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey kms:GenerateDataKeyWithoutPlaintext"
    " kms:DescribeKey"
)
"""AWS's list for users of a table under a customer managed key, without kms:CreateGrant (docs/permissions.md)."""


def _needed(here: Surroundings) -> Iterator[Asked]:
    own, other = here.states
    yield from asked("s3:ListBucket", [here.bucket])
    yield from asked("s3:GetObject s3:PutObject s3:AbortMultipartUpload", here.objects(own, other))
    yield from asked("s3:DeleteObject", here.objects(other))
    yield from asked("kms:Decrypt kms:GenerateDataKey", [here.key], here.via("s3"))
    if here.lock_file:
        locks = here.objects(f"{own}.tflock", f"{other}.tflock")
        yield from asked("s3:GetObject s3:PutObject s3:DeleteObject", locks)
    if here.table:
        for context in (*here.rows(own, other), *here.digests(own, other)):
            yield from asked("dynamodb:GetItem dynamodb:PutItem dynamodb:DeleteItem", [here.table], context)
        yield from asked(_TABLE_KEY, [here.key], here.via("dynamodb"))


def _left_open(here: Surroundings) -> Iterator[Asked]:
    """What comes with the patterns in the policy and harms nobody: lock files are objects like states."""
    own, other = here.states
    locks = here.objects(f"{own}.tflock", f"{other}.tflock")
    yield from asked("s3:GetObject s3:PutObject s3:AbortMultipartUpload", locks)
    yield from asked("s3:DeleteObject", here.objects(f"{other}.tflock"))


def _configured(backend: Backend) -> Iterator[Answer]:
    address = backend.output_address(_OUTPUT)
    here = Surroundings.of(backend)
    if here is None:
        yield from answers(UNKNOWN, (), (), subject=address, address=address)
        return
    needed = list(_needed(here))
    beyond = others(chain(here.universe()), needed, _left_open(here))
    yield from answers(backend.outputs.get(_OUTPUT), needed, beyond, subject=address, address=address)


CHECK = Check(
    id="output-read-write-policy",
    section="outputs",
    title="The read-write policy allows what Terraform does with this backend, and nothing else",
    reason="It is attached to every role that runs Terraform. What it lacks breaks a run half-way; what it has too "
    "much lets one pipeline delete the states of all, or use the key past S3.",
    references=("docs/permissions.md",),
    configured=_configured,
    applies=lambda backend: _OUTPUT in backend.outputs,
)
