"""The documented policy is judged statement by statement: one that is not there has not been found in order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.checks import Backend, Verdict
from tfproof.checks.output_documented_policy import CHECK, DOCUMENTED_ACTIONS
from tfproof.terraform import State

BUCKET, KEY = "arn:aws:s3:::states", "arn:aws:kms:us-east-1:123456789012:key/1"
RESOURCES = {"AllowS3StateAccess": [BUCKET, f"{BUCKET}/*"], "AllowKMSAccess": [KEY]}


def backend(policy: Any) -> Backend:
    made = {"aws_s3_bucket": {"bucket": "states", "arn": BUCKET}, "aws_kms_key": {"arn": KEY}}
    outputs = {"documented_policy_json": policy, "backend_config": {"use_lockfile": True}}
    return Backend(
        State(
            {
                "version": 4,
                "outputs": {name: {"value": value, "type": "dynamic"} for name, value in outputs.items()},
                "resources": [
                    {"mode": "managed", "type": kind, "name": "a", "instances": [{"attributes": values}]}
                    for kind, values in made.items()
                ],
            }
        )
    )


def policy(*sids: str) -> str:
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": list(DOCUMENTED_ACTIONS[sid]), "Resource": RESOURCES[sid]}
        for sid in sids
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def verdicts(given: Any) -> set[Verdict]:
    return {finding.verdict for finding in CHECK.on_configured(backend(given))}


def test_passes_with_every_statement() -> None:
    assert verdicts(policy(*RESOURCES)) == {Verdict.PASSED}


@pytest.mark.parametrize("left", [*RESOURCES, ""])
def test_fails_without_one(left: str) -> None:
    assert Verdict.FAILED in verdicts(policy(*([left] if left else [])))


@pytest.mark.parametrize("no_policy", [None, [], "not JSON"], ids=repr)
def test_fails_with_something_that_is_no_policy(no_policy: Any) -> None:
    assert Verdict.FAILED in verdicts(no_policy)
