"""Who calls, and which Principal elements name the caller (R25, R27, R74)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from tfproof.errors import UsageError
from tfproof.iam.arn import account_of, caller_kind, is_account_id, read_arn
from tfproof.iam.policy import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfproof.iam.json_text import Json

__all__ = ["Caller", "Grant", "PrincipalElement", "read_caller"]


class Grant(IntEnum):
    """How a Principal element names the caller; the higher, the less a boundary or session policy limits it."""

    NONE = 0
    ACCOUNT = 1  # delegates to the account's own policies (R25)
    ANYONE = 2  # "*"
    ENTITY = 3  # the user's or role's own ARN
    SESSION = 4  # the role session's or federated user's ARN, or the service itself


class Caller(NamedTuple):
    """A principal: `arn` of the user, role or group, `session` its session ARN or "", `account`, `kind`.

    `kind` is user, group, role, federated-user, root or service.
    """

    arn: str
    session: str
    account: str
    kind: str


def read_caller(principal: str) -> Caller:
    """The caller of a principal's ARN, or of a service's name (`logs.amazonaws.com`).

    A session's ARN (`arn:aws:sts::1:assumed-role/app/s`) gives the role without path: the session's ARN has lost it.

    Raises:
        UsageError: The text names no principal.
    """
    kind = caller_kind(principal)
    if kind == "assumed-role":
        arn = read_arn(principal)
        assert arn is not None  # noqa: S101  caller_kind has read it
        role = f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.split('/')[1]}"
        return Caller(role, principal, arn.account, "role")
    if kind:
        return Caller(principal, principal if kind == "federated-user" else "", account_of(principal), kind)
    if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ":" not in principal:
        return Caller(principal, "", "", "service")
    raise UsageError(
        f"principal {principal!r} names no caller",
        remedy="give the ARN of a user, role, group or session (arn:aws:iam::123456789012:user/bob), or a service's "
        "name (logs.amazonaws.com)",
    )


class PrincipalElement:
    """A Principal or NotPrincipal element, ready to be asked how it names a caller.

    Args:
        element: `"*"`, or an object of AWS, Service, Federated and CanonicalUser.
    """

    __slots__ = ("_accounts", "_anyone", "_names", "_services")

    def __init__(self, element: Json) -> None:
        aws = values_of(element if isinstance(element, str) else element.get("AWS"))
        others: Mapping[str, Json] = {} if isinstance(element, str) else element
        self._anyone = "*" in aws
        self._accounts = frozenset(
            name if is_account_id(name) else account_of(name)
            for name in aws
            if is_account_id(name) or caller_kind(name) == "root"
        )
        self._names = frozenset(aws)
        self._services = frozenset(values_of(others.get("Service")))

    def grant(self, caller: Caller) -> Grant:
        """How the element names the caller."""
        if caller.kind == "service":
            return Grant.SESSION if caller.arn in self._services or "*" in self._services else Grant.NONE
        if caller.session and caller.session in self._names:
            return Grant.SESSION
        if caller.arn in self._names and caller.kind != "root":
            return Grant.ENTITY
        if self._anyone:
            return Grant.ANYONE
        return Grant.ACCOUNT if caller.account in self._accounts else Grant.NONE
