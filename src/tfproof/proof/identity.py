"""May this principal do that? Asked of the policies that a target really has.

On an emulator the policies are read from it and evaluated by `tfproof.iam`, since no emulator answers IAM's Simulate
calls. On a real account the same questions go to IAM itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tfproof.iam import Decision, PolicySet, Request, principal_context, principal_policies
from tfproof.targets.target import Target

__all__ = ["Iam", "SimulatedDecision"]

Context = Mapping[str, str | bool | int | float | Sequence[str]]
Policies = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SimulatedDecision:
    """What IAM itself answered; truthy only for allowed, and equal to its `EvalDecision`.

    Attributes:
        value: `allowed`, `explicitDeny` or `implicitDeny`.
        matched: Where the statements stand that decided, as IAM names them.
    """

    value: str
    matched: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.value == "allowed"

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, SimulatedDecision) else other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return f"{self.value}: {', '.join(self.matched) or 'no statement matched'}"


class Iam:
    """Asks what principals may do at a target.

    Args:
        target: Where users, roles and policies are.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._remembered: dict[str, tuple[list[Any], Any]] | None = None

    def can(
        self,
        subject: Policies,
        action: str,
        resource: str = "*",
        *,
        context: Context | None = None,
        principal: str | None = None,
        resource_policy: str | None = None,
        resource_account: str | None = None,
    ) -> Decision | SimulatedDecision:
        """Whether a principal, or whoever holds these policies, may do an action on a resource.

        Args:
            subject: ARN of a user or role at the target, whose policies are read there; or policies themselves, as
                JSON text, an object, or several of either. No policy at all is `[]`.
            action: Such as `s3:PutObject`.
            resource: ARN, or `*`.
            context: Condition keys of the request; a list makes a key multi-valued.
            principal: With policies as subject: who asks, which a resource policy needs to know.
            resource_policy: Policy of the bucket, table or key.
            resource_account: Account that owns the resource, where its ARN does not say.

        Returns:
            A decision: truthy only for allowed, equal to `"allowed"`, `"explicitDeny"` or `"implicitDeny"`; its text
            says which statement decided, or what is missing.

        Raises:
            IamError: A policy or the request is malformed.
            NoSuchEntity: There is no such user or role.
        """
        arn = subject if isinstance(subject, str) and subject.startswith("arn:") else None
        if self._target.kind == "aws":
            return self._ask_iam(arn, subject, action, resource, context or {}, principal, resource_policy)
        who = arn or principal
        keys = {**(principal_context(who) if who else {}), **(context or {})}
        identity, boundary = (self._held_by(arn)) if arn is not None else (_listed(subject), None)
        policies = PolicySet(identity, resource=resource_policy, boundary=boundary)
        return policies.decide(
            Request(action, resource, principal=who, context=keys, resource_account=resource_account)
        )

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Reads each principal's policies once for all the questions within, instead of for each of them."""
        self._remembered = {}
        try:
            yield
        finally:
            self._remembered = None

    def _held_by(self, arn: str) -> tuple[list[Any], Any]:
        if self._remembered is not None and arn in self._remembered:
            return self._remembered[arn]
        found = principal_policies(self._target.client("iam"), arn)
        held = [policy.document for policy in found.identity], found.boundary.document if found.boundary else None
        if self._remembered is not None:
            self._remembered[arn] = held
        return held

    def _ask_iam(  # noqa: PLR0917  # what `can` was given, in its order
        self,
        arn: str | None,
        subject: Policies,
        action: str,
        resource: str,
        context: Context,
        principal: str | None,
        resource_policy: str | None,
    ) -> SimulatedDecision:
        request: dict[str, Any] = {
            "ActionNames": [action],
            "ResourceArns": [resource],
            "ContextEntries": [_entry(name, value) for name, value in context.items()],
        }
        if resource_policy is not None:
            request["ResourcePolicy"] = resource_policy
        if principal is not None:
            request["CallerArn"] = principal
        iam = self._target.client("iam")
        if arn is not None:
            answer = iam.simulate_principal_policy(PolicySourceArn=arn, **request)
        else:
            texts = [text if isinstance(text, str) else json.dumps(text) for text in _listed(subject)]
            answer = iam.simulate_custom_policy(PolicyInputList=texts, **request)
        result = answer["EvaluationResults"][0]
        matched = tuple(
            f"{statement['SourcePolicyId']} line {statement['StartPosition']['Line']}"
            for statement in result.get("MatchedStatements", [])
        )
        return SimulatedDecision(result["EvalDecision"], matched)


def _listed(subject: Policies) -> list[Any]:
    return [subject] if isinstance(subject, str | Mapping) else list(subject)


def _entry(name: str, value: Any) -> dict[str, Any]:
    """A context key as the API wants it: its values as text, and its type."""
    several = not isinstance(value, str | bool | int | float)
    values = list(value) if several else [value]
    first = values[0] if values else ""
    kind = "boolean" if isinstance(first, bool) else "numeric" if isinstance(first, int | float) else "string"
    texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    return {
        "ContextKeyName": name,
        "ContextKeyValues": texts,
        "ContextKeyType": f"{kind}List" if several else kind,
    }
