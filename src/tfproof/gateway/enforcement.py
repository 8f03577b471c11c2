"""Whether a caller may do what it asks for: by its identity policies, the resource's policy, and the key's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.principals import Principal
from tfproof.gateway.recognition.operation import Operation
from tfproof.gateway.refusal import ServiceError, access_denied
from tfproof.gateway.target_view import TargetView
from tfproof.iam.arn import caller_kind
from tfproof.iam.decision import Decision
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.request import Request

__all__ = ["Enforcement", "Refusal"]

_KEY_STATES: Final = {
    "Disabled": ("KMS.DisabledException", "{} is disabled."),
    "PendingDeletion": ("KMS.KMSInvalidStateException", "{} is pending deletion."),
    "PendingImport": ("KMS.KMSInvalidStateException", "{} is pending import."),
    "": ("KMS.NotFoundException", "Key '{}' does not exist"),
}
"""How S3 passes on what KMS says of a key that cannot be used (S3 User Guide, "Troubleshooting SSE-KMS")."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that may not be made.

    Attributes:
        error: What the caller is told.
        decision: `explicitDeny` or `implicitDeny`.
        reason: For the log: the action that was missing, and which statement decided.
        need: What was refused; None when it was no single action.
    """

    error: ServiceError
    decision: str
    reason: str
    need: Need | None = None


class Enforcement:
    """Decides by the policies the target holds, with the evaluator of `tfproof.iam`.

    Args:
        view: Where policies are read.
    """

    def __init__(self, view: TargetView) -> None:
        self._view = view

    def refusal(self, operation: Operation, needs: Iterable[Need], principal: Principal) -> Refusal | None:
        """Why a call may not be made, None when it may.

        What is unsettled is not enforced: nobody knows that AWS would refuse it.
        """
        for need in needs:
            if need.basis is Basis.UNSETTLED:
                continue
            decision = self.decide(need, principal)
            if not decision.allowed:
                error = access_denied(operation.service, principal.arn, need, decision)
                return Refusal(error, str(decision.value), str(decision), need)
            unusable = self._unusable_key(operation, need)
            if unusable is not None:
                return Refusal(unusable, "implicitDeny", unusable.message, need)
        return None

    def may(self, need: Need, principal: Principal) -> bool:
        """Whether one action is allowed."""
        return self.decide(need, principal).allowed

    def decide(self, need: Need, principal: Principal) -> Decision:
        """The decision on one action."""
        identity, boundary = self._identity(principal)
        policies = _compiled(identity, self._resource_policy(need), boundary, principal.session)
        return policies.decide(
            Request(
                need.action,
                need.resource,
                principal=principal.arn,
                context=need.context,
                resource_account=self._view.account_id,
            )
        )

    def _identity(self, principal: Principal) -> tuple[tuple[str, ...], str | None]:
        if principal.policies is not None:
            return principal.policies, principal.boundary
        arn = principal.arn
        if caller_kind(arn) == "assumed-role":
            arn = self._view.role_arn(arn.split("/")[1])
        found = self._view.principal_policies(arn) if arn else None
        if found is None:
            return (), None  # nobody who exists: nothing is allowed
        boundary = found.boundary.document.text if found.boundary else None
        return tuple(policy.document.text for policy in found.identity), boundary

    def _resource_policy(self, need: Need) -> str | None:
        service, _, _ = need.action.partition(":")
        if service == "s3" and need.resource.startswith("arn:"):
            bucket = need.resource.split(":", 5)[5].partition("/")[0]
            return self._view.bucket_policy(bucket) if bucket else None
        if service == "kms" and ":key/" in need.resource:
            return self._view.key_policy(need.resource)
        return None

    def _unusable_key(self, operation: Operation, need: Need) -> ServiceError | None:
        """What S3 answers when the key itself cannot be used, whoever asks."""
        if not need.implied or operation.service != "s3" or ":key/" not in need.resource:
            return None
        state = self._view.key_state(need.resource)
        if state not in _KEY_STATES:
            return None
        code, text = _KEY_STATES[state]
        return ServiceError("s3", 400, code, text.format(need.resource))


@lru_cache(maxsize=512)
def _compiled(
    identity: tuple[str, ...], resource: str | None, boundary: str | None, session: tuple[str, ...] | None
) -> PolicySet:
    """Compiled once for the many calls that the same policies decide."""
    return PolicySet(identity, resource=resource, boundary=boundary, session=session)
