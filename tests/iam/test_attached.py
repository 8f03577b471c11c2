"""What is read of a principal through a boto3-like client, and what its endpoint refuses."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from listed_policies import ACCOUNT, AWS_MANAGED, GROUP, LIMIT, MANAGED, ROLE, USER, ListedPolicies, policy

from tfproof.errors import TargetError
from tfproof.iam import (
    InvalidInput,
    NoSuchEntity,
    principal_policies,
)


def read(client: Any, arn: str) -> list[tuple[Any, ...]]:
    found = principal_policies(client, arn)
    assert found.arn == arn
    return [
        (one.kind, one.name, one.arn, one.entity_type, one.entity_name, one.document.name, one.document.value)
        for one in (*found.identity, *([found.boundary] if found.boundary else []))
    ]


def test_what_is_read_of_a_user() -> None:
    client = ListedPolicies()
    client.boundary = {"PermissionsBoundary": {"PermissionsBoundaryArn": LIMIT}}
    assert read(client, USER) == [
        ("inline", "get", "", "user", "bob", "get", policy("s3:GetObject")),
        ("aws-managed", "ReadOnlyAccess", AWS_MANAGED, "user", "bob", "ReadOnlyAccess", policy("kms:*")),
        ("inline", "put", "", "group", "devs", "put", policy("s3:PutObject")),
        ("user-managed", "tables", MANAGED, "group", "devs", "tables", policy("dynamodb:*")),
        ("permission-boundary", "limit", LIMIT, "user", "bob", "limit", policy("s3:*")),
    ]
    assert client.asked[0] == ("get_user", {"UserName": "bob"})
    assert ("get_user_policy", {"UserName": "bob", "PolicyName": "get"}) in client.asked
    assert ("list_groups_for_user", {"UserName": "bob"}) in client.asked
    assert ("list_attached_group_policies", {"GroupName": "devs"}) in client.asked


@pytest.mark.parametrize(("arn", "kind", "name"), [(ROLE, "role", "app"), (GROUP, "group", "devs")])
def test_what_is_read_of_roles_and_groups(arn: str, kind: str, name: str) -> None:
    client = ListedPolicies()
    found = read(client, arn)
    assert found[-1] == ("user-managed", "tables", MANAGED, kind, name, "tables", policy("dynamodb:*"))
    assert client.asked[:2] == [
        (f"get_{kind}", {f"{kind.capitalize()}Name": name}),
        (f"list_{kind}_policies", {f"{kind.capitalize()}Name": name}),
    ]
    assert "list_groups_for_user" not in dict(client.asked)
    assert principal_policies(client, arn).boundary is None


@pytest.mark.parametrize(
    "arn",
    [f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s", f"arn:aws:iam::{ACCOUNT}:root", MANAGED, "bob"],
)
def test_what_is_no_source(arn: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        principal_policies(ListedPolicies(), arn)
    told = (f"Invalid Entity Arn: {arn}", "give the ARN of an IAM user, group or role")
    assert (refused.value.message, refused.value.remedy) == told


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetUser")


NOBODY = "The user with name bob cannot be found."
DENIED = "An error occurred (AccessDenied) when calling the GetUser operation: no"


@pytest.mark.parametrize(
    ("failure", "error", "message", "remedy"),
    [
        (refused("NoSuchEntity", NOBODY), NoSuchEntity, NOBODY, ""),
        (refused("NoSuchEntity", ""), NoSuchEntity, f"{USER} cannot be found.", ""),
        (refused("AccessDenied", "no"), TargetError, f"reading the policies of {USER} failed: {DENIED}", ""),
        (
            EndpointConnectionError(endpoint_url="http://x"),
            TargetError,
            f'reading the policies of {USER} failed: Could not connect to the endpoint URL: "http://x"',
            "",
        ),
    ],
)
def test_what_the_endpoint_refuses(failure: Exception, error: type[Any], message: str, remedy: str) -> None:
    client = ListedPolicies()
    client.failure = failure
    with pytest.raises(error) as caught:
        principal_policies(client, USER)
    assert (caught.value.message, caught.value.remedy) == (message, remedy)
    assert caught.value.__cause__ is failure


def test_another_path_is_another_user() -> None:
    with pytest.raises(NoSuchEntity) as caught:
        principal_policies(ListedPolicies(), f"arn:aws:iam::{ACCOUNT}:user/bob")
    told = (f"arn:aws:iam::{ACCOUNT}:user/bob cannot be found.", f"there is {USER}")
    assert (caught.value.message, caught.value.remedy, caught.value.code, caught.value.status) == (
        *told,
        "NoSuchEntity",
        404,
    )


@pytest.mark.parametrize("held", ["nonsense", ["x"]])
def test_a_policy_that_cannot_be_read_is_the_endpoints_fault(held: Any) -> None:
    client = ListedPolicies()
    client.inline["user"]["get"] = held
    with pytest.raises(
        TargetError, match=r"^the endpoint holds a policy 'get' that cannot be read: get: line 1, column 1"
    ):
        principal_policies(client, USER)


def test_the_text_is_kept_as_it_was_submitted_and_the_client_left_as_it_was() -> None:
    """R11: botocore makes an object of a policy; positions are those of its text."""
    client = boto3.client("iam", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    body = '{"Version":\n"2012-10-17",\n\n "Statement": [] }'
    entity = {"UserName": "bob", "UserId": "AIDA1234567890123456", "Path": "/team/", "Arn": USER}
    named = {"UserName": "bob", "PolicyName": "a policy"}
    with Stubber(client) as stub:
        stub.add_response("get_user", {"User": {**entity, "CreateDate": "2026-01-01T00:00:00Z"}})
        stub.add_response("list_user_policies", {"PolicyNames": ["a policy"]})
        stub.add_response("get_user_policy", {**named, "PolicyDocument": body.replace(" ", "%20")}, named)
        attached = {"PolicyArn": MANAGED, "PolicyName": "tables"}
        stub.add_response("list_attached_user_policies", {"AttachedPolicies": [attached]})
        policy_ = {"Arn": MANAGED, "PolicyName": "tables", "DefaultVersionId": "v3"}
        stub.add_response("get_policy", {"Policy": policy_}, {"PolicyArn": MANAGED})
        version = {"PolicyArn": MANAGED, "VersionId": "v3"}
        text = body.replace("\n", "%0A").replace("[", "%5B")
        stub.add_response("get_policy_version", {"PolicyVersion": {"Document": text}}, version)
        stub.add_response("list_groups_for_user", {"Groups": []})
        found = principal_policies(client, USER).identity
        assert [(one.document.text, one.name) for one in found] == [(body, "a policy"), (body, "tables")]
        stub.add_response("get_user_policy", {**named, "PolicyDocument": body})
        assert set(client.get_user_policy(**named)) == {*named, "PolicyDocument"}
