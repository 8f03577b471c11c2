"""ARNs, the callers they name, and how Principal elements name those (R25, R27, R74)."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.iam.arn import account_of, caller_kind, read_arn
from tfproof.iam.principals import Caller, Grant, PrincipalElement, read_caller

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/bob"
SESSION = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/app/run"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/f"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("arn:aws:s3:::b/k:1", ("aws", "s3", "", "", "b/k:1")),
        (f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/1", ("aws-cn", "kms", "cn-north-1", ACCOUNT, "key/1")),
        ("arn:aws:s3::b", None),
        ("arn::s3:::b", None),
        ("arn:aws::::b", None),
        ("arn:aws:s3:::", None),
        ("x:aws:s3:::b", None),
        ("", None),
    ],
)
def test_the_parts_of_an_arn(text: str, parts: tuple[str, ...] | None) -> None:
    assert read_arn(text) == (None if parts is None else ("arn", *parts))


@pytest.mark.parametrize(
    ("text", "kind", "account"),
    [
        (USER, "user", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:group/g", "group", ACCOUNT),
        (ROLE, "role", ACCOUNT),
        (SESSION, "assumed-role", ACCOUNT),
        (FEDERATED, "federated-user", ACCOUNT),
        (ROOT, "root", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:user/bob", "", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:assumed-role/a/b", "", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:root", "", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:user", "", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:user/", "", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:federated-user", "", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:roots", "", ACCOUNT),
        (f"arn:aws:s3::{ACCOUNT}:user/bob", "", ACCOUNT),
        ("arn:aws:iam::12345678901:user/bob", "", ""),
        (f"arn:aws:iam::{ACCOUNT}3:user/bob", "", ""),
        ("arn:aws:s3:::b:c", "", ""),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a:b", "", ACCOUNT),
        (f"a:b:c:d:{ACCOUNT}", "", ""),
        ("logs.amazonaws.com", "", ""),
    ],
)
def test_what_an_arn_names_and_its_account(text: str, kind: str, account: str) -> None:
    assert (caller_kind(text), account_of(text)) == (kind, account)


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        (USER, Caller(USER, "", ACCOUNT, "user")),
        (SESSION, Caller(f"arn:aws-cn:iam::{ACCOUNT}:role/app", SESSION, ACCOUNT, "role")),
        (FEDERATED, Caller(FEDERATED, FEDERATED, ACCOUNT, "federated-user")),
        (ROOT, Caller(ROOT, "", ACCOUNT, "root")),
        ("logs.amazonaws.com", Caller("logs.amazonaws.com", "", "", "service")),
        ("ec2.amazonaws.com.cn", Caller("ec2.amazonaws.com.cn", "", "", "service")),
    ],
)
def test_callers(principal: str, caller: Caller) -> None:
    assert read_caller(principal) == caller


@pytest.mark.parametrize("principal", ["bob", "", "*", "arn:aws:s3:::b.amazonaws.com", "logs.amazonaws.org", ACCOUNT])
def test_what_names_no_caller(principal: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_caller(principal)
    assert refused.value.message == f"principal {principal!r} names no caller"
    assert refused.value.remedy == (
        "give the ARN of a user, role, group or session (arn:aws:iam::123456789012:user/bob), or a service's name "
        "(logs.amazonaws.com)"
    )


LOGS = "logs.amazonaws.com"


@pytest.mark.parametrize(
    ("element", "principal", "grant"),
    [
        ("*", USER, Grant.ANYONE),
        ({"AWS": "*"}, USER, Grant.ANYONE),
        ({"AWS": ["*", USER]}, USER, Grant.ENTITY),
        ({"AWS": ACCOUNT}, USER, Grant.ACCOUNT),
        ({"AWS": [ROOT]}, USER, Grant.ACCOUNT),
        ({"AWS": ROOT}, ROOT, Grant.ACCOUNT),
        ({"AWS": "999988887777"}, USER, Grant.NONE),
        ({"AWS": ROLE}, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run", Grant.ENTITY),
        ({"AWS": [ROLE, SESSION]}, SESSION, Grant.SESSION),
        ({"AWS": FEDERATED}, FEDERATED, Grant.SESSION),
        ({"Service": LOGS}, LOGS, Grant.SESSION),
        ({"Service": ["*"]}, LOGS, Grant.SESSION),
        ({"Service": "s3.amazonaws.com"}, LOGS, Grant.NONE),
        ({"AWS": "*"}, LOGS, Grant.NONE),
        ("*", LOGS, Grant.NONE),
        ({"Service": LOGS}, USER, Grant.NONE),
        ({"Federated": "*"}, USER, Grant.NONE),
    ],
)
def test_r25_r27_how_an_element_names_a_caller(element: Any, principal: str, grant: Grant) -> None:
    assert PrincipalElement(element).grant(read_caller(principal)) is grant
