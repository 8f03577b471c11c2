"""What each kind of policy says by itself, how its documents are called, and what decides (R10, R22 to R32, R78)."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.iam import Effect, MalformedPolicyDocument, PolicySet, Request

USER = "arn:aws:iam::123456789012:user/bob"
ROLE = "arn:aws:iam::123456789012:role/app"
SESSION = "arn:aws:sts::123456789012:assumed-role/app/run"
OBJECT = "arn:aws:s3:::b/k"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def allow(action: str = "s3:*", resource: str = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": statement}


def deny(action: str = "s3:*", **more: Any) -> dict[str, Any]:
    return allow(action, Effect="Deny", **more)


def names(statements: Any) -> list[str]:
    return [compiled.statement.document.name for compiled in statements]


BOB: dict[str, Any] = {"Principal": {"AWS": USER}}


def test_documents_are_named_by_their_layer() -> None:
    policies = PolicySet(
        [allow(), allow()],
        resource=allow(**BOB),
        boundary=allow(),
        session=[allow(), allow()],
        organizations=[[allow()], [allow(), allow()]],
    )
    assert names(policies.identity) == ["PolicyInputList.1", "PolicyInputList.2"]
    assert names(policies.resource) == ["ResourcePolicy"]
    assert names(policies.boundary) == ["PermissionsBoundaryPolicyInputList.1"]
    assert names(policies.session) == ["SessionPolicy.1", "SessionPolicy.2"]
    name = "OrderedOrganizationPolicyInputList"
    assert [names(level) for level in policies.organizations or ()] == [[f"{name}.1.1"], [f"{name}.2.1", f"{name}.2.2"]]
    bare = PolicySet()
    assert (bare.identity, bare.resource, bare.boundary, bare.session) == ((), None, None, None)
    assert (bare.organizations, PolicySet(organizations=[]).organizations) == (None, None)


@pytest.mark.parametrize(
    ("layers", "head"),
    [
        ({"identity": [allow(), {}]}, "PolicyInputList.2 is no identity policy:"),
        ({"resource": {}}, "ResourcePolicy is no resource policy:"),
        ({"resource": {"Statement": {"Action": "s3:*", "Principal": "*"}}}, "ResourcePolicy is no trust policy:"),
        ({"resource": {"Statement": {"NotResource": "*", "Principal": "*"}}}, "ResourcePolicy is no resource policy:"),
        ({"boundary": {}}, "PermissionsBoundaryPolicyInputList.1 is no boundary policy:"),
        ({"session": [{}]}, "SessionPolicy.1 is no session policy:"),
        ({"organizations": [[], [{}]]}, "OrderedOrganizationPolicyInputList.2.1 is no scp policy:"),
    ],
)
def test_every_layer_has_its_grammar(layers: dict[str, Any], head: str) -> None:
    with pytest.raises(MalformedPolicyDocument) as refused:
        PolicySet(**layers)
    assert refused.value.message.startswith(head)


def test_what_each_layer_says() -> None:
    asks: dict[str, Any] = {"Condition": {"StringEquals": {"a:k": "x"}}}
    policies = PolicySet(
        [allow(**asks), deny("kms:*")],
        resource={"Version": "2012-10-17", "Statement": [allow(**BOB)["Statement"], deny("kms:*", **BOB)["Statement"]]},
        boundary=allow(**asks),
        session=[allow(**asks)],
        organizations=[[allow(**asks)], [allow(), deny("kms:*")]],
    )

    def said(action: str, **context: str) -> list[tuple[str, str, list[str]]]:
        decision = policies.decide(Request(action, "*", principal=USER, context=context))
        assert decision.policies is policies
        assert decision.request.action == action
        return [(layer.name, str(layer.effect), names(layer.statements)) for layer in decision.layers]

    scp = "OrderedOrganizationPolicyInputList"
    assert said("s3:GetObject", **{"a:k": "x"}) == [
        ("identity", "allowed", ["PolicyInputList.1"]),
        ("boundary", "allowed", ["PermissionsBoundaryPolicyInputList.1"]),
        ("session", "allowed", ["SessionPolicy.1"]),
        ("resource", "allowed", ["ResourcePolicy"]),
        ("organizations", "allowed", [f"{scp}.1.1", f"{scp}.2.1"]),
    ]
    assert said("s3:GetObject") == [
        ("identity", "implicitDeny", []),
        ("boundary", "implicitDeny", []),
        ("session", "implicitDeny", []),
        ("resource", "allowed", ["ResourcePolicy"]),
        ("organizations", "implicitDeny", []),
    ]
    assert said("kms:Decrypt", **{"a:k": "x"}) == [
        ("identity", "explicitDeny", ["PolicyInputList.2"]),
        ("boundary", "implicitDeny", []),
        ("session", "implicitDeny", []),
        ("resource", "explicitDeny", ["ResourcePolicy"]),
        ("organizations", "explicitDeny", [f"{scp}.2.2"]),
    ]
    assert said("sts:GetCallerIdentity")[0] == ("identity", "implicitDeny", [])
    denied = policies.decide(Request("kms:Decrypt", "*", principal=USER))
    assert [(one.document.name, one.body["Effect"]) for one in denied.statements] == [
        (name, "Deny") for name in ("PolicyInputList.2", "ResourcePolicy", f"{scp}.2.2")
    ]


def test_only_what_really_allowed_decides() -> None:
    narrow = allow("kms:*")
    names_bob = PolicySet([allow()], resource=allow(**BOB), boundary=narrow)
    decision = names_bob.decide(Request("s3:GetObject", OBJECT, principal=USER))
    assert decision.value is Effect.ALLOWED
    assert [statement.document.name for statement in decision.statements] == ["ResourcePolicy"]
    both = PolicySet([allow()], resource=allow(**BOB)).decide(Request("s3:GetObject", OBJECT, principal=USER))
    assert [statement.document.name for statement in both.statements] == ["PolicyInputList.1", "ResourcePolicy"]


def test_a_resource_policy_needs_somebody_to_be_compared_with() -> None:
    with pytest.raises(UsageError) as refused:
        PolicySet(resource=allow(**BOB)).decide(Request("s3:GetObject", OBJECT))
    assert refused.value.message == "a resource policy is given and no principal"
    assert refused.value.remedy == (
        "name the principal, so that the policy's Principal element has something to be compared with"
    )


@pytest.mark.parametrize(
    ("principal", "names_", "boundary", "session", "expected"),
    [
        (USER, USER, True, False, "allowed"),
        (USER, USER, False, True, "implicitDeny"),
        (USER, "*", True, False, "allowed"),
        (USER, "123456789012", False, False, "implicitDeny"),
        (ROLE, ROLE, False, False, "allowed"),
        (ROLE, ROLE, True, False, "implicitDeny"),
        (ROLE, "*", True, False, "implicitDeny"),
        (SESSION, ROLE, False, True, "implicitDeny"),
        (SESSION, SESSION, True, True, "allowed"),
    ],
)
def test_r27_r29_what_limits_a_resource_policys_allow(
    principal: str,
    names_: str,
    boundary: bool,  # noqa: FBT001  a table's column
    session: bool,  # noqa: FBT001
    expected: str,
) -> None:
    narrow = allow("kms:*")
    policies = PolicySet(
        resource=allow(Principal={"AWS": names_}),
        boundary=narrow if boundary else None,
        session=[narrow] if session else None,
    )
    assert policies.decide(Request("s3:GetObject", OBJECT, principal=principal)) == expected


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("kms:Decrypt", KEY, "implicitDeny"),
        ("KMS:PutKeyPolicy", KEY, "implicitDeny"),
        ("kms:CreateKey", "*", "allowed"),
        ("kms:ListKeys", "*", "allowed"),
        ("kms:ListAliases", "*", "allowed"),
        ("kms:GenerateRandom", "*", "allowed"),
        ("sts:AssumeRole", ROLE, "implicitDeny"),
        ("sts:AssumeRoleWithSAML", ROLE, "implicitDeny"),
        ("sts:GetSessionToken", "*", "allowed"),
        ("s3:GetObject", OBJECT, "allowed"),
    ],
)
def test_r31_r32_where_the_resource_policy_must_let_the_caller_in(action: str, resource: str, expected: str) -> None:
    policies = PolicySet([allow("*")], resource=allow("*", Principal={"AWS": f"{USER}2"}))
    assert policies.decide(Request(action, resource, principal=USER)) == expected
