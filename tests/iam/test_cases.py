"""The 800 cases with answers: every one must agree."""

from __future__ import annotations

import json
from pathlib import Path

from tfproof.iam.evaluate import evaluate
from tfproof.iam.request import Request

CASES = [json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text().splitlines()]


def test_every_case_agrees() -> None:
    wrong = {}
    for case in CASES:
        request = Request(
            case["action"],
            case["resource"],
            principal=case["principal"],
            context=case["context"],
            resource_account=case["resource_account"],
        )
        decision = evaluate(
            case["policies"],
            request,
            resource=case["resource_policy"],
            boundary=case["boundary"],
            organizations=case["scps"],
        )
        if decision.value != case["expected"]:
            wrong[case["id"]] = (case["expected"], str(decision.value))
    assert wrong == {}
    assert len(CASES) == 800
