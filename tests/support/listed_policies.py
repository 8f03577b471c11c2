"""A client that lists the policies of a user, a role and a group as boto3's `iam` client does, without an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/devs"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/tables"
AWS_MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"


def policy(action: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*", **more}}


class ListedPolicies:
    """Answers as boto3's `iam` client does, two pages a list, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.failure: Exception | None = None
        self.inline = {"user": {"get": policy("s3:GetObject")}, "group": {"put": policy("s3:PutObject")}}
        self.attached = {"user": [AWS_MANAGED], "group": [MANAGED], "role": [MANAGED]}
        self.managed = {MANAGED: policy("dynamodb:*"), AWS_MANAGED: policy("kms:*"), LIMIT: policy("s3:*")}
        self.boundary: dict[str, Any] = {}

    def __getattr__(self, operation: str) -> Any:
        if not operation.startswith("get_"):
            raise AttributeError(operation)

        def ask(**given: str) -> Any:
            self.asked.append((operation, given))
            if self.failure is not None:
                raise self.failure
            return self.answer(operation, given)

        return ask

    def answer(self, operation: str, given: dict[str, str]) -> Any:
        kind = operation.removeprefix("get_").removesuffix("_policy")
        if operation == "get_policy":
            arn = given["PolicyArn"]
            return {"Policy": {"Arn": arn, "PolicyName": arn.rsplit("/", 1)[-1], "DefaultVersionId": "v3"}}
        if operation == "get_policy_version":
            assert given["VersionId"] == "v3"
            return {"PolicyVersion": {"Document": self.managed[given["PolicyArn"]]}}
        if operation.endswith("_policy"):
            return {"PolicyDocument": self.inline[kind][given["PolicyName"]]}
        arn = {"user": USER, "role": ROLE, "group": GROUP}[kind]
        return {kind.capitalize(): {"Arn": arn, **self.boundary}}

    def get_paginator(self, operation: str) -> Any:
        kind = operation.removeprefix("list_").removeprefix("attached_").removesuffix("_policies")

        def paginate(**given: str) -> Iterator[Any]:
            self.asked.append((operation, given))
            if operation == "list_groups_for_user":
                yield {"Groups": []}
                yield {"Groups": [{"GroupName": "devs"}]}
            elif operation.startswith("list_attached"):
                yield {"AttachedPolicies": []}
                yield {"AttachedPolicies": [{"PolicyArn": arn} for arn in self.attached[kind]]}
            else:
                yield {"PolicyNames": []}
                yield {"PolicyNames": list(self.inline.get(kind, {}))}

        return SimpleNamespace(paginate=paginate)
