"""R77 to R81 and AWS's wording of refusals. Each test is named after what its rule says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import (
    InvalidInput,
    MalformedPolicyDocument,
    ValidationError,
    evaluate,
    simulate_custom_policy,
    validate,
)
from tfproof.iam.request import Request

STATEMENT: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def document(*statements: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **top}


def errors(kind: str = "identity", **changes: Any) -> list[str]:
    """The errors of a good statement with changes; None takes an element out."""
    body = {name: value for name, value in {**STATEMENT, **changes}.items() if value is not None}
    return [problem.message for problem in validate(document(body), kind) if problem.severity == "error"]


SYNTAX = ["Syntax errors in policy."]


def test_r77_one_or_many_of_everything_in_any_order() -> None:
    assert (
        validate({"Statement": {**STATEMENT, "Action": ["s3:*", "kms:*"], "Resource": ["*"]}, "Version": "2012-10-17"})
        == []
    )
    assert errors(Effect="allow") == SYNTAX
    assert errors(Effect=None) == SYNTAX
    for version in ("2012-10-18", "2012-10-17 ", 20121017, None):
        assert [p.message for p in validate({"Statement": STATEMENT, "Version": version})][:1] == SYNTAX
    assert [p.severity for p in validate({"Statement": STATEMENT, "Version": "2008-10-17"})] == ["warning"]


def test_r78_exactly_one_of_each_pair_and_principals_where_they_belong() -> None:
    assert errors(NotAction="s3:*") == SYNTAX
    assert errors(NotResource="*") == SYNTAX
    assert errors(Action=None) == ["Policy statement must contain actions."]
    assert errors(Resource=None) == ["Policy statement must contain resources."]
    assert errors(Action=[]) == ["Policy statement must contain actions."]
    for kind in ("identity", "boundary", "session", "scp"):
        assert errors(kind, Principal="*") == ["Policy document should not specify a principal."]
    assert errors("resource") == ["Missing required field Principal"]
    assert errors("resource", Principal="*") == []
    assert errors("resource", NotPrincipal={"AWS": "123456789012"}) == SYNTAX
    assert errors("resource", NotPrincipal={"AWS": "123456789012"}, Effect="Deny") == []
    trust = {"Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    assert errors("trust", Resource=None, **trust) == []
    assert errors("trust", **trust) == ["Has prohibited field Resource."]
    (message,) = errors("trust", Resource=None, Action="s3:GetObject", Principal="*")
    assert message.startswith("Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and")


def test_r79_sids_are_letters_and_digits_in_iam_and_unique() -> None:
    assert errors(Sid="") == []
    assert errors(Sid="Allow0") == []
    (message,) = errors(Sid="Allow it")
    assert message.endswith("satisfies the regular expression [0-9A-Za-z]*")
    assert errors("resource", Sid="Enable IAM User-Permissions", Principal="*") == []
    twice = document({**STATEMENT, "Sid": "A"}, {**STATEMENT, "Sid": "A"})
    assert [p.message for p in validate(twice)] == ["Statement IDs (SID) in a single policy must be unique."]
    assert validate(document({**STATEMENT, "Sid": ""}, {**STATEMENT, "Sid": ""})) == []


def test_r80_keys_stand_once_and_are_case_sensitive() -> None:
    text = '{"Version":"2012-10-17",\n"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}'
    (problem,) = validate(text)
    assert problem.message == "must not contain multiple instances of the same key"
    assert (problem.place.line, problem.place.column) == (2, 31)
    with pytest.raises(MalformedPolicyDocument, match="multiple instances"):
        evaluate([text], Request("s3:GetObject"))
    messages = [str(p) for p in validate({"version": "2012-10-17", "statement": [STATEMENT]})]
    assert any("write Version" in message for message in messages)
    assert any("write Statement" in message for message in messages)


def test_r81_scps_take_any_condition_resource_and_not_action_but_no_principal() -> None:
    condition = {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}
    assert errors("scp", Condition=condition, Resource="arn:aws:s3:::b/*", Effect="Deny") == []
    assert errors("scp", Action=None, NotAction="iam:*") == []
    assert errors("scp", Principal="*") == ["Policy document should not specify a principal."]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("b/k", 'Resource b/k must be in ARN format or "*".'),
        ("arn:awss:s3:::b", 'Partition "awss" is not valid for resource "arn:awss:s3:*:*:b".'),
        ("arn:aws:s3::b", "The policy failed legacy parsing"),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        (
            "arn:aws:iam:us-east-1:1:user/b",
            "IAM resource arn:aws:iam:us-east-1:1:user/b cannot contain region information.",
        ),
        ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information."),
        ("arn:aws:s3:::b/${aws:username", "Syntax errors in policy."),
        ("arn:aws:s3:::b/${}", "Syntax errors in policy."),
    ],
)
def test_resources_are_refused_in_awss_words(resource: str, message: str) -> None:
    assert errors(Resource=resource) == [message]
    assert errors("resource", Resource=resource, Principal="*") == ["Policy has invalid resource"]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("GetObject", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ("s3:Get:Object", "Actions/Condition can contain only one colon."),
        ("s*:GetObject", "Vendor s* is not valid"),
        ("s3:", "Syntax errors in policy."),
    ],
)
def test_actions_are_refused_in_awss_words(action: str, message: str) -> None:
    assert errors(Action=action) == [message]
    assert errors("resource", Action=action, Principal="*") == ["Policy has invalid action"]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqual": {"a:k": "x"}},
        {"ForSomeValues:StringEquals": {"a:k": "x"}},
        {"ForAllValues:Null": {"a:k": "true"}},
        {"NumericEquals": {"a:k": "ten"}},
        {"DateEquals": {"a:k": "2026-02-30"}},
        {"Bool": {"a:k": "yes"}},
        {"IpAddress": {"a:k": "10.0.0.0/33"}},
        {"BinaryEquals": {"a:k": "*"}},
        {"Null": {"a:k": "maybe"}},
        {"StringEquals": "x"},
        {"StringEquals": {"a:k": None}},
        {"StringEquals": {"a:k": {"b": "c"}}},
        {"StringLike": {"a:k": "${aws:username"}},
        [],
    ],
)
def test_unknown_operators_and_malformed_values_are_errors_never_a_silent_no(condition: Any) -> None:
    assert errors(Condition=condition) == SYNTAX
    with pytest.raises(MalformedPolicyDocument, match="Syntax errors in policy"):
        evaluate([document({**STATEMENT, "Condition": condition})], Request("s3:GetObject"))


@pytest.mark.parametrize(
    "principal",
    [
        "bob",
        {"AWS": "arn:aws:iam::123456789012:user/*"},
        {"AWS": "arn:aws:iam::123456789012:group/g"},
        {"Aws": "*"},
        {"AWS": []},
    ],
)
def test_principals_are_refused_in_awss_words(principal: object) -> None:
    (message,) = errors("resource", Principal=principal)
    assert message.startswith("Invalid principal in policy")


def test_every_fault_of_a_document_is_named_at_once_with_place_and_remedy() -> None:
    text = '{\n "Statement": [\n  {"Effect": "allow", "Action": "x", "Resource": "y", "Sid": "a b"},\n  7\n ]\n}'
    found = [p for p in validate(text) if p.severity == "error"]
    assert [(p.place.line, p.place.column) for p in found] == [(3, 14), (3, 33), (3, 50), (3, 62), (4, 3)]
    assert all(problem.remedy for problem in found)
    with pytest.raises(MalformedPolicyDocument) as refused:
        evaluate([text], Request("s3:GetObject"))
    assert len(refused.value.problems) == 5


def test_text_that_is_no_json_is_one_problem_at_the_place_where_reading_stopped() -> None:
    for text, place in (
        ("import", (1, 1)),
        ('{"Version":\n "x",}', (2, 6)),  # on Python 3.13 too, which points at the comma
        ('{"Statement": [1, \n ]}', (2, 2)),
        ("", (1, 1)),
        ('{"a": NaN}', (1, 1)),
    ):
        (problem,) = validate(text)
        assert (problem.place.line, problem.place.column) == place
        assert "first byte must be '{'" in problem.remedy
    (problem,) = validate("[]")
    assert "a list" in problem.remedy


def test_sizes_are_limited_and_quotas_are_advice() -> None:
    padded = json.dumps(document(STATEMENT)) + " " * 131_072
    assert any("131072" in problem.message for problem in validate(padded))
    long = document({**STATEMENT, "Resource": [f"arn:aws:s3:::b/{number:040}" for number in range(200)]})
    (problem,) = validate(long)
    assert (problem.message, problem.severity) == ("Cannot exceed quota for PolicySize: 6144", "warning")
    (problem,) = validate(json.dumps(document(STATEMENT, Id="\u20ac"), ensure_ascii=False))
    assert "regular expression pattern" in problem.message


def simulate(**request: Any) -> Any:
    given = {"PolicyInputList": [json.dumps(document(STATEMENT))], "ActionNames": ["s3:GetObject"], **request}
    return simulate_custom_policy(**given)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"ResourceArns": ["14a050d4"]}, "ResourceNames are not in a valid ARN format: 14a050d4."),
        (
            {"ActionNames": ["iam:PassRole", "iam:GetRole", "sts:AssumeRole"]},
            "Invalid Input Actions: [iam:PassRole,iam:GetRole] and [sts:AssumeRole] "
            "require different authorization information.",
        ),
        ({"ActionNames": ["s3:Get*"]}, "Invalid Input Action: s3:Get*"),
        ({"PolicyInputList": ["{}"]}, "PolicyInputList.1 is no identity policy"),
        ({"PolicyInputList": ["nonsense"]}, "PolicyInputList.1: line 1, column 1: document: Syntax errors in policy."),
    ],
)
def test_the_simulator_refuses_as_aws_does(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        simulate(**request_)
    assert refused.value.message.startswith(message)
    assert (refused.value.code, refused.value.status) == ("InvalidInput", 400)


def test_a_resource_policy_of_another_service_is_not_applicable() -> None:
    policy = json.dumps(document({**STATEMENT, "Resource": "arn:aws:s3:::b/*", "Principal": "*"}))
    table = ["arn:aws:dynamodb:us-east-1:123456789012:table/t"]
    with pytest.raises(InvalidInput, match="not applicable"):
        simulate(ResourcePolicy=policy, CallerArn="arn:aws:iam::123456789012:user/bob", ResourceArns=table)


def test_limits_of_the_model_are_refused_in_awss_words() -> None:
    with pytest.raises(ValidationError) as refused:
        simulate(ActionNames=["s3", "s3:GetObject"])
    assert refused.value.message == (
        "1 validation error detected: Value '[s3, s3:GetObject]' at 'actionNames' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 3]"
    )
    for broken in (
        {"ResourceArns": ["a" * 2049]},
        {"PolicyInputList": ["\u20ac"]},
        {"ContextEntries": [{"ContextKeyName": "a:b"}]},
    ):
        with pytest.raises(ValidationError, match="failed to satisfy constraint"):
            simulate(**broken)
