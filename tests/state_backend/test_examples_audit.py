"""Both examples as an audit of strangers' files sees them: the state bucket is found, and nothing is wrong with it."""

from __future__ import annotations

import json

import pytest

from tfproof.audit.audited import Audited, audit_bytes
from tfproof.checks import Verdict
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Plan

MODULE = "modules/state-backend"
MINIMAL = (f"{MODULE}/examples/minimal", {"bucket_name": "tfproof-minimal-{run}"})
COMPLETE: tuple[str, dict[str, str]] = (f"{MODULE}/examples/complete", {})

pytestmark = [pytest.mark.xdist_group("examples")]
both = pytest.mark.parametrize(
    "example",
    [
        pytest.param("minimal", marks=pytest.mark.stack(*MINIMAL), id="minimal"),
        pytest.param("complete", marks=pytest.mark.stack(*COMPLETE), id="complete"),
    ],
)


def wrong(audited: Audited, *allowed: Verdict) -> list[str]:
    return [
        f"{item.check_id}: {item.answer.subject} {item.answer.path}: found {item.answer.found} ({item.verdict})"
        for item in audited.findings
        if item.verdict not in allowed
    ]


def backends(audited: Audited) -> list[str]:
    return [item["bucket"] for item in audited.facts["backends"]]


@both
def test_a_plan_of_an_example_fails_nothing(example: str, plan: Plan) -> None:
    audited = audit_bytes(json.dumps(plan.document).encode(), f"{example}.json")

    assert backends(audited) == ["module.state_backend.aws_s3_bucket.tf_state"]
    assert wrong(audited, Verdict.PASSED, Verdict.UNDECIDED) == []


@both
def test_a_state_of_an_example_passes_everything(example: str, applied: Applied) -> None:
    audited = audit_bytes(json.dumps(dict(applied.state.document)).encode(), f"{example}.tfstate")

    assert backends(audited) == ["module.state_backend.aws_s3_bucket.tf_state"]
    assert wrong(audited, Verdict.PASSED) == []
    assert len({item.check_id for item in audited.findings}) > 30
