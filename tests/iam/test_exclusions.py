"""PolicyExclusionList: what each identifier leaves out, and which are malformed (R6)."""

from __future__ import annotations

from typing import Any

import pytest
from listed_policies import ACCOUNT, LIMIT, MANAGED, USER, ListedPolicies

from tfproof.iam import (
    InvalidInput,
    principal_policies,
)
from tfproof.iam.exclusions import Exclusion, read_exclusions


def inline(name: str, kind: str = "user", entity: str = "bob") -> dict[str, Any]:
    return {"InlinePolicyIdentifier": {"PolicyName": name, "AttachmentType": kind, "AttachmentName": entity}}


@pytest.mark.parametrize(
    ("identifier", "covered"),
    [
        ({"PolicyType": "inline"}, {"get", "put"}),
        ({"PolicyType": "aws-managed"}, {"ReadOnlyAccess"}),
        ({"PolicyType": "user-managed"}, {"tables"}),
        ({"PolicyType": "permission-boundary"}, {"limit"}),
        ({"PolicyType": "scp"}, set()),
        ({"PolicyArn": MANAGED}, {"tables"}),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/*"}, {"tables"}),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/t?bl*"}, {"tables"}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/Read*"}, {"ReadOnlyAccess"}),
        ({"PolicyArn": LIMIT}, set()),  # a boundary is excluded by its type
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/path/tables"}, set()),
        (inline("get"), {"get"}),
        (inline("get", entity="b*"), {"get"}),
        (inline("get", entity="b?b"), {"get"}),
        (inline("get", entity="bo"), set()),
        (inline("get", kind="role"), set()),
        (inline("g*"), set()),
        (inline("put", "group", "devs"), {"put"}),
        (inline("tables", "group", "devs"), set()),
    ],
)
def test_r6_what_an_identifier_covers(identifier: dict[str, Any], covered: set[str]) -> None:
    client = ListedPolicies()
    client.boundary = {"PermissionsBoundary": {"PermissionsBoundaryArn": LIMIT}}
    every = principal_policies(client, USER)
    left = every.without(read_exclusions([identifier]))
    names = {one.name for one in left.identity} | ({left.boundary.name} if left.boundary else set())
    assert names == {"get", "put", "ReadOnlyAccess", "tables", "limit"} - covered
    assert left.arn == USER
    assert every.without([]) == every


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:policy/a*b*",
        "arn:aws:iam::*:policy/a",
        f"arn:aws:iam::{ACCOUNT}:policy/p*/a",
        f"arn:aws:iam::{ACCOUNT}:role/a",
        f"arn:aws:iam::{ACCOUNT}:policy/",
    ],
)
def test_r6_malformed_arns(arn: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_exclusions([{"PolicyArn": arn}])
    told = (f"Invalid policy identifier: {arn}", "one *, in the policy's name only")
    assert (caught.value.message, caught.value.remedy) == told


@pytest.mark.parametrize("name", ["b*o*", "b/b", ""])
def test_r6_malformed_names(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_exclusions([inline("get", entity=name)])
    told = (f"Invalid policy identifier: AttachmentName {name}", "at most one *")
    assert (caught.value.message, caught.value.remedy) == told


def test_r6_what_is_well_formed_is_read() -> None:
    path = f"arn:aws-cn:iam::{ACCOUNT}:policy/team/a*"
    found = read_exclusions([{"PolicyArn": path}, {"PolicyType": "rcp"}, inline("p", "role", "a_+=,.@-*")])
    assert found == [
        Exclusion(arn=path),
        Exclusion(kind="rcp"),
        Exclusion(policy_name="p", entity_type="role", entity_name="a_+=,.@-*"),
    ]
