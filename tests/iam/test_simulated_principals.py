"""Simulating principals of a client without an emulator: what counts, and for whom (R6, R15, R18, R20)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from listed_policies import LIMIT, MANAGED, ROLE, USER, ListedPolicies, policy

from tfproof.errors import UsageError
from tfproof.iam import (
    InvalidInput,
    get_context_keys_for_principal_policy,
    simulate_principal_policy,
)


def inline(name: str, kind: str = "user", entity: str = "bob") -> dict[str, Any]:
    return {"InlinePolicyIdentifier": {"PolicyName": name, "AttachmentType": kind, "AttachmentName": entity}}


def decided(client: Any, source: str, **request: Any) -> list[str]:
    answer = simulate_principal_policy(client, PolicySourceArn=source, **request)
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


GET = {"ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k"]}


def test_simulating_a_principal() -> None:
    client = ListedPolicies()
    client.boundary = {"PermissionsBoundary": {"PermissionsBoundaryArn": LIMIT}}
    actions = {"ActionNames": ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "s3:DeleteObject"]}
    assert decided(client, USER, **actions) == ["allowed", "allowed", "implicitDeny", "implicitDeny"]
    deletes = json.dumps(policy("s3:DeleteObject"))
    assert decided(client, USER, **actions, PolicyInputList=[deletes])[3] == "allowed"
    given = [json.dumps(policy("kms:*"))]
    assert decided(client, USER, **actions, PermissionsBoundaryPolicyInputList=given)[:3] == [
        "implicitDeny",
        "implicitDeny",
        "allowed",
    ]
    excluded = [{"PolicyType": "permission-boundary"}, inline("put", "group", "devs")]
    assert decided(client, USER, **actions, PolicyExclusionList=excluded) == [
        "allowed",
        "implicitDeny",
        "allowed",
        "implicitDeny",
    ]


def test_the_caller_is_the_source_or_another() -> None:
    names_role = json.dumps(policy("s3:GetObject", Principal={"AWS": ROLE}))
    names_eve = json.dumps(policy("s3:GetObject", Principal={"AWS": f"{USER}-eve"}))
    assert decided(ListedPolicies(), ROLE, **GET, ResourcePolicy=names_role, allow_role_callers=True) == ["allowed"]
    with pytest.raises(InvalidInput, match="Caller must be an IAM user"):
        decided(ListedPolicies(), ROLE, **GET, ResourcePolicy=names_role)
    assert decided(ListedPolicies(), ROLE, **GET, ResourcePolicy=names_eve, CallerArn=f"{USER}-eve") == ["allowed"]
    assert decided(ListedPolicies(), ROLE, **GET, ResourcePolicy=names_eve, CallerArn=USER) == ["implicitDeny"]


def test_keys_of_a_principal_and_of_what_is_given() -> None:
    client = ListedPolicies()
    client.inline["user"]["get"] = policy("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    given = json.dumps(policy("s3:*", Condition={"StringLike": {"s3:prefix": "${aws:username}"}}))
    found = get_context_keys_for_principal_policy(client, PolicySourceArn=USER, PolicyInputList=[given])
    assert found == {"ContextKeyNames": ["aws:SecureTransport", "s3:prefix", "aws:username"]}
    found = get_context_keys_for_principal_policy(client, PolicySourceArn=USER)
    assert found == {"ContextKeyNames": ["aws:SecureTransport"]}
    for broken in ("x", "{}"):
        with pytest.raises(InvalidInput, match=r"^PolicyInputList\.1"):
            get_context_keys_for_principal_policy(client, PolicySourceArn=USER, PolicyInputList=[broken])
        with pytest.raises(InvalidInput, match=r"^PolicyInputList\.1"):
            decided(client, USER, **GET, PolicyInputList=[broken])
    with pytest.raises(UsageError, match=r"^SimulatePrincipalPolicy: PolicySourceArn is missing$"):
        simulate_principal_policy(client, ActionNames=["s3:GetObject"])
    with pytest.raises(UsageError, match=r"^GetContextKeysForPrincipalPolicy: PolicySourceArn is missing$"):
        get_context_keys_for_principal_policy(client)
    with pytest.raises(UsageError) as caught:
        decided(client, USER, **GET, PolicyExclusionList=[{"PolicyType": "inline", "PolicyArn": MANAGED}])
    assert caught.value.message == (
        "SimulatePrincipalPolicy: policyExclusionList takes exactly one of PolicyType, PolicyArn, "
        "InlinePolicyIdentifier"
    )
