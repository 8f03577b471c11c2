"""What the operations of STS and IAM need."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.gateway.needs.need import Need

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"


def pairs(found: tuple[Need, ...]) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found]


def test_sts(needs: Any) -> None:
    assert pairs(needs("sts", "GetCallerIdentity")) == [("sts:GetCallerIdentity", "*")]
    assert pairs(needs("sts", "GetSessionToken")) == [("sts:GetSessionToken", "*")]
    (plain,) = needs("sts", "AssumeRole", RoleArn=f"{IAM}:role/made", RoleSessionName="session")
    assert pairs((plain,)) == [("sts:AssumeRole", f"{IAM}:role/made")]
    assert plain.context["sts:RoleSessionName"] == "session"
    assert "sts:ExternalId" not in plain.context
    tags = [{"Key": "team", "Value": "infra"}]
    session = {"Tags": tags, "ExternalId": "ex", "SourceIdentity": "who", "TransitiveTagKeys": ["team"]}
    found = needs("sts", "AssumeRole", RoleArn=f"{IAM}:role/made", RoleSessionName="session", **session)
    assert [need.action for need in found] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert found[0].context["sts:ExternalId"] == "ex"
    assert found[1].context["aws:RequestTag/team"] == "infra"
    assert found[1].context["sts:TransitiveTagKeys"] == ["team"]
    assert pairs(needs("sts", "GetFederationToken", Name="fed")) == [
        ("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/fed")
    ]


POLICY = f"{IAM}:policy/made"


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("GetUser", {}, [("iam:GetUser", f"{IAM}:user/terraform")]),
        ("GetUser", {"UserName": "other"}, [("iam:GetUser", f"{IAM}:user/other")]),
        ("ListRoles", {}, [("iam:ListRoles", "*")]),
        ("GetRole", {"RoleName": "made"}, [("iam:GetRole", f"{IAM}:role/made")]),
        ("CreateRole", {"RoleName": "made", "Path": "/ci/", "AssumeRolePolicyDocument": "{}"},
         [("iam:CreateRole", f"{IAM}:role/ci/made")]),
        ("CreatePolicy", {"PolicyName": "made", "PolicyDocument": "{}"}, [("iam:CreatePolicy", POLICY)]),
        ("GetPolicy", {"PolicyArn": POLICY}, [("iam:GetPolicy", POLICY)]),
        ("AttachRolePolicy", {"RoleName": "made", "PolicyArn": POLICY}, [("iam:AttachRolePolicy", f"{IAM}:role/made")]),
        ("AddUserToGroup", {"GroupName": "g", "UserName": "u"}, [("iam:AddUserToGroup", f"{IAM}:group/g")]),
        ("SimulatePrincipalPolicy", {"PolicySourceArn": f"{IAM}:user/u", "ActionNames": ["s3:GetObject"]},
         [("iam:SimulatePrincipalPolicy", f"{IAM}:user/u")]),
        ("SimulateCustomPolicy", {"PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject"]},
         [("iam:SimulateCustomPolicy", "*")]),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "p", "RoleName": "r"},
         [("iam:AddRoleToInstanceProfile", f"{IAM}:instance-profile/p"), ("iam:PassRole", f"{IAM}:role/r")]),
        ("UpdateUser", {"UserName": "u", "NewUserName": "v"},
         [("iam:UpdateUser", f"{IAM}:user/u"), ("iam:UpdateUser", f"{IAM}:user/v")]),
        ("DeleteVirtualMFADevice", {"SerialNumber": f"{IAM}:mfa/m-f-a"},
         [("iam:DeleteVirtualMFADevice", f"{IAM}:mfa/m-f-a")]),
        ("CreateOpenIDConnectProvider", {"Url": "https://ci.example/x", "ThumbprintList": []},
         [("iam:CreateOpenIDConnectProvider", f"{IAM}:oidc-provider/ci.example/x")]),
    ],
)  # fmt: skip
def test_iam(needs: Any, name: str, parameters: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert pairs(needs("iam", name, **parameters)) == expected


def test_keys_of_iam(needs: Any) -> None:
    (attached,) = needs("iam", "AttachRolePolicy", RoleName="made", PolicyArn=POLICY)
    assert attached.context["iam:PolicyARN"] == POLICY
    (made,) = needs("iam", "CreateUser", UserName="u", PermissionsBoundary=POLICY, Tags=[{"Key": "a", "Value": "b"}])
    assert made.context["iam:PermissionsBoundary"] == POLICY
    assert made.context["aws:RequestTag/a"] == "b"
    (removed,) = needs("iam", "UntagUser", UserName="u", TagKeys=["a", "c"])
    assert removed.context["aws:TagKeys"] == ["a", "c"]
