"""What the parameters of Simulate* mean, and what AWS refuses in them beyond the limits of the service model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tfproof.iam.arn import caller_kind, read_arn
from tfproof.iam.errors import InvalidInput
from tfproof.iam.scalars import read_address, read_binary, read_bool, read_date, read_network, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tfproof.iam.json_text import Json
    from tfproof.iam.policy import Document
    from tfproof.iam.request import ContextValue

__all__ = [
    "ALL_RESOURCES",
    "read_actions",
    "read_entries",
    "read_marker",
    "read_owner",
    "read_resources",
    "refuse_caller",
    "refuse_foreign_resource",
    "write_marker",
]

ALL_RESOURCES: Final = ("*",)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_-]+\Z")
_OWNER = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):root\Z")
_MARKER = re.compile(r"tfproof-([0-9]{1,9})\Z")
_CALLERS: Final = ("user", "group", "role")
_READERS: Final[dict[str, Callable[[str], object]]] = {
    "string": str,
    "numeric": read_number,
    "boolean": read_bool,
    "ip": lambda text: read_address(text) or read_network(text),
    "binary": read_binary,
    "date": read_date,
}
# Actions seen refused beside others (two harnesses; iam:PassRole + sts:AssumeRole, the S3 aliases).
_OWN_AUTHORIZATION: Final = re.compile(
    r"(sts:assumerole)|(s3:(?:get|put)(?:bucket|account)publicaccessblock\Z|s3:(?:get|put)bucketownershipcontrols\Z)",
    re.IGNORECASE,
)


def read_actions(names: Sequence[str]) -> list[str]:
    """The actions to simulate.

    Raises:
        InvalidInput: A name is no `service:Action` or holds a wildcard; actions that need different authorization
            information stand in one call.
    """
    for name in names:
        if not _ACTION.match(name):
            hint = "name each action: wildcards are not supported here" if "*" in name or "?" in name else ""
            raise InvalidInput(
                f"Invalid Input Action: {name}", remedy=hint or "an action reads service:Name, s3:GetObject"
            )
    groups: dict[int | None, list[str]] = {}
    for name in names:
        own = _OWN_AUTHORIZATION.match(name)
        groups.setdefault(own and own.lastindex, []).append(name)
    if len(groups) > 1:
        listed = " and ".join(f"[{','.join(group)}]" for group in groups.values())
        raise InvalidInput(
            f"Invalid Input Actions: {listed} require different authorization information.",
            remedy="simulate them in separate calls",
        )
    return list(names)


def read_resources(arns: Sequence[str] | None) -> tuple[str, ...]:
    """The resources to simulate, `*` alone when none are given (R13).

    Raises:
        InvalidInput: An entry is neither an ARN nor `*`.
    """
    if not arns:
        return ALL_RESOURCES
    wrong = [arn for arn in arns if arn != "*" and read_arn(arn) is None]
    if wrong:
        raise InvalidInput(f"ResourceNames are not in a valid ARN format: {', '.join(wrong)}.")
    return tuple(arns)


def read_owner(owner: str | None) -> str | None:
    """The account of a ResourceOwner.

    Raises:
        InvalidInput: It is not the ARN of an account (R17).
    """
    if owner is None:
        return None
    match = _OWNER.match(owner)
    if match is None:
        raise InvalidInput(
            f"'{owner}' is not a valid as a Resource Owner.", remedy="write arn:aws:iam::<account's twelve digits>:root"
        )
    return match[1]


def refuse_caller(caller: str | None, *, with_resource_policy: bool, allow_role_callers: bool) -> None:
    """Refuse the callers AWS's simulator refuses.

    Raises:
        InvalidInput: The caller is no user, group or role (R15); there is a resource policy and no caller, or one that
            is no user (R16) - a role too, unless `allow_role_callers`.
    """
    if caller is None:
        if with_resource_policy:
            raise InvalidInput("CallerArn is required when ResourcePolicy is given.")
        return
    kind = caller_kind(caller)
    if kind not in _CALLERS:
        raise InvalidInput(
            f"Invalid caller - {caller} is not the ARN of an IAM user, group or role.",
            remedy="of a role session, name the role: arn:aws:iam::<account>:role/<name>",
        )
    if with_resource_policy and kind != "user" and not (kind == "role" and allow_role_callers):
        raise InvalidInput(
            "Invalid caller - Caller must be an IAM user in this context.",
            remedy="AWS simulates resource policies for users only; allow_role_callers=True answers for roles too"
            if kind == "role"
            else "",
        )


def refuse_foreign_resource(policy: Document, resources: Iterable[str]) -> None:
    """Refuse a resource policy that cannot be the policy of a resource: every ARN in it is of another service.

    Raises:
        InvalidInput: As AWS does for a policy that is "not applicable to all of the resources"; its text is unknown.
    """
    services = {_service(value) for value in _resources_of(policy)}
    if not services or "*" in services:
        return
    for resource in resources:
        if resource != "*" and _service(resource) not in services:
            raise InvalidInput(
                f"The ResourcePolicy is not applicable to {resource}.",
                remedy=f"its statements name resources of {', '.join(sorted(services))} only",
            )


def _resources_of(policy: Document) -> list[str]:
    found: list[str] = []
    for statement in policy.statements:
        value: Json = statement.body.get("Resource", "*")
        found.extend([value] if isinstance(value, str) else value)
    return found


def _service(arn: str) -> str:
    return "*" if arn == "*" else arn.split(":")[2]


def read_entries(entries: Sequence[Mapping[str, Json]] | None) -> dict[str, ContextValue]:
    """The context of ContextEntries: a List type makes a key multi-valued, any other one single-valued (R19).

    Raises:
        InvalidInput: A key is given twice, a value is not of the entry's type, or a single-valued type has several.
    """
    context: dict[str, ContextValue] = {}
    seen: set[str] = set()
    for entry in entries or ():
        name = entry.get("ContextKeyName")
        values = list(entry.get("ContextKeyValues", ()))
        kind = entry.get("ContextKeyType", "string")
        if not name:
            raise InvalidInput("A ContextEntry has no ContextKeyName.")
        if name.lower() in seen:
            raise InvalidInput(f"Context key {name} is given more than once.", remedy="names are case-insensitive")
        seen.add(name.lower())
        reader = _READERS[kind.removesuffix("List")]
        for value in values:
            if reader(value) is None:
                raise InvalidInput(f"Invalid value {value!r} for context key {name} of type {kind}.")
        if kind.endswith("List"):
            context[name] = values
        elif len(values) > 1:
            raise InvalidInput(
                f"Context key {name} of type {kind} has {len(values)} values.",
                remedy=f"write ContextKeyType {kind}List",
            )
        elif values:
            context[name] = values[0]
    return context


def write_marker(offset: int) -> str:
    """The Marker that continues at the n-th result."""
    return f"tfproof-{offset}"


def read_marker(marker: str | None) -> int:
    """The result a Marker continues at.

    Raises:
        InvalidInput: It is no marker of ours.
    """
    if marker is None:
        return 0
    match = _MARKER.match(marker)
    if match is None:
        raise InvalidInput(f"Invalid Marker: {marker}", remedy="pass the Marker of the response before")
    return int(match[1])
