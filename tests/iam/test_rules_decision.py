"""R21 to R33: who may decide, and what limits it. Each test is named after what its rule says."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.iam import PolicySet, Request, evaluate

USER = "arn:aws:iam::123456789012:user/bob"
ROLE = "arn:aws:iam::123456789012:role/ci/deploy"
OBJECT = "arn:aws:s3:::b/k"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
DEPLOYER = "arn:aws:iam::123456789012:role/deployer"
OTHER = "999988887777"


def allow(action: str = "*", resource: str | None = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, **more}
    if resource is not None:
        statement["Resource"] = resource
    return {"Version": "2012-10-17", "Statement": [statement]}


def deny(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    policy = allow(action, resource, **more)
    policy["Statement"][0]["Effect"] = "Deny"
    return policy


def bucket_policy(principal: object, **more: Any) -> dict[str, Any]:
    return allow("s3:GetObject", OBJECT, Principal=principal, **more)


def ask(*policies: dict[str, Any], principal: str = USER, owner: str | None = None, **layers: Any) -> str:
    request = Request("s3:GetObject", OBJECT, principal=principal, resource_account=owner)
    return str(evaluate(policies, request, **layers).value)


def ask_key(*policies: dict[str, Any], key_policy: dict[str, Any] | None, principal: str = USER) -> str:
    return str(evaluate(policies, Request("kms:Decrypt", KEY, principal=principal), resource=key_policy).value)


def test_r21_nothing_said_is_implicitly_denied() -> None:
    assert ask() == "implicitDeny"


def test_r22_an_explicit_deny_anywhere_wins() -> None:
    assert ask(allow(), deny("s3:GetObject")) == "explicitDeny"
    assert ask(allow(), resource=deny("s3:*", OBJECT, Principal="*")) == "explicitDeny"
    assert ask(allow(), session=[allow(), deny("s3:*")]) == "explicitDeny"


def test_r23_in_one_account_the_identity_or_the_resource_policy_is_enough() -> None:
    assert ask(resource=bucket_policy({"AWS": USER})) == "allowed"
    assert ask(allow(), resource=bucket_policy({"AWS": f"{USER}2"})) == "allowed"


def test_r24_across_accounts_both_must_allow() -> None:
    names_bob = bucket_policy({"AWS": USER})
    assert ask(resource=names_bob, owner=OTHER) == "implicitDeny"
    assert ask(allow(), owner=OTHER) == "implicitDeny"
    assert ask(allow(), resource=names_bob, owner=OTHER) == "allowed"
    assert ask(allow(), resource=bucket_policy("*"), owner=OTHER) == "allowed"


@pytest.mark.parametrize("account", ["123456789012", "arn:aws:iam::123456789012:root"])
def test_r25_an_account_as_principal_delegates_and_does_not_grant(account: str) -> None:
    policy = bucket_policy({"AWS": account})
    assert ask(resource=policy) == "implicitDeny"
    assert ask(resource=policy, owner=OTHER) == "implicitDeny"
    assert ask(allow(), resource=policy, owner=OTHER) == "allowed"


def test_r26_a_boundary_is_an_intersection() -> None:
    assert ask(allow(), boundary=allow("dynamodb:*")) == "implicitDeny"
    assert ask(allow(), boundary=allow("s3:*")) == "allowed"
    assert ask(boundary=allow()) == "implicitDeny"
    assert ask(allow(), boundary=deny("s3:*")) == "explicitDeny"


def test_r27_a_resource_policy_naming_the_user_is_not_limited_by_the_boundary_one_naming_the_role_is() -> None:
    narrow = allow("dynamodb:*")
    assert ask(boundary=narrow, resource=bucket_policy({"AWS": USER})) == "allowed"
    assert ask(boundary=narrow, resource=bucket_policy({"AWS": ROLE}), principal=ROLE) == "implicitDeny"
    session = "arn:aws:sts::123456789012:assumed-role/deploy/run"
    assert ask(boundary=narrow, resource=bucket_policy({"AWS": session}), principal=session) == "allowed"


def test_r28_not_principal_with_a_boundary_attached_always_denies() -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "NotPrincipal": {"AWS": [USER, "123456789012"]}, "Action": "s3:*", "Resource": OBJECT}
        ],
    }
    assert ask(allow(), resource=policy) == "allowed"
    assert ask(allow(), resource=policy, principal=f"{USER}2") == "allowed"  # its account is spared
    assert ask(allow(), resource=policy, principal="arn:aws:iam::999988887777:user/eve") == "explicitDeny"
    assert ask(allow(), resource=policy, boundary=allow()) == "explicitDeny"


def test_r29_a_session_policy_is_an_intersection_like_a_boundary() -> None:
    assert ask(allow(), session=[allow("dynamodb:*")]) == "implicitDeny"
    assert ask(allow(), session=[allow("dynamodb:*"), allow("s3:*")]) == "allowed"
    assert ask(session=[allow()]) == "implicitDeny"
    assert ask(session=[allow("dynamodb:*")], resource=bucket_policy({"AWS": USER})) == "implicitDeny"


def test_r30_every_organization_level_must_allow() -> None:
    assert ask(allow(), organizations=[[allow()], [allow()]]) == "allowed"
    assert ask(allow(), organizations=[[allow()], [allow("dynamodb:*")]]) == "implicitDeny"
    assert ask(allow(), organizations=[[allow()], [allow("dynamodb:*"), allow("s3:*")]]) == "allowed"
    assert ask(allow(), organizations=[[allow(), deny("s3:*")], [allow()]]) == "explicitDeny"
    assert ask(allow(), organizations=[[allow()], []]) == "implicitDeny"
    assert ask(organizations=[[allow()]]) == "implicitDeny"


def test_r31_a_key_policy_must_let_the_account_in() -> None:
    with_root = allow("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
    without = allow("kms:*", Principal={"AWS": f"{USER}-admin"})
    identity = allow("kms:*")
    assert ask_key(identity, key_policy=without) == "implicitDeny"
    assert ask_key(identity, key_policy=with_root) == "allowed"
    assert ask_key(key_policy=with_root) == "implicitDeny"
    assert ask_key(key_policy=allow("kms:*", Principal={"AWS": USER})) == "allowed"
    assert ask_key(identity, key_policy=with_root, principal="arn:aws:iam::999988887777:user/eve") == "implicitDeny"


def test_r31_without_a_key_policy_the_identity_policies_decide() -> None:
    assert ask_key(allow("kms:*"), key_policy=None) == "allowed"
    assert ask_key(key_policy=None) == "implicitDeny"


def test_r32_a_trust_policy_decides_who_assumes_a_role() -> None:
    request = Request("sts:AssumeRole", DEPLOYER, principal=USER)
    identity = [allow("sts:AssumeRole", DEPLOYER)]

    def trust(principal: str) -> dict[str, Any]:
        return allow("sts:AssumeRole", None, Principal={"AWS": principal})

    assert evaluate([], request, resource=trust(USER)) == "allowed"
    assert evaluate(identity, request, resource=trust("123456789012")) == "allowed"
    assert evaluate([], request, resource=trust("123456789012")) == "implicitDeny"
    assert evaluate(identity, request, resource=trust(f"{USER}2")) == "implicitDeny"


def test_r32_get_caller_identity_needs_no_permission_and_cannot_be_denied() -> None:
    assert evaluate([], Request("sts:GetCallerIdentity")) == "allowed"
    assert evaluate([deny()], Request("sts:GetCallerIdentity")) == "allowed"


def test_r33_pass_role_is_an_action_on_the_role_with_the_service_as_a_key() -> None:
    only_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    policies = PolicySet([allow("iam:PassRole", DEPLOYER, Condition=only_ec2)])

    def passed_to(service: str, role: str = DEPLOYER) -> str:
        request = Request("iam:PassRole", role, context={"iam:PassedToService": service})
        return str(policies.decide(request).value)

    assert passed_to("ec2.amazonaws.com") == "allowed"
    assert passed_to("lambda.amazonaws.com") == "implicitDeny"
    assert passed_to("ec2.amazonaws.com", f"{DEPLOYER}2") == "implicitDeny"


def test_a_service_as_caller_is_named_by_service_only() -> None:
    policy = bucket_policy({"Service": "cloudtrail.amazonaws.com"})
    assert ask(resource=policy, principal="cloudtrail.amazonaws.com") == "allowed"
    assert ask(resource=policy, principal="logs.amazonaws.com") == "implicitDeny"


def test_a_resource_policy_without_a_principal_to_compare_is_refused() -> None:
    with pytest.raises(UsageError, match="no principal"):
        evaluate([], Request("s3:GetObject", OBJECT), resource=bucket_policy("*"))
