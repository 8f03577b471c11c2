"""What a change of a policy opens: every value, every caller, every wildcard is asked for, or said not to be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from documents import change, plan

from tfproof.audit.plan_checks import plan_findings
from tfproof.checks.finding import Verdict
from tfproof.terraform import Plan

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::acme"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"
AUDIENCE = "token.actions.githubusercontent.com:aud"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = f"{BUCKET}/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = f"{BUCKET}/*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def told(*changes: dict[str, Any]) -> dict[Verdict, list[str]]:
    """What the check of permissions says besides that all is well."""
    found: dict[Verdict, list[str]] = {}
    for finding in plan_findings(Plan(plan(changes))):
        if finding.check_id == "plan-widens-permissions" and finding.verdict is not Verdict.PASSED:
            found.setdefault(finding.verdict, []).append(finding.answer.found)
    return found


def bucket(before: dict[str, Any], after: dict[str, Any]) -> dict[Verdict, list[str]]:
    texts = [{"bucket": "acme", "policy": policy({"Principal": "*", **body})} for body in (before, after)]
    return told(change("aws_s3_bucket_policy.this", *texts))


def identity(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[Verdict, list[str]]:
    return told(change("aws_iam_policy.this", {"policy": policy(*before)}, {"policy": policy(*after)}))


def trust(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[Verdict, list[str]]:
    texts = [
        {"arn": f"arn:aws:iam::{ACCOUNT}:role/ci", "assume_role_policy": policy(*bodies)} for bodies in (before, after)
    ]
    return told(change("aws_iam_role.ci", *texts))


def when(operator: str, key: str, values: Any) -> dict[str, Any]:
    return allow("s3:GetObject", Condition={operator: {key: values}})


WIDER_CONDITIONS = {
    "a second range": (
        when("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
        when("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "0.0.0.0/0"]),
    ),
    "a wider range": (
        when("IpAddress", "aws:SourceIp", "10.0.0.0/16"),
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ),
    "the other half of a range": (
        when("IpAddress", "aws:SourceIp", "10.0.0.0/9"),
        when("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
    ),
    "a wider IPv6 range": (
        when("IpAddress", "aws:SourceIp", "2001:db8::/48"),
        when("IpAddress", "aws:SourceIp", "2001:db8::/32"),
    ),
    "fewer ranges denied": (
        when("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.168.0.0/16"]),
        when("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
    ),
    "a second organization": (
        when("StringEquals", "aws:PrincipalOrgID", ["o-1"]),
        when("StringEquals", "aws:PrincipalOrgID", ["o-1", "o-2"]),
    ),
    "a wildcard for a name": (
        when("StringLike", "aws:PrincipalOrgID", "o-1"),
        when("StringLike", "aws:PrincipalOrgID", "o-*"),
    ),
    "a wider pattern": (
        when("StringLike", "s3:ExistingObjectTag/team", "a*"),
        when("StringLike", "s3:ExistingObjectTag/team", "*"),
    ),
    "an exception less": (
        when("StringNotEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"]),
        when("StringNotEquals", "aws:SourceVpce", "vpce-1"),
    ),
    "a condition less": (when("StringNotEquals", "aws:SourceVpce", "vpce-1"), allow("s3:GetObject")),
    "a later end": (
        when("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
        when("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z"),
    ),
    "a longer session": (
        when("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        when("NumericLessThan", "aws:MultiFactorAuthAge", "7200"),
    ),
    "when the key is missing, too": (
        when("StringEquals", "aws:SourceVpce", "vpce-1"),
        when("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"),
    ),
    "one more of several values": (
        when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", ["o-1/a/"]),
        when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", ["o-1/a/", "o-1/b/"]),
    ),
    "another caller": (
        when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/ci"),
        when("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{ACCOUNT}:role/ci", "arn:aws:iam::*:role/any"]),
    ),
    "another account": (
        when("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        when("StringEquals", "aws:PrincipalAccount", [ACCOUNT, "111122223333"]),
    ),
}


@pytest.mark.parametrize("name", WIDER_CONDITIONS)
def test_a_condition_that_gets_wider_is_told_and_its_way_back_is_not(name: str) -> None:
    narrow, wide = WIDER_CONDITIONS[name]

    assert any("s3:GetObject on" in text for text in bucket(narrow, wide)[Verdict.FAILED])
    assert bucket(wide, narrow) == {}
    assert bucket(wide, {**wide, "Sid": "Other"}) == {}


def test_a_combination_of_values_that_came_is_told_with_all_of_them() -> None:
    def both(ranges: list[str], organizations: list[str]) -> dict[str, Any]:
        condition = {"IpAddress": {"aws:SourceIp": ranges}, "StringEquals": {"aws:PrincipalOrgID": organizations}}
        return {"Principal": "*", **allow("s3:GetObject", Condition=condition)}

    first, second = "10.0.0.0/8", "172.16.0.0/12"
    before = [both([first], ["o-1", "o-2"]), both([first, second], ["o-1"])]
    texts = [
        {"bucket": "acme", "policy": policy(*bodies)} for bodies in (before, [both([first, second], ["o-1", "o-2"])])
    ]
    found = told(change("aws_s3_bucket_policy.this", *texts))

    assert all("aws:SourceIp is 172." in text and "aws:PrincipalOrgID is o-2" in text for text in found[Verdict.FAILED])


# -- who asks ---------------------------------------------------------------------------------------------------------


def web_identity(**conditions: Any) -> dict[str, Any]:
    made = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    return {key: value for key, value in made.items() if value != {}}


BY_AUDIENCE = {AUDIENCE: "sts.amazonaws.com"}
BY_SUBJECT = {SUBJECT: "repo:acme/infra:ref:refs/heads/main"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            web_identity(StringEquals={**BY_AUDIENCE, **BY_SUBJECT}),
            web_identity(StringEquals=BY_AUDIENCE),
        ),
        (
            web_identity(StringEquals={**BY_AUDIENCE, **BY_SUBJECT}),
            web_identity(StringEquals=BY_AUDIENCE, StringLike={SUBJECT: "repo:acme/*"}),
        ),
        (web_identity(StringEquals=BY_SUBJECT), web_identity()),
    ],
)
def test_an_identity_provider_that_is_trusted_with_more_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = trust([before], [after])

    assert any(
        text.startswith(f"whoever {PROVIDER} vouches for may sts:AssumeRoleWithWebIdentity")
        for text in found[Verdict.FAILED]
    )
    assert trust([after], [before]) == {}


def test_a_deny_for_everybody_that_goes_lets_an_identity_provider_in() -> None:
    refused = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringNotLike": {SUBJECT: "repo:acme/*"}},
    }
    found = trust([web_identity(), refused], [web_identity()])

    assert any(PROVIDER in text for text in found[Verdict.FAILED])
    assert trust([web_identity()], [web_identity(), refused]) == {}


def test_a_service_that_is_let_in_is_told() -> None:
    logs = {"Service": "logging.s3.amazonaws.com"}
    tied = allow("s3:PutObject", Principal=logs, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source"}})
    before = allow("s3:GetObject", Principal={"AWS": ACCOUNT})

    for was, now in ((before, {**tied}), (tied, allow("s3:PutObject", Principal=logs))):
        found = bucket(was, now)
        assert any("the service logging.s3.amazonaws.com may s3:PutObject" in text for text in found[Verdict.FAILED])


def test_an_account_that_was_trusted_before_is_not_taken_for_the_buckets_own() -> None:
    partner = {"AWS": "arn:aws:iam::999988887777:root"}
    before = allow("s3:GetObject", Principal=partner)
    found = bucket(before, allow(["s3:GetObject", "s3:DeleteObject"], Principal=partner))

    assert found == {Verdict.FAILED: ["anybody of account 999988887777 may s3:DeleteObject on arn:aws:s3:::acme/any"]}


def test_a_deny_for_somebody_named_that_goes_is_told() -> None:
    someone = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}
    found = bucket(
        deny("s3:DeleteObject", Principal=someone), deny("s3:DeleteObject", f"{BUCKET}/a", Principal=someone)
    )

    assert all(text.startswith(f"arn:aws:iam::{ACCOUNT}:role/ci may s3:Delete") for text in found[Verdict.FAILED])


def test_a_deny_for_the_roles_of_an_account_that_goes_is_told() -> None:
    roles = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}
    was = deny("s3:DeleteObject", Principal={"AWS": "111122223333"}, Condition=roles)
    found = bucket(was, {**was, "Resource": f"{BUCKET}/a"})

    assert any("arn:aws:iam::111122223333:role/" in text for text in found[Verdict.FAILED])


def test_somebody_of_the_own_account_who_needs_no_other_policy_any_more_is_told() -> None:
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/locks"
    texts = [
        {"resource_arn": table, "policy": policy(allow("dynamodb:GetItem", table, Principal={"AWS": who}))}
        for who in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/ci")
    ]
    found = told(change("aws_dynamodb_resource_policy.this", *texts))

    assert found == {Verdict.FAILED: [f"arn:aws:iam::{ACCOUNT}:role/ci may dynamodb:GetItem on {table}"]}


@pytest.mark.parametrize("principal", [{"CanonicalUser": "79a59df900b949e5"}, {"AWS": "AIDAQ3EGSIWRZTKMEZEXA"}])
def test_a_principal_that_cannot_be_asked_is_undecided_when_its_statement_changed(principal: dict[str, str]) -> None:
    was = allow("s3:GetObject", Principal=principal, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    now = allow("s3:GetObject", Principal=principal)

    assert next(iter(principal.values())) in bucket(was, now)[Verdict.UNDECIDED][0]
    assert bucket(now, was) == {}
    assert bucket(now, {**now, "Sid": "Other"}) == {}


# -- which actions and resources --------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["secretsmanager", "ssm", "lambda", "ec2", "s3", "sts"])
def test_a_wildcard_of_any_service_that_came_is_told(service: str) -> None:
    found = identity([allow("ec2:DescribeInstances", "*")], [allow(f"{service}:*", "*")])

    assert all(text.startswith(f"whoever has the policy may {service}:") for text in found[Verdict.FAILED])
    assert Verdict.UNDECIDED not in found


@pytest.mark.parametrize("everything", ["*", "*:*"])
def test_everything_is_told_first(everything: str) -> None:
    found = identity([allow("ec2:DescribeInstances", "*")], [allow(everything, "*")])

    assert found[Verdict.FAILED][0] == "whoever has the policy may * on *"
    assert identity([allow(everything, "*")], [allow(everything, "*"), allow("iam:GetUser", "*")]) == {}


def test_everything_is_more_than_every_service_that_is_asked() -> None:
    services = [f"{name}:*" for name in ("s3", "kms", "dynamodb", "sts", "iam")]

    assert identity([allow(services, "*")], [allow("*", "*")]) == {
        Verdict.FAILED: ["whoever has the policy may * on *"]
    }


def test_everything_but_something_is_told() -> None:
    excepting = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}

    assert any("every action but iam:*" in text for text in identity([allow("s3:*", "*")], [excepting])[Verdict.FAILED])


def test_a_part_of_a_service_whose_actions_are_not_known_is_undecided() -> None:
    found = identity([allow("ec2:DescribeInstances", "*")], [allow("ec2:Describe*", "*")])

    assert "ec2:Describe* covers more than before" in found[Verdict.UNDECIDED][0]
    assert Verdict.FAILED not in found


WIDER_RESOURCES = {
    "every bucket": ("s3:GetObject", f"{BUCKET}/*", "arn:aws:s3:::*"),
    "buckets by name": ("s3:GetObject", f"{BUCKET}/*", "arn:aws:s3:::acme*"),
    "everything": ("s3:GetObject", f"{BUCKET}/*", "*"),
    "more of a bucket": ("s3:GetObject", f"{BUCKET}/a*", f"{BUCKET}/*"),
    "every bucket itself": ("s3:ListBucket", BUCKET, "arn:aws:s3:::*"),
    "every key": ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", f"arn:aws:kms:*:{ACCOUNT}:key/*"),
    "every role": ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/a", f"arn:aws:iam::{ACCOUNT}:role/*"),
    "every secret": (
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:a",
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:*",
    ),
    "a whole service": ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/a", "arn:aws:dynamodb:*"),
    "another user's": ("s3:GetObject", f"{BUCKET}/${{aws:username}}/*", f"{BUCKET}/*"),
}


@pytest.mark.parametrize("name", WIDER_RESOURCES)
def test_a_resource_that_gets_wider_is_told_and_its_way_back_is_not(name: str) -> None:
    action, narrow, wide = WIDER_RESOURCES[name]

    found = identity([allow(action, narrow)], [allow(action, wide)])
    assert any(f"may {action} on" in text for text in found[Verdict.FAILED])
    assert identity([allow(action, wide)], [allow(action, narrow)]) == {}


def test_every_bucket_and_everything_are_the_same_to_an_action_on_objects() -> None:
    assert identity([allow("s3:GetObject", "arn:aws:s3:::*")], [allow("s3:GetObject", "*")]) == {}


def test_a_deny_that_is_narrowed_to_a_part_is_told() -> None:
    everything = allow("s3:*", [BUCKET, f"{BUCKET}/*"])
    found = identity([everything, deny("s3:DeleteObject")], [everything, deny("s3:DeleteObject", f"{BUCKET}/a/*")])

    assert any("may s3:DeleteObject on" in text for text in found[Verdict.FAILED])


@pytest.mark.parametrize(("keys", "callers"), [(13, 1), (11, 20)])
def test_a_change_of_more_requests_than_are_tried_is_undecided(keys: int, callers: int) -> None:
    def roles(count: int) -> list[dict[str, Any]]:
        names = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(count)]
        return [allow(f"s3:Put{number}", Principal={"AWS": name}) for number, name in enumerate(names)]

    condition = {"StringLike": {f"aws:RequestTag/t{number}": "x*" for number in range(keys)}}
    # Nothing opens, but that shows only once every combination was tried.
    allowed = [allow("s3:Get?bject", Principal="*"), *roles(callers)]
    refused = [
        allow("s3:GetObject", Principal="*", Condition={"StringLike": {key: ["x1*", "x2*"]}})
        for key in condition["StringLike"]
    ]
    before = policy(*allowed, *refused)
    after = policy(*allowed, *refused, allow("s3:GetObject", Principal="*", Condition=condition))
    found = told(change("aws_s3_bucket_policy.this", {"policy": before}, {"policy": after}))

    assert "more requests than are tried" in found[Verdict.UNDECIDED][0]
    assert Verdict.FAILED not in found


def test_more_statements_than_are_compared_are_undecided() -> None:
    statements = [allow("s3:GetObject", f"{BUCKET}/{number}") for number in range(600)]

    assert "more requests than are tried" in identity(statements, [allow("s3:GetObject")])[Verdict.UNDECIDED][-1]


# -- inline policies of a role ----------------------------------------------------------------------------------------


def role(before: list[str], after: list[str], **more: Any) -> dict[Verdict, list[str]]:
    values = [
        {"inline_policy": [{"name": str(n), "policy": text} for n, text in enumerate(texts)]}
        for texts in (before, after)
    ]
    return told(change("aws_iam_role.ci", *values, **more))


def test_a_role_whose_inline_policy_allows_more_is_told() -> None:
    read, everything = policy(allow("s3:GetObject")), policy(allow("*", "*"))

    assert "whoever has the policy may * on *" in role([read], [everything])[Verdict.FAILED]
    assert "whoever has the policy may * on *" in role([read], [read, everything])[Verdict.FAILED]
    assert role([read, everything], [everything]) == {}
    assert role([read], [policy(allow("s3:GetObject", f"{BUCKET}/a"))]) == {}


def test_an_inline_policy_that_is_known_after_apply_is_undecided() -> None:
    read = policy(allow("s3:GetObject"))
    found = role([read], [], after_unknown={"inline_policy": [{"policy": True}]})

    assert found == {Verdict.UNDECIDED: ["(known after apply)"]}
