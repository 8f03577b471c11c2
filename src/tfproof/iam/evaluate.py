"""AWS's evaluation logic over compiled policies: every rule of who may decide, and what limits it.

An explicit deny anywhere decides (R22). Otherwise the organization's levels must all allow (R30), and then: in one
account the identity policies, limited by boundary and session policy, or the resource's policy are enough (R23, R26,
R29); across accounts both must allow (R24). A KMS key's policy, and a role's trust policy, must let the caller or the
caller's account in whatever the identity policies say (R31, R32); where none is given the identity policies decide, as
in SimulateCustomPolicy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from tfproof.errors import UsageError
from tfproof.iam.actions import authorised_on
from tfproof.iam.compiled import compile_document
from tfproof.iam.decision import Decision, Effect, Layer
from tfproof.iam.policy import Document, PolicyKind
from tfproof.iam.principals import Grant
from tfproof.iam.request import Request
from tfproof.iam.validate import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfproof.iam.compiled import CompiledStatement
    from tfproof.iam.json_text import Json
    from tfproof.iam.principals import Caller
    from tfproof.iam.templates import Context

__all__ = ["PolicySet", "PolicySource", "evaluate"]

PolicySource: TypeAlias = "Document | str | Mapping[str, Json]"
"""A policy: a `Document`, JSON text, or the parsed object."""

_ALLOWED, _EXPLICIT, _IMPLICIT = Effect.ALLOWED, Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY
_Statements: TypeAlias = "tuple[CompiledStatement, ...]"


class PolicySet:
    """Every policy that has a say, parsed, validated and compiled once; `decide` answers requests against them.

    Args:
        identity: The policies of the user or role and of the user's groups, inline and managed.
        resource: The policy of the resource: bucket, table or key policy, or a role's trust policy.
        boundary: The permissions boundary.
        session: The session policies, which limit like a boundary (R29).
        organizations: Service control policies, one list a level, root first (R30); None is no organization.

    Raises:
        MalformedPolicyDocument: A document breaks the grammar of its kind; all its faults are named.
    """

    __slots__ = ("boundary", "identity", "organizations", "resource", "session")

    def __init__(
        self,
        identity: Iterable[PolicySource] = (),
        *,
        resource: PolicySource | None = None,
        boundary: PolicySource | None = None,
        session: Iterable[PolicySource] | None = None,
        organizations: Iterable[Iterable[PolicySource]] | None = None,
    ) -> None:
        self.identity = _compile_all(identity, PolicyKind.IDENTITY, "PolicyInputList.{}")
        self.resource: _Statements | None = None
        if resource is not None:
            document = resource if isinstance(resource, Document) else Document(resource, name="ResourcePolicy")
            self.resource = _compile_all([document], _resource_kind(document), "")
        self.boundary = (
            None
            if boundary is None
            else _compile_all([boundary], PolicyKind.BOUNDARY, "PermissionsBoundaryPolicyInputList.{}")
        )
        self.session = None if session is None else _compile_all(session, PolicyKind.SESSION, "SessionPolicy.{}")
        levels = (
            None
            if organizations is None
            else tuple(
                _compile_all(level, PolicyKind.SCP, f"OrderedOrganizationPolicyInputList.{number}.{{}}")
                for number, level in enumerate(organizations, 1)
            )
        )
        self.organizations = levels or None

    def decide(self, request: Request, *, policies_only: bool = False) -> Decision:
        """The decision on one request; nothing is remembered from earlier ones.

        Args:
            request: The question.
            policies_only: Answer from the policies alone, as AWS's simulator does: sts:GetCallerIdentity, which needs
                no permission in reality (R32), is decided like any other action.

        Raises:
            UsageError: There is a resource policy, and the request names no principal its Principal could name.
        """
        action = request.action.lower()
        resource = authorised_on(action, request.resource)
        context = request.context
        layers = [_layer("identity", self.identity, action, resource, context)]
        if self.boundary is not None:
            layers.append(_layer("boundary", self.boundary, action, resource, context))
        if self.session is not None:
            layers.append(_layer("session", self.session, action, resource, context))
        granted, grant = _NOTHING_GRANTED, Grant.NONE
        if self.resource is not None:
            granted, grant = self._resource_layer(request, action, resource)
            layers.append(granted)
        if self.organizations is not None:
            layers.append(_organizations(self.organizations, action, resource, context))
        if action == _NO_PERMISSION_NEEDED and not policies_only:
            return Decision(_ALLOWED, request, self, tuple(layers), note="sts:GetCallerIdentity needs no permission")
        for layer in layers:
            if layer.effect is _EXPLICIT:
                denies = tuple(s for found in layers if found.effect is _EXPLICIT for s in found.statements)
                return Decision(_EXPLICIT, request, self, tuple(layers), deciding=denies)
        return self._without_denies(request, action, tuple(layers), granted, grant)

    def _without_denies(
        self, request: Request, action: str, layers: tuple[Layer, ...], granted: Layer, grant: Grant
    ) -> Decision:
        limits = {layer.name: layer.effect is _ALLOWED for layer in layers}
        identity = layers[0]
        bounded, in_session = limits.get("boundary", True), limits.get("session", True)
        by_identity = identity.effect is _ALLOWED and bounded and in_session
        by_resource = _stands_alone(request.caller, grant, bounded=bounded, in_session=in_session)
        if request.cross_account:
            ok = by_identity and grant is not Grant.NONE
        elif self.resource is not None and _needs_resource_policy(action):
            ok = by_resource or (by_identity and grant is not Grant.NONE)
        else:
            ok = by_identity or by_resource
        if not ok or not limits.get("organizations", True):
            return Decision(_IMPLICIT, request, self, layers)
        deciding = (identity.statements if by_identity else ()) + granted.statements
        return Decision(_ALLOWED, request, self, layers, deciding=deciding)

    def _resource_layer(self, request: Request, action: str, resource: str) -> tuple[Layer, Grant]:
        caller = request.caller
        if caller is None:
            raise UsageError(
                "a resource policy is given and no principal",
                remedy="name the principal, so that the policy's Principal element has something to be compared with",
            )
        denies: list[CompiledStatement] = []
        allows: list[CompiledStatement] = []
        best = Grant.NONE
        for statement in self.resource or ():
            grant = self.grant(statement, caller)
            if grant is Grant.NONE or not statement.applies(action, resource, request.context):
                continue
            if statement.is_deny:
                denies.append(statement)
            else:
                allows.append(statement)
                best = max(best, grant)
        if denies:
            return Layer("resource", _EXPLICIT, tuple(denies)), Grant.NONE
        return Layer("resource", _ALLOWED if allows else _IMPLICIT, tuple(allows)), best

    def grant(self, statement: CompiledStatement, caller: Caller) -> Grant:
        """How a statement of the resource policy names a caller, NotPrincipal included."""
        if statement.principal is None:
            return Grant.NONE
        grant = statement.principal.grant(caller)
        if not statement.not_principal:
            return grant
        # R28: with a boundary attached, a Deny with NotPrincipal denies everybody.
        return Grant.ANYONE if grant is Grant.NONE or self.boundary is not None else Grant.NONE


_NOTHING_GRANTED = Layer("resource", _IMPLICIT)
_NO_PERMISSION_NEEDED = "sts:getcalleridentity"
"""R32: needs no permission, and no policy can take it away."""


def evaluate(
    identity: Iterable[PolicySource],
    request: Request,
    *,
    resource: PolicySource | None = None,
    boundary: PolicySource | None = None,
    session: Iterable[PolicySource] | None = None,
    organizations: Iterable[Iterable[PolicySource]] | None = None,
) -> Decision:
    """The decision on one request against policies given as text or objects; `PolicySet` when there are many requests.

    Raises:
        MalformedPolicyDocument: A document breaks the grammar of its kind.
        UsageError: A resource policy is given and the request names no principal.
    """
    policies = PolicySet(identity, resource=resource, boundary=boundary, session=session, organizations=organizations)
    return policies.decide(request)


def _compile_all(sources: Iterable[PolicySource], kind: PolicyKind, name: str) -> _Statements:
    found: list[CompiledStatement] = []
    for number, source in enumerate(sources, 1):
        document = source if isinstance(source, Document) else Document(source, name=name.format(number))
        check(document, kind)
        found.extend(compile_document(document))
    return tuple(found)


def _resource_kind(document: Document) -> PolicyKind:
    """A trust policy is told from other resource policies by having no Resource at all (R78)."""
    bodies = [statement.body for statement in document.statements]
    trust = bool(bodies) and not any("Resource" in body or "NotResource" in body for body in bodies)
    return PolicyKind.TRUST if trust else PolicyKind.RESOURCE


def _layer(name: str, statements: _Statements, action: str, resource: str, context: Context) -> Layer:
    applying = [statement for statement in statements if statement.applies(action, resource, context)]
    if not applying:
        return Layer(name, _IMPLICIT)
    denies = [statement for statement in applying if statement.is_deny]
    return Layer(name, _EXPLICIT, tuple(denies)) if denies else Layer(name, _ALLOWED, tuple(applying))


def _organizations(levels: tuple[_Statements, ...], action: str, resource: str, context: Context) -> Layer:
    found = [_layer("organizations", level, action, resource, context) for level in levels]
    for effect in (_EXPLICIT, _IMPLICIT):
        for layer in found:
            if layer.effect is effect:
                return layer
    return Layer("organizations", _ALLOWED, tuple(s for layer in found for s in layer.statements))


def _stands_alone(caller: Caller | None, grant: Grant, *, bounded: bool, in_session: bool) -> bool:
    """Whether a resource policy's Allow is enough within the account (R25, R27).

    A grant to a session's own ARN is limited by nothing; one to a user's ARN (or to everybody) not by the boundary;
    one to a role's ARN by boundary and session policy. Everybody as a role is taken like the role's ARN: AWS's
    documents are silent, and the narrower reading cannot call safe what is not.
    """
    if caller is None or grant <= Grant.ACCOUNT:
        return False
    if grant is Grant.SESSION:
        return True
    return in_session and (bounded or caller.kind == "user")


def _needs_resource_policy(action: str) -> bool:
    return action.startswith(("kms:", "sts:assumerole")) and action not in _NOT_ON_A_KEY


_NOT_ON_A_KEY = frozenset({"kms:createkey", "kms:listkeys", "kms:listaliases", "kms:generaterandom"})
