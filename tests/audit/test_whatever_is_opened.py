"""Policies made at random: what a change opens, and what everybody may do, is told or said to be undecided.

The policies are held against many requests, each decided by the evaluator, and made without the checks' own way of
making them.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from budget import at_night

from tfproof.audit.permission_changes import PolicyKindAsked, widened
from tfproof.checks.finding import Verdict
from tfproof.checks.public_statements import public_statements
from tfproof.iam import PolicySet, Request, principal_context

OWN, NAMED, STRANGE = "123456789012", "111122223333", "777788889999"
BUCKET = "arn:aws:s3:::acme"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "s3:ListBucket", "s3:*Object", "s3:?etObject"]
RESOURCES = [
    "*",
    BUCKET,
    "arn:aws:s3:::*",
    *(f"{BUCKET}{end}" for end in ("*", "/*", "/a*", "/*/x", "/${aws:username}/*")),
]
ROLE = f"arn:aws:iam::{OWN}:role/a"
PRINCIPALS = ["*", {"AWS": OWN}, {"AWS": ROLE}, {"AWS": f"arn:aws:iam::{NAMED}:root"}, {"AWS": [ROLE, NAMED]}]
CONDITIONS = [
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "10.0.0.0/16", "0.0.0.0/0", "192.168.1.0/24"]),
    ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "10.0.0.0/16", "192.168.1.0/24"]),
    ("StringEquals", "aws:PrincipalOrgID", ["o-1", "o-2"]),
    ("StringNotEquals", "aws:SourceVpce", ["v-1", "v-2"]),
    ("StringEqualsIfExists", "aws:SourceVpce", ["v-1", "v-2"]),
    ("StringLike", "aws:PrincipalTag/t", ["a*", "*b", "ab", "*"]),
    ("Null", "aws:SourceVpce", ["true", "false"]),
    ("Bool", "aws:SecureTransport", ["true", "false"]),
    ("NumericLessThan", "s3:TlsVersion", ["1.2", "1.3"]),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["k1", "k2"]),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["k1", "k2"]),
    ("ArnLike", "aws:PrincipalArn", [ROLE, "arn:aws:iam::*:user/u", "arn:aws:iam::*:role/*"]),
]
OBJECTS = [f"{BUCKET}/{key}" for key in ("a1", "b", "b/x", "u/k")]
ASKED = [
    *((f"s3:{name}", on) for name in ("GetObject", "PutObject", "GetObjectVersion", "DeleteObject") for on in OBJECTS),
    *((f"s3:{name}", BUCKET) for name in ("ListBucket", "DeleteBucket")),
]


def some(chance: Random, values: list[str]) -> list[str]:
    return chance.sample(values, chance.randint(1, 2))


def statement(chance: Random) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        operator, key, values = chance.choice(CONDITIONS)
        conditions.setdefault(operator, {})[key] = some(chance, values)
    return {
        "Effect": chance.choice(["Allow", "Allow", "Deny"]),
        "Principal": chance.choice(PRINCIPALS),
        chance.choice(["Action"] * 9 + ["NotAction"]): some(chance, ACTIONS),
        chance.choice(["Resource"] * 9 + ["NotResource"]): some(chance, RESOURCES),
        "Condition": conditions,
    }


def changed(chance: Random, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made = [dict(one) for one in statements]
    for _ in range(chance.randint(1, 2)):
        other, at = statement(chance), chance.randrange(len(made))
        element = chance.choice(["Action", "Resource", "Condition", "all", "one more"])
        if element == "one more":
            made.insert(at, other)
        elif element == "all":
            made[at] = other
        elif element in other and element in made[at]:
            made[at][element] = other[element]
    return made


def text(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def context(chance: Random, *, strange: bool) -> dict[str, Any]:
    """Keys of a request; a stranger sends nothing that is a policy's fixed value."""
    kept: dict[str, list[Any]] = {
        "aws:SourceIp": ["8.8.8.8"] if strange else ["10.0.0.9", "10.9.9.9", "192.168.1.5", "8.8.8.8"],
        "aws:SourceVpce": ["v-3"] if strange else ["v-1", "v-2", "v-3"],
        "aws:PrincipalOrgID": ["o-3"] if strange else ["o-1", "o-2", "o-3"],
        "aws:PrincipalTag/t": ["ab", "ac", "cb", "zz"],
        "aws:TagKeys": [["k1"], ["k2"], ["k1", "k2"], ["k3"], ["k1", "k3"]],
    }
    always: dict[str, list[Any]] = {"aws:SecureTransport": ["true", "false"], "s3:TlsVersion": ["1.1", "1.2", "1.3"]}
    return {
        key: chance.choice(values)
        for key, values in {**kept, **always}.items()
        if key in always or chance.random() < 0.6
    }


def request(chance: Random, callers: list[str], *, strange: bool = False) -> Request:
    action, on = chance.choice(ASKED)
    caller = chance.choice(callers)
    given = {**context(chance, strange=strange), **principal_context(caller)}
    return Request(action, on, principal=caller, context=given, resource_account=OWN)


def callers(*accounts: str) -> list[str]:
    return [f"arn:aws:iam::{one}:{name}" for one in accounts for name in ("user/u", "user/q", "role/a", "role/r")]


@pytest.mark.parametrize("seed", range(at_night(3000, 60)))
def test_a_request_that_a_change_opens_is_never_kept_quiet(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  chance that can be repeated
    before = [statement(chance) for _ in range(chance.randint(1, 3))]
    after = changed(chance, before)
    old, new = (PolicySet([ALLOW_ALL], resource=text(one)) for one in (before, after))
    asked = [request(chance, callers(OWN, NAMED, STRANGE)) for _ in range(300)]

    opened = [one for one in asked if new.decide(one).allowed and not old.decide(one).allowed]
    told = widened([text(before)], [text(after)], PolicyKindAsked(service="s3", resource=BUCKET))

    assert told.found or told.unasked or not opened


@pytest.mark.parametrize("seed", range(at_night(3000, 60)))
def test_what_a_stranger_may_do_is_never_kept_quiet(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  chance that can be repeated
    statements = [statement(chance) for _ in range(chance.randint(1, 3))]
    statements[0] |= {"Effect": "Allow", "Principal": "*"}
    policies = PolicySet([ALLOW_ALL], resource=text(statements))
    asked = [request(chance, callers(STRANGE), strange=True) for _ in range(300)]

    allowed = [one for one in asked if policies.decide(one).allowed]
    verdicts = {verdict for verdict, *_ in public_statements(policies, BUCKET)}

    assert verdicts != {Verdict.PASSED} or not allowed
