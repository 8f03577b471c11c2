"""Principals of a live endpoint (moto, in this process): SimulatePrincipalPolicy and its R6, R15, R18."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tfproof.errors import UsageError
from tfproof.iam import InvalidInput, NoSuchEntity, get_context_keys_for_principal_policy, simulate_principal_policy

USER = "arn:aws:iam::123456789012:user/team/bob"
ROLE = "arn:aws:iam::123456789012:role/app"
ACTIONS = ["s3:GetObject", "s3:PutObject", "dynamodb:GetItem", "kms:Decrypt"]


def policy(action: str, effect: str = "Allow", **more: Any) -> str:
    # Odd spacing on purpose: positions are those of the text as submitted.
    body = json.dumps({"Effect": effect, "Action": action, "Resource": "*", **more})
    return f'{{\n\n  "Version": "2012-10-17",\n      "Statement":   [{body}]}}'


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("iam", region_name="us-east-1")
        client.create_user(UserName="bob", Path="/team/")
        client.create_group(GroupName="devs")
        client.add_user_to_group(GroupName="devs", UserName="bob")
        client.put_user_policy(UserName="bob", PolicyName="inline-get", PolicyDocument=policy("s3:GetObject"))
        client.put_group_policy(GroupName="devs", PolicyName="group-put", PolicyDocument=policy("s3:PutObject"))
        managed = client.create_policy(PolicyName="tables", PolicyDocument=policy("dynamodb:*"))["Policy"]["Arn"]
        client.attach_group_policy(GroupName="devs", PolicyArn=managed)
        trust = policy("sts:AssumeRole", Principal={"AWS": "123456789012"}).replace(', "Resource": "*"', "")
        client.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
        keyed = policy("kms:*", Condition={"StringLike": {"kms:ViaService": "s3.*"}})
        client.put_role_policy(RoleName="app", PolicyName="keys", PolicyDocument=keyed)
        yield client


def decisions(client: Any, source: str = USER, **request: Any) -> dict[str, str]:
    request.setdefault("ActionNames", ACTIONS)
    answer = simulate_principal_policy(client, PolicySourceArn=source, **request)
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def allowed(client: Any, source: str = USER, **request: Any) -> list[str]:
    return [action for action, decision in decisions(client, source, **request).items() if decision == "allowed"]


def test_a_users_policies_and_those_of_its_groups_count(iam: Any) -> None:
    assert allowed(iam) == ["s3:GetObject", "s3:PutObject", "dynamodb:GetItem"]
    assert allowed(iam, "arn:aws:iam::123456789012:group/devs") == ["s3:PutObject", "dynamodb:GetItem"]
    via = {"ContextKeyName": "kms:ViaService", "ContextKeyValues": ["s3.us-east-1.amazonaws.com"]}
    assert allowed(iam, ROLE, ContextEntries=[via]) == ["kms:Decrypt"]


def test_statements_are_named_by_policy_and_placed_in_the_text_as_submitted(iam: Any) -> None:
    answer = simulate_principal_policy(iam, PolicySourceArn=USER, ActionNames=["s3:GetObject"])
    (matched,) = answer["EvaluationResults"][0]["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("inline-get", "IAM Policy")
    assert matched["StartPosition"] == {"Line": 4, "Column": 23}


def test_the_callers_events_are_left_as_they_were(iam: Any) -> None:
    decisions(iam)
    assert "PolicyTextAsSubmitted" not in iam.get_user_policy(UserName="bob", PolicyName="inline-get")


def test_policies_given_are_added(iam: Any) -> None:
    assert "kms:Decrypt" in allowed(iam, PolicyInputList=[policy("kms:*")])
    assert decisions(iam, PolicyInputList=[policy("s3:*", "Deny")])["s3:GetObject"] == "explicitDeny"


def test_r6_policies_can_be_excluded(iam: Any) -> None:
    def without(*identifiers: dict[str, Any]) -> list[str]:
        return allowed(iam, PolicyExclusionList=list(identifiers))

    def inline(name: str, entity: str) -> dict[str, Any]:
        kind = "group" if entity.startswith("d") else "user"
        return {"InlinePolicyIdentifier": {"PolicyName": name, "AttachmentType": kind, "AttachmentName": entity}}

    assert without({"PolicyType": "inline"}) == ["dynamodb:GetItem"]
    assert without({"PolicyType": "user-managed"}) == ["s3:GetObject", "s3:PutObject"]
    assert without({"PolicyArn": "arn:aws:iam::123456789012:policy/t?b*"}) == ["s3:GetObject", "s3:PutObject"]
    assert without(inline("inline-get", "b*")) == ["s3:PutObject", "dynamodb:GetItem"]
    assert without(inline("group-put", "devs")) == ["s3:GetObject", "dynamodb:GetItem"]
    unmatched = [{"PolicyType": "rcp"}, {"PolicyArn": "arn:aws:iam::aws:policy/X"}, inline("other", "bob")]
    assert without(*unmatched) == allowed(iam)
    for arn in ("arn:aws:iam::123456789012:policy/a*b*", "arn:aws:iam::*:policy/tables", "arn:aws:s3:::tables-bucket"):
        with pytest.raises(InvalidInput, match="Invalid policy identifier"):
            without({"PolicyArn": arn})
    with pytest.raises(UsageError, match="exactly one"):
        without({"PolicyType": "inline", "PolicyArn": "arn:aws:iam::aws:policy/X"})


def test_r15_the_caller_defaults_to_the_source_and_may_be_another(iam: Any) -> None:
    bucket = json.loads(policy("s3:DeleteObject", Principal={"AWS": "arn:aws:iam::123456789012:user/david"}))
    given: dict[str, Any] = {
        "ActionNames": ["s3:DeleteObject"],
        "ResourcePolicy": json.dumps(bucket),
        "ResourceArns": ["arn:aws:s3:::b/k"],
    }
    assert allowed(iam, **given) == []
    assert allowed(iam, CallerArn="arn:aws:iam::123456789012:user/david", **given) == ["s3:DeleteObject"]
    with pytest.raises(InvalidInput, match="Caller must be an IAM user in this context"):
        allowed(iam, ROLE, **given)


def test_r18_a_given_boundary_replaces_the_attached_one(iam: Any) -> None:
    narrow = iam.create_policy(PolicyName="narrow", PolicyDocument=policy("s3:GetObject"))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=narrow)  # moto forgets those of users
    iam.put_role_policy(RoleName="app", PolicyName="all", PolicyDocument=policy("*"))
    assert allowed(iam, ROLE) == ["s3:GetObject"]
    assert allowed(iam, ROLE, PermissionsBoundaryPolicyInputList=[policy("kms:*")]) == ["kms:Decrypt"]
    assert allowed(iam, ROLE, PolicyExclusionList=[{"PolicyType": "permission-boundary"}]) == ACTIONS


def test_r20_context_keys_of_a_principal(iam: Any) -> None:
    assert get_context_keys_for_principal_policy(iam, PolicySourceArn=ROLE) == {"ContextKeyNames": ["kms:ViaService"]}
    given = policy("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    keys = get_context_keys_for_principal_policy(iam, PolicySourceArn=USER, PolicyInputList=[given])
    assert keys == {"ContextKeyNames": ["aws:SecureTransport"]}


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_unknown_source_is_no_such_entity(iam: Any, kind: str) -> None:
    with pytest.raises(NoSuchEntity):
        decisions(iam, f"arn:aws:iam::123456789012:{kind}/nobody")


def test_a_source_under_another_path_is_no_such_entity(iam: Any) -> None:
    with pytest.raises(NoSuchEntity, match="user/team/bob"):
        decisions(iam, "arn:aws:iam::123456789012:user/bob")


def test_a_session_is_no_source(iam: Any) -> None:
    with pytest.raises(InvalidInput, match="Invalid Entity Arn: arn:aws:sts::123456789012:assumed-role/app/s"):
        decisions(iam, "arn:aws:sts::123456789012:assumed-role/app/s")
