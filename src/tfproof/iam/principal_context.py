"""The context keys that a real request carries because of who sends it (R74, R75)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfproof.iam.principals import read_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfproof.iam.request import ContextValue

__all__ = ["principal_context"]


def principal_context(
    principal: str, *, unique_id: str = "", tags: Mapping[str, str] | None = None
) -> dict[str, ContextValue]:
    """The keys AWS adds to every request of a principal; AWS's simulator adds none of them, so neither do ours.

    Args:
        principal: The ARN of a user, role or session. A session's aws:PrincipalArn is its role's ARN.
        unique_id: The entity's id (AIDA..., AROA...); gives aws:userid, with the session's name for a session.
        tags: The principal's tags; each gives aws:PrincipalTag/<key>.

    Raises:
        UsageError: The ARN names no principal.
    """
    caller = read_caller(principal)
    context: dict[str, ContextValue] = {"aws:PrincipalArn": caller.arn, "aws:PrincipalAccount": caller.account}
    context["aws:PrincipalType"] = {"user": "User", "role": "AssumedRole", "root": "Account"}.get(
        caller.kind, "Unknown"
    )
    if caller.kind == "user":
        context["aws:username"] = caller.arn.rsplit("/", 1)[-1]
    if unique_id:
        session = caller.session.rsplit("/", 1)[-1] if caller.kind == "role" else ""
        context["aws:userid"] = f"{unique_id}:{session}" if session else unique_id
    for key, value in (tags or {}).items():
        context[f"aws:PrincipalTag/{key}"] = value
    return context
