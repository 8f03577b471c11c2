"""What is asked: questions that cannot be meant, who owns a resource, and the context (R19, R44, R50)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.iam import Request

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/bob"
REQUESTS: list[tuple[tuple[Any, ...], dict[str, Any], str, str]] = [
    (("s3",), {}, "action 's3' is no action", "name one as service:Name, such as s3:GetObject"),
    (("s3:Get*",), {}, "action 's3:Get*' is no action", "name one as service:Name, such as s3:GetObject"),
    (("s3:Get?",), {}, "action 's3:Get?' is no action", "name one as service:Name, such as s3:GetObject"),
    (("s3:a:b",), {}, "action 's3:a:b' is no action", "name one as service:Name, such as s3:GetObject"),
    ((7,), {}, "action 7 is no action", "name one as service:Name, such as s3:GetObject"),
    (("s3:Get", "b"), {}, "resource 'b' is no resource", "give an ARN, or * for all resources"),
    (("s3:Get", None), {}, "resource None is no resource", "give an ARN, or * for all resources"),
    (("s3:Get",), {"resource_account": "1"}, "resource_account='1' is no account: twelve digits are", ""),
    (("s3:Get",), {"context": {7: "x"}}, "context key 7 is no text", ""),
    (
        ("s3:Get",),
        {"context": {"a:k": "x", "A:K": "y"}},
        "context key 'A:K' is given twice: names are case-insensitive",
        "",
    ),
    (
        ("s3:Get",),
        {"context": {"a:k": None}},
        "context key 'a:k' has None",
        "give text, a number, a boolean, or a list of them",
    ),
    (
        ("s3:Get",),
        {"context": {"a:k": ["x", {}]}},
        "context key 'a:k' has {}",
        "give text, a number, a boolean, or a list of them",
    ),
]


@pytest.mark.parametrize(("given", "more", "message", "remedy"), REQUESTS)
def test_questions_that_cannot_be_meant(given: Any, more: Any, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        Request(*given, **more)
    assert (refused.value.message, refused.value.remedy) == (message, remedy)


def test_r44_who_owns_the_resource() -> None:
    other, key = "999988887777", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
    bucket = "arn:aws:s3:::b"
    owners = [
        (Request("a:b", key, principal=f"arn:aws:iam::{other}:user/eve"), ACCOUNT, True),
        (Request("a:b", key, principal=USER), ACCOUNT, False),
        (Request("a:b", bucket, principal=USER), ACCOUNT, False),
        (Request("a:b", bucket, principal=USER, resource_account=other), other, True),
        (Request("a:b", key, resource_account=other), other, False),
        (Request("a:b"), "", False),
        (Request("a:b", key, principal="logs.amazonaws.com"), ACCOUNT, False),
    ]
    for request, account, across in owners:
        assert (request.resource_account, request.cross_account) == (account, across)


def test_r50_context_as_the_evaluator_reads_it() -> None:
    held = Request("a:b", context={"A:K": True, "a:n": 5, "a:f": 1.5, "a:l": ["x", False, 7], "a:t": (), "a:s": "X"})
    assert held.context == {
        "a:k": "true",
        "a:n": "5",
        "a:f": "1.5",
        "a:l": ("x", "false", "7"),
        "a:t": (),
        "a:s": "X",
    }
    assert Request("a:b").context == {}
    assert re.fullmatch(r"\*", Request("a:b").resource)
