"""The whole text of decisions and verdicts, layer by layer, and when decisions are equal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import Document, PolicySet, Request, evaluate, explain

KEY, THEIRS = (f"arn:aws:kms:us-east-1:123456789012:key/{name}" for name in ("mine", "other"))
USER = "arn:aws:iam::123456789012:user/bob"
ACCOUNT, OTHER = "123456789012", "999988887777"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"
ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/state"


def named(name: str, *statements: dict[str, Any]) -> Document:
    return Document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), name=name)


def of(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


S3 = of("s3:*", "*")
DENY = of("s3:*", "*") | {"Effect": "Deny"}
BOB = {"Principal": {"AWS": USER}}
IN = {"Principal": {"AWS": ACCOUNT}}
TLS = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
OBJECT = "arn:aws:s3:::b/k"
NONE = "implicitDeny: no statement allows s3:GetObject on arn:aws:s3:::b/k"


@pytest.mark.parametrize(
    ("identity", "layers", "expected"),
    [
        ([S3], {}, "allowed: s3:GetObject on arn:aws:s3:::b/k: allowed by statement 1 (p, line 1)"),
        (
            [S3, of("*", "*", Sid="All"), DENY],
            {"boundary": named("limit", DENY | {"Sid": "No"})},
            "explicitDeny: s3:GetObject on arn:aws:s3:::b/k: denied by statement 3 (p, line 1) and No (limit, line 1)",
        ),
        (
            [S3] * 6,
            {},
            "allowed: s3:GetObject on arn:aws:s3:::b/k: allowed by "
            + " and ".join(f"statement {number} (p, line 1)" for number in range(1, 5))
            + " and 2 more",
        ),
        (
            [S3],
            {"resource": named("bucket", {**S3, **BOB})},
            "allowed: s3:GetObject on arn:aws:s3:::b/k: allowed by statement 1 (p, line 1) and statement 1 "
            "(bucket, line 1)",
        ),
        (
            [S3] * 4,
            {},
            "allowed: s3:GetObject on arn:aws:s3:::b/k: allowed by "
            + " and ".join(f"statement {number} (p, line 1)" for number in range(1, 5)),
        ),
        (
            [of("s3:*", [f"arn:aws:s3:::{name}/*" for name in "cdef"])] * 4,
            {},
            NONE
            + "".join(
                f"; statement {number} (p, line 1) names another object (arn:aws:s3:::c/*, arn:aws:s3:::d/*, "
                "arn:aws:s3:::e/*, arn:aws:s3:::f/*)"
                for number in range(1, 5)
            ),
        ),
        ([], {}, NONE),
        ([DENY | TLS], {}, NONE),
        (
            [S3],
            {"boundary": named("limit", of("kms:*", "*")), "session": [named("now", of("s3:*", "arn:aws:s3:::c/*"))]},
            "implicitDeny: the permissions boundary and the session policy does not allow s3:GetObject on "
            "arn:aws:s3:::b/k; statement 1 (now, line 1) names another object (arn:aws:s3:::c/*)",
        ),
        (
            [S3],
            {"organizations": [[named("root", S3)], [named("unit", S3 | TLS)]]},
            "implicitDeny: an organization level's service control policies does not allow s3:GetObject on "
            "arn:aws:s3:::b/k; statement 1 (unit, line 1) asks for Bool aws:SecureTransport 'false'; the request has "
            "no such key",
        ),
        (
            [],
            {"resource": named("bucket", {**S3, **IN})},
            "implicitDeny: s3:GetObject on arn:aws:s3:::b/k: the resource's policy delegates to the account, and no "
            "identity policy allows s3:GetObject",
        ),
        (
            [of("s3:*", [f"arn:aws:s3:::{name}/*" for name in "cdefgh"])] * 6,
            {},
            NONE
            + "; "
            + "; ".join(
                f"statement {number} (p, line 1) names another object (arn:aws:s3:::c/*, arn:aws:s3:::d/*, "
                "arn:aws:s3:::e/*, arn:aws:s3:::f/* and 2 more)"
                for number in range(1, 5)
            )
            + "; and 2 more",
        ),
        (
            [
                {"Effect": "Allow", "NotAction": ["s3:*", "kms:*"], "Resource": "*"},
                {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"},
            ],
            {},
            f"{NONE}; statement 2 (p, line 1) names another object (all but arn:aws:s3:::b/*)",
        ),
        (
            [of("s3:*", "arn:aws:s3:::c/*"), S3 | {"Condition": {"StringEquals": {"A:k": ["x", "y"]}}}],
            {},
            f"{NONE}; statement 2 (p, line 1) asks for StringEquals A:k 'x' or 'y'; the request has 'held'",
        ),
        (
            [S3 | {"Condition": {"ForAllValues:StringLike": {"a:list": [f"v{number}*" for number in range(6)]}}}],
            {},
            f"{NONE}; statement 1 (p, line 1) asks for ForAllValues:StringLike a:list 'v0*' or 'v1*' or 'v2*' or "
            "'v3*'; the request has ('one', 'two')",
        ),
        (
            [S3 | {"Condition": {"StringEquals": {"a:k": []}}}],
            {},
            f"{NONE}; statement 1 (p, line 1) asks for StringEquals a:k nothing; the request has 'held'",
        ),
        (
            [],
            {"resource": named("bucket", {**S3, "Principal": {"AWS": f"{USER}2"}}, {**S3, **BOB, **TLS})},
            f"{NONE}; statement 2 (bucket, line 1) asks for Bool aws:SecureTransport 'false'; the request has no "
            "such key",
        ),
        (
            [],
            {"resource": named("bucket", {**S3, "Principal": {"AWS": f"{USER}2"}})},
            f"{NONE}; statement 1 (bucket, line 1) names another principal",
        ),
    ],
)
def test_the_whole_text(identity: list[dict[str, Any]], layers: dict[str, Any], expected: str) -> None:
    context = {"a:K": "held", "a:list": ["one", "two"]}
    request = Request("s3:GetObject", OBJECT, principal=USER, context=context)
    decision = evaluate([named("p", *identity)] if identity else [], request, **layers)
    assert str(decision) == expected
    assert repr(decision) == f"<Decision {expected}>"


def test_the_text_of_a_key_policy_that_lets_nobody_in() -> None:
    key_policy = named("key", of("kms:*", "*") | {"Principal": {"AWS": f"{USER}2"}})
    decision = evaluate([named("p", of("*", "*"))], Request("kms:Decrypt", KEY, principal=USER), resource=key_policy)
    assert str(decision) == (
        f"implicitDeny: kms:Decrypt on {KEY}: the resource's policy lets neither the caller nor the caller's account in"
        "; statement 1 (key, line 1) names another principal"
    )


@pytest.mark.parametrize(
    ("identity", "resource", "owner", "expected"),
    [
        (
            [S3],
            None,
            OTHER,
            f"across accounts both sides must allow, and no resource policy allows it (caller {ACCOUNT}, resource "
            f"{OTHER})",
        ),
        (
            [],
            {**S3, **BOB},
            OTHER,
            f"across accounts both sides must allow, and no identity policy allows it (caller {ACCOUNT}, resource "
            f"{OTHER})",
        ),
    ],
)
def test_the_text_across_accounts(
    identity: list[dict[str, Any]], resource: dict[str, Any] | None, owner: str, expected: str
) -> None:
    request = Request("s3:GetObject", OBJECT, principal=USER, resource_account=owner)
    bucket = None if resource is None else named("bucket", resource)
    decision = evaluate([named("p", *identity)] if identity else [], request, resource=bucket)
    near = "; statement 1 (bucket, line 1)"
    assert str(decision).split(near)[0] == f"implicitDeny: s3:GetObject on {OBJECT}: {expected}"


@pytest.mark.parametrize(
    ("action", "covered", "asked", "reason"),
    [
        ("s3:ListBucket", "arn:aws:s3:::c", "arn:aws:s3:::b", "names another bucket (arn:aws:s3:::c)"),
        ("s3:GetObject", "arn:aws:s3:::c/*", OBJECT, "names another object (arn:aws:s3:::c/*)"),
        ("s3:GetObject", "arn:aws:s3:::c/*", "arn:aws:s3:::b/a:c", "names another object (arn:aws:s3:::c/*)"),
        ("kms:Decrypt", THEIRS, KEY, f"names another key ({THEIRS})"),
        ("kms:CreateAlias", KEY, ALIAS, f"names another alias ({KEY})"),
        ("dynamodb:GetItem", f"{TABLE}2", f"{TABLE}/index/i", f"names another table ({TABLE}2)"),
        ("iam:GetRole", f"{ROLE}2", ROLE, f"names another role ({ROLE}2)"),
        ("iam:GetUser", f"{USER}2", USER, f"names another user ({USER}2)"),
        ("iam:GetGroup", ROLE, f"arn:aws:iam::{ACCOUNT}:group/g", f"names another group ({ROLE})"),
        ("iam:GetPolicy", ROLE, f"arn:aws:iam::{ACCOUNT}:policy/p", f"names another policy ({ROLE})"),
        ("sns:Publish", ROLE, "arn:aws:sns:us-east-1:1:t/key", f"names another resource ({ROLE})"),
        ("s3:GetObject", "arn:aws:s3:::b", "*", "names another resource (arn:aws:s3:::b)"),
        (
            "kms:Decrypt",
            ALIAS,
            ALIAS,
            "names no key this alias is known to stand for: KMS authorises the use of a key on the key's ARN",
        ),
        (
            "s3:ListAllMyBuckets",
            "arn:aws:s3:::*",
            "arn:aws:s3:::b",
            "names a resource (arn:aws:s3:::*), and s3:ListAllMyBuckets is authorised on * alone",
        ),
    ],
)
def test_what_else_a_statement_names(action: str, covered: str, asked: str, reason: str) -> None:
    decision = evaluate([named("p", of("*", covered))], Request(action, asked))
    assert str(decision) == f"implicitDeny: no statement allows {action} on {asked}; statement 1 (p, line 1) {reason}"


def test_every_verdict_in_the_order_of_the_layers() -> None:
    policies = PolicySet(
        [named("p", S3, DENY | TLS, of("s3:*", "arn:aws:s3:::c/*"))],
        resource=named("bucket", {**S3, **BOB}, {**S3, "Principal": "*", "Action": ["kms:*", "sns:*"]}),
        boundary=named("limit", S3),
        session=[named("now", S3)],
        organizations=[[named("root", S3)], [named("unit", S3)]],
    )
    request = Request("S3:GetObject", OBJECT, principal=USER, context={"aws:SecureTransport": "true"})
    verdicts = explain(policies.decide(request))
    covers = "covers the action and the resource"
    tls = "asks for Bool aws:SecureTransport 'false'; the request has 'true'"
    assert [
        (one.layer, one.statement.document.name, one.effect, one.applies, one.nearness, one.reason) for one in verdicts
    ] == [
        ("identity", "p", "Allow", True, 4, covers),
        ("identity", "p", "Deny", False, 3, tls),
        ("identity", "p", "Allow", False, 2, "names another object (arn:aws:s3:::c/*)"),
        ("resource", "bucket", "Allow", True, 4, covers),
        ("resource", "bucket", "Allow", False, 0, "names other actions (kms:*, sns:*)"),
        ("boundary", "limit", "Allow", True, 4, covers),
        ("session", "now", "Allow", True, 4, covers),
        ("organizations", "root", "Allow", True, 4, covers),
        ("organizations", "unit", "Allow", True, 4, covers),
    ]
    assert str(verdicts[0]) == f"statement 1 (p, line 1): Allow, applies: {covers}"
    named_another = PolicySet([], resource=named("bucket", {**S3, "Principal": {"AWS": f"{USER}2"}}))
    (one,) = explain(named_another.decide(request))
    assert (one.layer, one.applies, one.nearness, one.reason) == ("resource", False, 1, "names another principal")


def test_a_verdict_knows_the_context() -> None:
    home = of("s3:*", "arn:aws:s3:::b/${aws:username}/*")
    asked = Request("s3:GetObject", "arn:aws:s3:::b/bob/k", principal=USER, context={"aws:username": "bob"})
    (one,) = explain(evaluate([named("p", home)], asked))
    assert (one.applies, one.nearness) == (True, 4)


def test_what_no_statement_decides_is_said_by_the_rule() -> None:
    decision = evaluate([], Request("sts:GetCallerIdentity"))
    assert str(decision) == "allowed: sts:GetCallerIdentity on *: sts:GetCallerIdentity needs no permission"


def test_decisions_are_equal_by_value_and_by_what_decided() -> None:
    policies = PolicySet([named("p", S3, of("kms:*", "*"))])
    get, put = (policies.decide(Request(action, OBJECT)) for action in ("s3:GetObject", "s3:PutObject"))
    key = policies.decide(Request("kms:Decrypt", KEY))
    assert get == put
    assert get != key  # both allowed, by different statements
    assert get == "allowed"
    assert get != "implicitDeny"
    assert get != 7
    assert len({get, put}) == 1
    assert hash(get) == hash("allowed")
    assert (get.allowed, evaluate([], Request("s3:GetObject")).allowed) == (True, False)
    assert get.layer("identity") is get.layers[0]
    assert get.layer("boundary") is None
