"""Whom a key policy may name, and with what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tfproof.checks.key_policy_grants import _wrong

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
ADMINISTER = [
    *(f"kms:{verb}*" for verb in ("Create", "Describe", "Enable", "List", "Put", "Update", "Revoke", "Disable", "Get")),
    *("kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
    "kms:RotateKeyOnDemand",
]
OWN, FOREIGN = "arn:aws:iam::123456789012:role/ci", "arn:aws:iam::210987654321:user/a+b=c,d.e@f-g_h"


def policy(principal: Any, actions: Sequence[str]) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [ROOT, statement]})


@pytest.mark.parametrize("principal", [OWN, FOREIGN, [OWN, FOREIGN]], ids=["own", "foreign", "both"])
@pytest.mark.parametrize("actions", [USE, ADMINISTER], ids=["use", "administer"])
@pytest.mark.parametrize("key", [KEY, ""], ids=["known", "not made yet"])
def test_user_or_administrator_of_any_account_is_sound(principal: Any, actions: Sequence[str], key: str) -> None:
    assert _wrong(policy(principal, actions), key) == ""


@pytest.mark.parametrize(
    "principal", ["arn:aws:iam::210987654321:root", "210987654321", "arn:aws:iam::123456789012:root"]
)
def test_accounts_own_policies_divide_what_it_is_given(principal: str) -> None:
    assert _wrong(policy(principal, ["kms:*"]), KEY) == ""


@pytest.mark.parametrize("principal", [OWN, FOREIGN], ids=["own", "foreign"])
@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([*USE, "kms:PutKeyPolicy"], "may use the key and kms:PutKeyPolicy"),
        (["kms:*"], "may use the key and kms:CreateAlias"),
        (USE[:-1], "uses the key without kms:DescribeKey"),
        ([*USE, "kms:CreateGrant"], "may hand the key on"),
        ([action for action in ADMINISTER if "Cancel" not in action], "without kms:CancelKeyDeletion"),
    ],
)
def test_half_a_list_or_both_is_not(principal: str, actions: Sequence[str], said: str) -> None:
    assert said in _wrong(policy(principal, actions), KEY)


def test_everybody_is_nobody_to_name() -> None:
    assert _wrong(policy("*", USE), KEY) == "a statement for everybody"
