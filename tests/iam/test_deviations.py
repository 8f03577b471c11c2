"""Where other tools are known to differ from AWS's documents: one test each that the answer here is AWS's.

Numbers are those of iam-simulate 0.1.173's deviations; those that AWS leaves unclear (13 and 14) and the one about
resource control policies, which nothing here takes (15), are in docs/iam-fidelity.md.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.access_control import IAMPolicy, PermissionResult

from tfproof.iam import MalformedPolicyDocument, Request, evaluate, simulate_custom_policy

OBJECT = "arn:aws:s3:::b/bob/k"


def holds(operator: str, value: object, version: str | None = "2012-10-17", key: str = "a:k", **context: Any) -> bool:
    condition = {operator: {key: value}}
    policy: dict[str, Any] = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}}
    if version:
        policy["Version"] = version
    keys = {name.replace("__", ":"): held for name, held in context.items()}
    return bool(evaluate([policy], Request("s3:GetObject", OBJECT, context=keys)))


def covers(resource: str, action: str = "s3:GetObject", asked: str = OBJECT, **context: Any) -> bool:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}}
    keys = {name.replace("__", ":"): held for name, held in context.items()}
    return bool(evaluate([policy], Request(action, asked, context=keys)))


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_1_variables_are_text_in_old_versions(version: str | None) -> None:
    assert not holds("StringEquals", "${aws:username}", version, a__k="bob", aws__username="bob")
    assert holds("StringEquals", "${aws:username}", version, a__k="${aws:username}", aws__username="bob")


def test_2_not_equals_holds_against_a_variable_without_value() -> None:
    assert holds("StringNotEquals", "${aws:username}", a__k="bob")
    assert holds("StringNotLike", "${aws:username}", a__k="bob")


def test_3_the_whole_ipv4_range_matches_every_ipv4() -> None:
    assert all(holds("IpAddress", "0.0.0.0/0", a__k=address) for address in ("0.0.0.1", "10.1.2.3", "255.255.255.255"))


def test_4_not_ip_address_holds_between_versions() -> None:
    assert holds("NotIpAddress", "10.1.2.3", a__k="2001:db8::1")
    assert holds("NotIpAddress", "2001:db8::1", a__k="10.1.2.3")


def test_5_ipv6_is_compared_by_value() -> None:
    assert holds("IpAddress", "2001:DB8::1", a__k="2001:0db8:0000::0001")


def test_6_epoch_dates_are_seconds() -> None:
    assert holds("DateEquals", "1768471200", a__k="2026-01-15T10:00:00Z")


def test_7_binary_is_compared_by_bytes() -> None:
    assert holds("BinaryEquals", "QQ==", a__k="QR==")


def test_8_keys_unknown_for_the_action_are_used() -> None:
    assert holds("StringEquals", "x", key="kms:EncryptionContext:app", kms__EncryptionContext__app="x")
    assert holds("StringEquals", "x", key="s3:prefix", s3__prefix="x")


def test_9_a_number_with_a_tail_is_no_number() -> None:
    assert not holds("NumericEquals", "10", a__k="10abc")
    with pytest.raises(MalformedPolicyDocument, match="no value for NumericEquals"):
        holds("NumericEquals", "10abc", a__k="10")


def test_10_a_wildcard_in_the_type_is_refused_where_aws_refuses_it_and_matches_elsewhere() -> None:
    with pytest.raises(MalformedPolicyDocument, match="IAM resource path must either"):
        covers("arn:aws:iam::123456789012:u*")
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
    assert covers("arn:aws:dynamodb:us-east-1:123456789012:t*", "dynamodb:GetItem", table)


def test_11_a_star_as_the_resource_asked_for_is_literal() -> None:
    assert not covers("arn:aws:s3:::b/*", asked="*")
    assert covers("*", asked="*")


def test_12_an_empty_variable_is_a_value() -> None:
    assert covers("arn:aws:s3:::b/${aws:username}bob/k", aws__username="")
    assert holds("StringEquals", "${aws:username, 'x'}", a__k="", aws__username="")


def test_moto_knows_no_not_resource_and_no_variables_and_denies_what_a_condition_only_does_not_allow() -> None:
    allow: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    spared = {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::c/*"}
    variable = {**allow, "Resource": "arn:aws:s3:::b/${aws:username}/k"}
    tls = {**allow, "Condition": {"StringEquals": {"aws:username": "eve"}}}
    context = {"aws:username": "bob"}

    def both(*statements: dict[str, Any]) -> tuple[PermissionResult, str]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        by_moto = IAMPolicy(policy).is_action_permitted("s3:GetObject", OBJECT, None, context)
        return by_moto, str(evaluate([policy], Request("s3:GetObject", OBJECT, context=context)).value)

    assert both(allow, spared) == (PermissionResult.PERMITTED, "explicitDeny")
    assert both(variable) == (PermissionResult.NEUTRAL, "allowed")
    assert both(tls) == (PermissionResult.DENIED, "implicitDeny")


def test_localstack_tests_substrings_and_needs_resources() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    near = {"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": "arn:aws:s3:::b/bob/k2"}
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    def ask(*statements: dict[str, Any], **request: Any) -> str:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        answer = simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"], **request)
        return str(answer["EvaluationResults"][0]["EvalDecision"])

    assert ask(near, ResourceArns=[OBJECT]) == "implicitDeny"
    assert ask(every, deny, ResourceArns=[OBJECT]) == "explicitDeny"
    assert ask(every) == "allowed"
