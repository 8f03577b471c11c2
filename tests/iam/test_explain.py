"""Decisions for people: truthy only when allowed, and they say who decided and what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import Document, PolicySet, Request, evaluate, explain

KEY, THEIRS = (f"arn:aws:kms:us-east-1:123456789012:key/{name}" for name in ("mine", "other"))
USER = "arn:aws:iam::123456789012:user/bob"
POLICY = Document(
    '{"Version": "2012-10-17",\n "Statement": [\n'
    f'  {{"Sid": "AllowKMSAccess", "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": "{THEIRS}"}},\n'
    '  {"Sid": "Tls", "Effect": "Deny", "Action": "s3:*", "Resource": "*",'
    ' "Condition": {"Bool": {"aws:SecureTransport": "false"}}},\n'
    '  {"Effect": "Allow", "Action": "s3:*", "Resource": "*",'
    ' "Condition": {"StringEquals": {"s3:prefix": "env/"}}}\n]}',
    name="state.json",
)


def text(action: str, resource: str, context: dict[str, Any] | None = None) -> str:
    return str(evaluate([POLICY], Request(action, resource, principal=USER, context=context)))


def test_a_decision_is_true_only_when_allowed_and_equals_its_name() -> None:
    allowed = evaluate([POLICY], Request("kms:GenerateDataKey", THEIRS))
    implicit = evaluate([POLICY], Request("kms:GenerateDataKey", KEY))
    explicit = evaluate([POLICY], Request("s3:GetObject", "arn:aws:s3:::b/k", context={"aws:SecureTransport": "false"}))
    assert [bool(found) for found in (allowed, implicit, explicit)] == [True, False, False]
    assert [str(found.value) for found in (allowed, implicit, explicit)] == ["allowed", "implicitDeny", "explicitDeny"]
    assert allowed == "allowed"
    assert allowed != implicit


def test_the_text_names_the_statement_that_decided() -> None:
    found = text("kms:GenerateDataKey", THEIRS)
    assert found == f"allowed: kms:GenerateDataKey on {THEIRS}: allowed by AllowKMSAccess (state.json, line 3)"
    found = text("s3:GetObject", "arn:aws:s3:::b/k", {"aws:SecureTransport": "false"})
    assert found.endswith("denied by Tls (state.json, line 4)")


def test_the_text_says_what_is_missing() -> None:
    found = text("kms:GenerateDataKey", KEY)
    assert (
        f"no statement allows kms:GenerateDataKey on {KEY}; AllowKMSAccess (state.json, line 3) names another key"
        in found
    )
    found = text("s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": "home/"})
    assert "statement 3 (state.json, line 5) asks for StringEquals s3:prefix 'env/'; the request has 'home/'" in found
    assert "the request has no such key" in text("s3:ListBucket", "arn:aws:s3:::b")


ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def policy(**changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {**ALLOW, **changes}}


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ({"boundary": policy(Action="s3:*")}, "the permissions boundary does not allow kms:GenerateDataKey"),
        ({"session": [policy(Action="s3:*")]}, "the session policy does not allow"),
        ({"organizations": [[policy(Action="s3:*")]]}, "service control policies does not allow"),
        ({"resource": policy(Principal={"AWS": f"{USER}2"})}, "lets neither the caller nor the caller's account in"),
    ],
)
def test_the_text_names_the_layer_that_limits(layers: dict[str, Any], says: str) -> None:
    decision = evaluate([POLICY], Request("kms:GenerateDataKey", THEIRS, principal=USER), **layers)
    assert says in str(decision)


def test_the_text_says_which_side_is_missing_across_accounts() -> None:
    foreign = "arn:aws:iam::999988887777:user/eve"
    decision = evaluate([], Request("kms:Decrypt", KEY, principal=foreign), resource=policy(Principal={"AWS": foreign}))
    assert "across accounts both sides must allow, and no identity policy allows it" in str(decision)
    decision = evaluate([policy()], Request("kms:Decrypt", KEY, principal=foreign))
    assert "no resource policy allows it" in str(decision)


def test_delegation_without_an_identity_policy_is_said() -> None:
    decision = evaluate(
        [], Request("kms:Decrypt", KEY, principal=USER), resource=policy(Principal={"AWS": "123456789012"})
    )
    assert "delegates to the account, and no identity policy allows kms:Decrypt" in str(decision)


def test_explain_goes_statement_by_statement() -> None:
    resource = Document(json.dumps(policy(Sid="Root", Principal={"AWS": f"{USER}2"})), name="key policy")
    policies = PolicySet([POLICY], resource=resource)
    verdicts = explain(policies.decide(Request("kms:GenerateDataKey", KEY, principal=USER)))
    assert [verdict.applies for verdict in verdicts] == [False] * 4
    assert [verdict.reason.split(" (")[0] for verdict in verdicts] == [
        "names another key",
        "names other actions",
        "names other actions",
        "names another principal",
    ]
    assert str(verdicts[3]) == "Root (key policy, line 1): Allow, does not apply: names another principal"
