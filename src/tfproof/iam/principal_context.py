"""The context keys that a real request carries because of who sends it (R74, R75)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tfproof.iam.principals import read_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfproof.iam.request import ContextValue

__all__ = ["principal_context"]

# The user guide's table of aws:PrincipalType and aws:userid ("IAM policy elements: Variables and tags").
_TYPES: Final = {"user": "User", "role": "AssumedRole", "root": "Account", "federated-user": "FederatedUser"}


def principal_context(
    principal: str, *, unique_id: str = "", tags: Mapping[str, str] | None = None
) -> dict[str, ContextValue]:
    """The keys AWS adds to every request of a principal; AWS's simulator adds none of them, so neither do ours.

    Args:
        principal: The ARN of a user, role or session; of a group or a service, which send none of these keys as such,
            nothing is given. A session's aws:PrincipalArn is its role's ARN.
        unique_id: The entity's id (AIDA..., AROA...); gives aws:userid, with the session's name for a session. A
            federated user's is made of its account and name and needs none.
        tags: The principal's tags; each gives aws:PrincipalTag/<key>.

    Raises:
        UsageError: The ARN names no principal.
    """
    caller = read_caller(principal)
    if caller.kind not in _TYPES:
        return {}
    context: dict[str, ContextValue] = {
        "aws:PrincipalArn": caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": _TYPES[caller.kind],
    }
    if caller.kind == "user":
        context["aws:username"] = caller.arn.rsplit("/", 1)[-1]
    owner = caller.account if caller.kind == "federated-user" else unique_id
    if owner:
        context["aws:userid"] = f"{owner}:{caller.session.rsplit('/', 1)[-1]}" if caller.session else owner
    for key, value in (tags or {}).items():
        context[f"aws:PrincipalTag/{key}"] = value
    return context
