"""Requests and responses against botocore's own service model: a drift of the API fails here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tfproof.errors import UsageError
from tfproof.iam import get_context_keys_for_custom_policy, simulate_custom_policy

MODEL = botocore.session.get_session().get_service_model("iam")
CASES = [json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text().splitlines()]
LISTS = {
    "aws:principalorgpaths",
    "aws:calledvia",
    "dynamodb:leadingkeys",
    "dynamodb:attributes",
    "kms:encryptioncontextkeys",
    "s3:requestobjecttagkeys",
}
# R10: what stands on the wire is not what the model's enumeration says.
OFF_THE_MODEL = {"SourcePolicyType": {"IAM Policy", "Resource Policy"}}


def to_request(case: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {
            "ContextKeyName": name,
            "ContextKeyValues": value if isinstance(value, list) else [value],
            "ContextKeyType": "stringList" if name.lower() in LISTS else "string",
        }
        for name, value in case["context"].items()
    ]
    request: dict[str, Any] = {
        "PolicyInputList": [json.dumps(policy) for policy in case["policies"]],
        "ActionNames": [case["action"]],
        "ResourceArns": [case["resource"]],
        "CallerArn": case["principal"],
        "ContextEntries": entries,
    }
    if case["boundary"]:
        request["PermissionsBoundaryPolicyInputList"] = [json.dumps(case["boundary"])]
    if case["resource_policy"]:
        request["ResourcePolicy"] = json.dumps(case["resource_policy"])
        request["ResourceOwner"] = f"arn:aws:iam::{case['resource_account']}:root"
    if case["scps"]:
        request["OrderedOrganizationPolicyInputList"] = [
            {"ServiceControlPolicyInputList": [json.dumps(policy) for policy in level]} for level in case["scps"]
        ]
    return request


def _is(value: Any, expected: type) -> bool:
    return type(value) is expected


def faults(shape: Any, value: Any, path: str = "response") -> Iterator[str]:  # noqa: C901  one branch a type
    """Where a response breaks the shape of its operation."""
    kind = shape.type_name
    expected: type = {"structure": dict, "map": dict, "list": list, "string": str, "integer": int, "boolean": bool}[
        kind
    ]
    if not _is(value, expected):
        yield f"{path}: {type(value).__name__} is no {kind}"
    elif kind == "structure":
        yield from (f"{path}: unknown {name}" for name in value.keys() - shape.members.keys())
        yield from (f"{path}: lacks {name}" for name in shape.required_members if name not in value)
        for name in value.keys() & shape.members.keys():
            known = OFF_THE_MODEL.get(name)
            if known is None:
                yield from faults(shape.members[name], value[name], f"{path}.{name}")
            elif value[name] not in known:
                yield f"{path}.{name}: {value[name]!r}"
    elif kind == "list":
        for index, item in enumerate(value):
            yield from faults(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for name, item in value.items():
            yield from faults(shape.key, name, f"{path}.{name}")
            yield from faults(shape.value, item, f"{path}[{name!r}]")
    elif kind == "string":
        enum = shape.metadata.get("enum")
        if enum and value not in enum:
            yield f"{path}: {value!r} is none of {enum}"
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", 1 << 20):
            yield f"{path}: length {len(value)}"


def test_every_case_agrees_through_the_api_in_shapes_of_the_model() -> None:
    operation = MODEL.operation_model("SimulateCustomPolicy")
    for case in CASES:
        request = to_request(case)
        assert ParamValidator().validate(request, operation.input_shape).generate_report() == ""
        answer = simulate_custom_policy(allow_role_callers=True, **request)
        assert list(faults(operation.output_shape, answer)) == [], case["id"]
        assert answer["EvaluationResults"][0]["EvalDecision"] == case["expected"], case["id"]


def test_context_keys_come_in_the_shape_of_the_model() -> None:
    request = {"PolicyInputList": [json.dumps(policy) for case in CASES[:50] for policy in case["policies"]]}
    shape = MODEL.operation_model("GetContextKeysForCustomPolicy")
    assert ParamValidator().validate(request, shape.input_shape).generate_report() == ""
    assert list(faults(shape.output_shape, get_context_keys_for_custom_policy(**request))) == []


def test_every_parameter_of_the_model_is_accepted() -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    bucket = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b", "Principal": "*"}
    request: dict[str, Any] = {
        "PolicyInputList": [policy],
        "PermissionsBoundaryPolicyInputList": [policy],
        "OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [policy]}],
        "ActionNames": ["s3:ListBucket", "s3:GetBucketPolicy"],
        "ResourceArns": ["arn:aws:s3:::b"],
        "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": bucket}),
        "ResourceOwner": "arn:aws:iam::999988887777:root",
        "CallerArn": "arn:aws:iam::123456789012:user/bob",
        "ContextEntries": [{"ContextKeyName": "s3:max-keys", "ContextKeyValues": ["1"], "ContextKeyType": "numeric"}],
        "ResourceHandlingOption": "EC2-VPC-EBS",
        "MaxItems": 1,
    }
    first = simulate_custom_policy(**request)
    second = simulate_custom_policy(**request, Marker=first["Marker"])
    shape = MODEL.operation_model("SimulateCustomPolicy")
    assert set(shape.input_shape.members) == {*request, "Marker"}
    for answer in (first, second):
        assert list(faults(shape.output_shape, answer)) == []
        assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"PolicyInputList": [], "ActionNames": "s3:GetObject"},
        {"PolicyInputList": [], "ActionNames": [], "Actions": []},
        {"PolicyInputList": [7], "ActionNames": []},
        {"PolicyInputList": [], "ActionNames": [], "MaxItems": True},
    ],
)
def test_what_botocore_refuses_before_sending_is_a_usage_error(request_: dict[str, Any]) -> None:
    shape = MODEL.operation_model("SimulateCustomPolicy").input_shape
    assert request_.get("MaxItems") or ParamValidator().validate(request_, shape).has_errors()
    with pytest.raises(UsageError):
        simulate_custom_policy(**request_)
