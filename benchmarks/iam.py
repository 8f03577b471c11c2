#!/usr/bin/env python3
"""What a decision costs: `python benchmarks/iam.py [--memory]`, on one core, nothing remembered between requests.

Prints decisions a second against compiled policies (a distinct resource and context each time), one-off cases a second
from JSON text to decision (the 800 cases of the tests), and moto's own matcher for the part it can do: the same policy
without conditions and variables ("bare"). `--memory` also makes a million decisions and watches the process grow.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource as process
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tfproof.iam import PolicySet, Request, evaluate

BUCKET = "arn:aws:s3:::tf-state"
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "State",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetBucketVersioning"],
            "Resource": [BUCKET, f"{BUCKET}/env/*/terraform.tfstate", f"{BUCKET}/home/${{aws:username}}/*"],
            "Condition": {
                "Bool": {"aws:SecureTransport": "true"},
                "StringLike": {"aws:UserAgent": ["*Terraform*", "aws-cli/*"]},
            },
        },
        {
            "Sid": "Locks",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable"],
            "Resource": "arn:aws:dynamodb:*:123456789012:table/tf-locks*",
            "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}},
        },
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
            "Resource": "arn:aws:kms:*:123456789012:key/*",
            "Condition": {
                "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
                "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
            },
        },
    ],
}
ACTIONS = [action for statement in POLICY["Statement"] for action in statement["Action"]]


def requests(count: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Distinct requests: each has its own object, table or key, and its own context."""
    for number in range(count):
        action = ACTIONS[number % len(ACTIONS)]
        name = {
            "s3": f"{BUCKET}/env/{number}/terraform.tfstate",
            "dynamodb": f"arn:aws:dynamodb:us-east-1:123456789012:table/tf-locks-{number}",
            "kms": f"arn:aws:kms:us-east-1:123456789012:key/{number:032x}",
        }[action.partition(":")[0]]
        yield (
            action,
            name,
            {
                "aws:SecureTransport": "true",
                "aws:UserAgent": f"APN/1.0 HashiCorp/1.0 Terraform/1.9.{number}",
                "aws:SourceIp": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
                "aws:username": f"user{number}",
                "aws:MultiFactorAuthAge": str(number % 7200),
                "kms:ViaService": "s3.us-east-1.amazonaws.com",
            },
        )


def bare_policy() -> dict[str, Any]:
    """The policy without conditions and without its variable: what moto's matcher understands."""
    statements = [{name: value for name, value in one.items() if name != "Condition"} for one in POLICY["Statement"]]
    statements[0] = {**statements[0], "Resource": statements[0]["Resource"][:2]}
    return {**POLICY, "Statement": statements}


def compiled_rate(count: int, policy: dict[str, Any] = POLICY) -> float:
    """Decisions a second; making the request from plain values is part of each."""
    policies = PolicySet([policy])
    asked = list(requests(count))
    allowed = 0
    begin = time.perf_counter()
    for action, name, context in asked:
        allowed += bool(policies.decide(Request(action, name, context=context)))
    rate = count / (time.perf_counter() - begin)
    assert policy is not POLICY or 0 < allowed < count, "answers that are all the same measure little"
    return rate


def one_off_rate(rounds: int) -> float:
    """Cases a second from policy texts to a decision: parsing, validating, compiling, deciding."""
    path = Path(__file__).parent.parent / "tests" / "iam" / "cases.jsonl"
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for case in cases:
        case["policies"] = [json.dumps(policy) for policy in case["policies"]]
        for name in ("resource_policy", "boundary"):
            case[name] = case[name] and json.dumps(case[name])
        case["scps"] = case["scps"] and [[json.dumps(policy) for policy in level] for level in case["scps"]]
    begin = time.perf_counter()
    for _ in range(rounds):
        for case in cases:
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
            assert decision.value == case["expected"]
    return rounds * len(cases) / (time.perf_counter() - begin)


def moto_rate(count: int) -> float:
    """Answers a second of moto's matcher: actions and resources; it has no variables and few conditions."""
    from moto.iam.access_control import IAMPolicy  # noqa: PLC0415  only where it is measured

    policy = IAMPolicy(json.dumps(bare_policy()))
    asked = list(requests(count))
    begin = time.perf_counter()
    for action, name, _ in asked:
        policy.is_action_permitted(action, name)
    return count / (time.perf_counter() - begin)


def memory(count: int) -> list[int]:
    """The process's greatest size in KiB after each tenth of `count` decisions."""
    policies = PolicySet([POLICY])
    sizes = []
    for tenth in range(10):
        for action, name, context in requests(count // 10):
            policies.decide(Request(action, f"{name}{tenth}", context=context))
        gc.collect()
        sizes.append(process.getrusage(process.RUSAGE_SELF).ru_maxrss)
    return sizes


def _median(rate: Callable[[], float]) -> float:
    return statistics.median(rate() for _ in range(5))


def main() -> None:
    """Measure, the median of five each, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="also make a million decisions and print the peak sizes")
    options = parser.parse_args()
    if options.memory:  # first: a peak left behind by another measurement would hide growth
        sizes = memory(1_000_000)
        print("peak KiB after each 100,000 decisions:", ", ".join(f"{size:,}" for size in sizes))
    bare = bare_policy()
    print(f"compiled policies:      {_median(lambda: compiled_rate(30_000)):>9,.0f} decisions/s (wanted: 30,000)")
    print(f"one-off cases:          {_median(lambda: one_off_rate(2)):>9,.0f} cases/s     (wanted: 5,000)")
    print(f"bare policy, compiled:  {_median(lambda: compiled_rate(30_000, bare)):>9,.0f} decisions/s")
    print(f"bare policy, by moto:   {_median(lambda: moto_rate(30_000)):>9,.0f} answers/s")


if __name__ == "__main__":
    main()
