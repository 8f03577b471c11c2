"""The output `read_only_policy_json`, asked request by request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.backend_surroundings import Surroundings
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer
from tfproof.checks.reach import Asked, answers, asked, is_allowed, others
from tfproof.errors import TfproofError
from tfproof.iam.evaluate import PolicySet
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_OUTPUT = "read_only_policy_json"


def _needed(here: Surroundings) -> Iterator[Asked]:
    yield from asked("s3:ListBucket", [here.bucket])
    yield from asked("s3:GetObject", here.objects(*here.states))
    yield from asked("kms:Decrypt", [here.key], here.via("s3"))
    if here.table:
        for context in here.digests(*here.states):
            yield from asked("dynamodb:GetItem", [here.table], context)
        yield from asked("kms:Decrypt kms:DescribeKey", [here.key], here.via("dynamodb"))


def _left_open(here: Surroundings) -> Iterator[Asked]:
    """Who may read every state may also read who holds a lock."""
    yield from asked("s3:GetObject", here.objects(*(f"{key}.tflock" for key in here.states)))


def _locks(here: Surroundings) -> list[Asked]:
    return [item for context in here.rows(*here.states) for item in asked("dynamodb:GetItem", [here.table], context)]


def _is_limited(text: Any, here: Surroundings) -> bool:
    """Whether only some rows of the table may be read: then those of locks are not among them."""
    try:
        policies = PolicySet([str(reveal(text))])
    except TfproofError:
        return False
    return not is_allowed(policies, Asked("dynamodb:GetItem", here.table))


def _configured(backend: Backend) -> Iterator[Answer]:
    address = backend.output_address(_OUTPUT)
    here = Surroundings.of(backend)
    if here is None:
        yield from answers(UNKNOWN, (), (), subject=address, address=address)
        return
    needed = list(_needed(here))
    text = backend.outputs.get(_OUTPUT)
    limited = not here.table or (text is not UNKNOWN and _is_limited(text, here))
    beyond = others(here.universe(), needed, _left_open(here), () if limited else _locks(here))
    yield from answers(text, needed, beyond, subject=address, address=address)


CHECK = Check(
    id="output-read-only-policy",
    section="outputs",
    title="The read-only policy allows reading the states of this backend, and nothing else",
    reason="Dashboards and terraform_remote_state need states; a right to write would let them destroy what they show.",
    references=("docs/permissions.md",),
    configured=_configured,
    applies=lambda backend: _OUTPUT in backend.outputs,
)
