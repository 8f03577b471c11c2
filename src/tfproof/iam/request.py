"""What is asked: a principal wants to do an action on a resource, in a context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tfproof.errors import UsageError
from tfproof.iam.arn import account_of, is_account_id, read_arn
from tfproof.iam.principals import Caller, read_caller

if TYPE_CHECKING:
    from tfproof.iam.templates import Context

__all__ = ["ContextValue", "Request", "read_context"]

ContextValue: TypeAlias = "str | bool | int | float | Sequence[str | bool | int | float]"
"""A context key's value: a scalar makes it single-valued, a list or tuple multi-valued (R19)."""


class Request:
    """One question to the evaluator.

    Args:
        action: The action's full name in any case, `s3:GetObject` (R34).
        resource: The resource's ARN, or `*` (R13).
        principal: Who asks: the ARN of a user, group, role or session, or a service's name; None leaves it open.
        context: The request's keys; names in any case (R50), a list makes a key multi-valued.
        resource_account: The account that owns the resource; by default the one in its ARN, else the caller's (R44).

    Raises:
        UsageError: The action is no `service:Name`, the resource is no ARN; the principal, the account or a context
            value cannot be meant.
    """

    __slots__ = ("action", "caller", "context", "cross_account", "resource", "resource_account")

    def __init__(
        self,
        action: str,
        resource: str = "*",
        *,
        principal: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
        resource_account: str | None = None,
    ) -> None:
        if not _is_text(action) or action.count(":") != 1 or "*" in action or "?" in action:
            raise UsageError(f"action {action!r} is no action", remedy="name one as service:Name, such as s3:GetObject")
        if not _is_text(resource) or not (resource == "*" or read_arn(resource) is not None):
            # A mistyped ARN matches nothing: the answer would be a "no" that says nothing about the policies.
            raise UsageError(f"resource {resource!r} is no resource", remedy="give an ARN, or * for all resources")
        if resource_account is not None and not is_account_id(resource_account):
            raise UsageError(f"resource_account={resource_account!r} is no account: twelve digits are")
        self.action = action
        self.resource = resource
        self.context: Context = read_context(context) if context else {}
        self.caller: Caller | None = None if principal is None else read_caller(principal)
        caller_account = self.caller.account if self.caller else ""
        self.resource_account = resource_account or account_of(resource) or caller_account
        self.cross_account = bool(caller_account) and self.resource_account != caller_account


def read_context(given: Mapping[str, ContextValue]) -> Context:
    """Context keys as the evaluator reads them: names in lower case, values as texts, a list as a tuple of texts.

    Raises:
        UsageError: A key is given twice in different case, or a value is neither text, number, boolean nor a list.
    """
    context: dict[str, str | tuple[str, ...]] = {}
    for name, value in given.items():
        try:
            key = name.lower()
        except AttributeError:
            raise UsageError(f"context key {name!r} is no text") from None
        if key in context:
            raise UsageError(f"context key {name!r} is given twice: names are case-insensitive")
        if isinstance(value, str):
            context[key] = value
        elif isinstance(value, (list, tuple)):
            context[key] = tuple(item if isinstance(item, str) else _scalar(name, item) for item in value)
        else:
            context[key] = _scalar(name, value)
    return context


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UsageError(f"context key {name!r} has {value!r}", remedy="give text, a number, a boolean, or a list of them")


def _is_text(value: object) -> bool:
    """Whether a value is text, whatever its annotation promises: callers without a type checker get our error too."""
    return isinstance(value, str)
