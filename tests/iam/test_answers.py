"""Whole answers of Simulate*, as boto3 gives them (R1 to R19)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import simulate_custom_policy

USER = "arn:aws:iam::123456789012:user/bob"
OWNER = "arn:aws:iam::999988887777:root"
X, Y = "arn:aws:s3:::b/x", "arn:aws:s3:::b/y"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
OBJECT_TEMPLATE = "arn:${Partition}:s3:::${BucketName}/${KeyName}"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def simulate(*policies: str, **request: Any) -> dict[str, Any]:
    return simulate_custom_policy(PolicyInputList=list(policies), **{"ActionNames": ["s3:GetObject"], **request})


HEAD = len('{"Version": "2012-10-17", "Statement": [') + 1


def reference(name: str, policy_type: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """The last of some statements that stand on one line: AWS counts the delimiter before it in (R11)."""
    before = sum(len(json.dumps(statement)) + 2 for statement in statements[:-1])
    start = HEAD + before
    return {
        "SourcePolicyId": name,
        "SourcePolicyType": policy_type,
        "StartPosition": {"Line": 1, "Column": start - (1 if before else 0)},
        "EndPosition": {"Line": 1, "Column": start + len(json.dumps(statements[-1]))},
    }


def test_without_resources_the_answer_is_one_of_the_action_alone() -> None:
    assert simulate(text(ALLOW)) == {
        "EvaluationResults": [
            {
                "EvalActionName": "s3:GetObject",
                "EvalResourceName": OBJECT_TEMPLATE,
                "EvalDecision": "allowed",
                "MatchedStatements": [reference("PolicyInputList.1", "IAM Policy", ALLOW)],
                "MissingContextValues": [],
            }
        ],
        "IsTruncated": False,
    }


def test_several_resources_across_accounts_with_a_boundary_and_an_organization() -> None:
    only_x = {**ALLOW, "Resource": X}
    asks = {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    bucket = {**ALLOW, "Resource": "arn:aws:s3:::b/*", "Principal": {"AWS": USER}}
    answer = simulate(
        text(asks, only_x),
        PermissionsBoundaryPolicyInputList=[text(ALLOW)],
        OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [text(ALLOW)]}],
        ResourcePolicy=text(bucket),
        ResourceOwner=OWNER,
        CallerArn=USER,
        ResourceArns=[X, Y],
    )
    matched = [
        reference("PolicyInputList.1", "IAM Policy", asks, only_x),
        reference("ResourcePolicy", "Resource Policy", bucket),
    ]
    limits = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True}}
    missing = {"MissingContextValues": ["aws:SecureTransport"]}

    def details(identity: str) -> dict[str, Any]:
        types = {"IAM Policy": identity, "Permissions Boundary Policy": "allowed", "Resource Policy": "allowed"}
        return {"EvalDecisionDetails": types}

    assert answer["EvaluationResults"] == [
        {
            "EvalActionName": "s3:GetObject",
            "EvalResourceName": OBJECT_TEMPLATE,
            "EvalDecision": "implicitDeny",
            "MatchedStatements": [],
            "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
            **limits,
            **missing,
            **details("implicitDeny"),
            "ResourceSpecificResults": [
                {
                    "EvalResourceName": X,
                    "EvalResourceDecision": "allowed",
                    "MatchedStatements": matched,
                    **limits,
                    **missing,
                    **details("allowed"),
                },
                {
                    "EvalResourceName": Y,
                    "EvalResourceDecision": "implicitDeny",
                    "MatchedStatements": [],
                    **limits,
                    **missing,
                    **details("implicitDeny"),
                },
            ],
        }
    ]


def test_r4_statements_and_details_are_those_of_the_most_restrictive_decisions() -> None:
    deny_y, deny_all = {**DENY, "Resource": Y}, {**DENY, "Condition": {"StringEquals": {"a:key": "x"}}}
    entry = {"ContextKeyName": "a:key", "ContextKeyValues": ["x"], "ContextKeyType": "string"}
    (result,) = simulate(text(ALLOW), text(deny_y), ResourceArns=[X, Y, Y])["EvaluationResults"]
    assert result["MatchedStatements"] == [reference("PolicyInputList.2", "IAM Policy", deny_y)]
    (result,) = simulate(
        text(ALLOW), text(deny_y, deny_all), ResourceArns=[Y, X], ContextEntries=[entry], CallerArn=USER
    )["EvaluationResults"]
    assert result["MatchedStatements"] == [
        reference("PolicyInputList.2", "IAM Policy", deny_y),
        reference("PolicyInputList.2", "IAM Policy", deny_y, deny_all),
    ]
    (result,) = simulate(text(deny_y), ResourceArns=[X, Y])["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    bucket = {**ALLOW, "Resource": "arn:aws:s3:::b/*", "Principal": {"AWS": USER}}
    across: dict[str, Any] = {"ResourceOwner": OWNER, "CallerArn": USER, "ResourcePolicy": text(bucket)}
    for arns in ([X, Y], [Y, X]):
        (result,) = simulate(text(ALLOW), text(deny_y), ResourceArns=arns, **across)["EvaluationResults"]
        assert result["EvalDecisionDetails"] == {"IAM Policy": "explicitDeny", "Resource Policy": "allowed"}
    del across["ResourcePolicy"]
    (result,) = simulate(text(ALLOW), ResourceArns=[X], **across)["EvaluationResults"]
    assert result["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}


def test_r5_r8_an_organization_that_denies_takes_the_details_of_every_resource_away() -> None:
    levels = [{"ServiceControlPolicyInputList": [text(ALLOW), text({**DENY, "Resource": Y})]}, {}]
    (result,) = simulate(text(ALLOW), OrderedOrganizationPolicyInputList=levels[:1], ResourceArns=[X, Y])[
        "EvaluationResults"
    ]
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert "EvalDecisionDetails" not in result
    assert ["EvalDecisionDetails" in found for found in result["ResourceSpecificResults"]] == [True, False]
    # A level without policies allows nothing.
    (result,) = simulate(text(ALLOW), OrderedOrganizationPolicyInputList=levels, ResourceArns=[X])["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    # Without levels there is no organization, and nothing limits.
    (result,) = simulate(text(ALLOW), OrderedOrganizationPolicyInputList=[], ResourceArns=[X])["EvaluationResults"]
    assert (result["EvalDecision"], "OrganizationsDecisionDetail" in result) == ("allowed", False)


def test_r8_the_boundary_limits_the_action_when_it_limits_one_resource() -> None:
    (result,) = simulate(
        text(ALLOW), PermissionsBoundaryPolicyInputList=[text({**ALLOW, "Resource": X})], ResourceArns=[X, Y]
    )["EvaluationResults"]
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    found = [one["PermissionsBoundaryDecisionDetail"] for one in result["ResourceSpecificResults"]]
    assert found == [{"AllowedByPermissionsBoundary": True}, {"AllowedByPermissionsBoundary": False}]


def test_r17_the_owner_owns_what_names_no_owner_itself() -> None:
    names_bob = text({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": USER}})
    given: dict[str, Any] = {"ResourcePolicy": names_bob, "CallerArn": USER, "ResourceOwner": OWNER}
    for arn, action, decision in ((X, "s3:GetObject", "implicitDeny"), (TABLE, "dynamodb:GetItem", "allowed")):
        (result,) = simulate(ActionNames=[action], ResourceArns=[arn], **given)["EvaluationResults"]
        assert result["EvalDecision"] == decision
    for partition in ("aws-cn", "aws-us-gov"):
        owner = OWNER.replace(":aws:", f":{partition}:")
        (result,) = simulate(**{**given, "ResourceOwner": owner}, ResourceArns=[X])["EvaluationResults"]
        assert result["EvalDecision"] == "implicitDeny"


def test_r14_a_marker_goes_on_where_the_page_ended() -> None:
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    first = simulate(text(ALLOW), ActionNames=actions, MaxItems=2)
    assert ([one["EvalActionName"] for one in first["EvaluationResults"]], first["IsTruncated"]) == (actions[:2], True)
    rest = simulate(text(ALLOW), ActionNames=actions, MaxItems=2, Marker=first["Marker"])
    assert ([one["EvalActionName"] for one in rest["EvaluationResults"]], rest["IsTruncated"]) == (actions[2:], False)
    whole = simulate(text(ALLOW), ActionNames=actions, MaxItems=3)
    assert (len(whole["EvaluationResults"]), whole["IsTruncated"], "Marker" in whole) == (3, False, False)


@pytest.mark.parametrize(
    ("kind", "operator", "values", "held", "holds"),
    [
        ("string", "Null", "true", None, True),
        ("numeric", "NumericEquals", "10", ["10.0"], True),
        ("boolean", "Bool", "true", ["TRUE"], True),
        ("ip", "IpAddress", "10.0.0.0/8", ["10.1.2.3"], True),
        ("ip", "StringEquals", "10.0.0.0/8", ["10.0.0.0/8"], True),
        ("binary", "BinaryEquals", "QQ==", ["QR=="], True),
        ("date", "DateEquals", "2026-01-15T10:00:00Z", ["1768471200"], True),
        ("stringList", "ForAnyValue:StringEquals", "b", ["a", "b"], True),
        ("dateList", "ForAllValues:DateLessThan", "2026", ["2025", "2024"], True),
        ("string", "Null", "true", [], True),
        ("stringList", "Null", "true", [], True),
        ("string", "Null", "false", [""], True),
        (None, "StringEquals", "x", ["x"], True),
        ("stringList", "StringEquals", "x", ["x"], False),
    ],
)
def test_r19_entries_of_every_type(
    kind: str | None,
    operator: str,
    values: str,
    held: list[str] | None,
    holds: bool,  # noqa: FBT001  a table's column
) -> None:
    asks = {**ALLOW, "Condition": {operator: {"a:key": values}}}
    entry: dict[str, Any] = {"ContextKeyName": "a:key"} | ({"ContextKeyType": kind} if kind else {})
    if held is not None:
        entry["ContextKeyValues"] = held
    (result,) = simulate(text(asks), ContextEntries=[entry])["EvaluationResults"]
    assert (result["EvalDecision"] == "allowed") is holds
