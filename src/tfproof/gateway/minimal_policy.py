"""The least-privilege policy for calls that were seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from tfproof.gateway.call import Call
from tfproof.gateway.needs.need import Basis, Need

__all__ = ["minimal_policy"]

_NO_PERMISSION_NEEDED: Final = frozenset({"sts:GetCallerIdentity"})
_Group = tuple[str, bool, tuple[tuple[str, str], ...]]
"""Service, whether it is unsettled, and the condition: what actions of one statement have in common."""


def minimal_policy(calls: Iterable[Call], *, unsettled: bool = True) -> dict[str, Any]:
    """An identity policy that allows exactly what was seen, the same for the same calls in any order.

    Actions that were used on the same resources share a statement. What a service does in the caller's name is allowed
    through that service only (`kms:ViaService`). sts:GetCallerIdentity is left out: it needs no permission.

    Args:
        calls: What was seen; refused calls do not count.
        unsettled: Whether what AWS's documents leave open is allowed as well, in statements of its own, whose Sid
            begins with `Unsettled`.

    Returns:
        The policy as an object; without a statement when nothing was seen that needs one.
    """
    resources: dict[tuple[_Group, str], set[str]] = {}
    for call in calls:
        for need in call.needs:
            if call.is_refused or need.action in _NO_PERMISSION_NEEDED:
                continue
            if need.basis is Basis.UNSETTLED and not unsettled:
                continue
            resources.setdefault((_group(need), need.action), set()).add(need.resource)
    statements: dict[tuple[_Group, tuple[str, ...]], list[str]] = {}
    for (group, action), found in resources.items():
        where = ("*",) if "*" in found else tuple(sorted(found))
        statements.setdefault((group, where), []).append(action)
    written = [_statement(group, where, sorted(actions)) for (group, where), actions in sorted(statements.items())]
    return {"Version": "2012-10-17", "Statement": _named_apart(written)}


def _group(need: Need) -> _Group:
    through = need.context.get("kms:ViaService") if need.implied else None
    condition = (("kms:ViaService", str(through)),) if through else ()
    return need.action.partition(":")[0], need.basis is Basis.UNSETTLED, condition


def _statement(group: _Group, where: tuple[str, ...], actions: list[str]) -> dict[str, Any]:
    service, unsettled, condition = group
    through = "".join(part.capitalize() for _, value in condition for part in re.findall(r"^[a-z0-9]+", value))
    name = {"s3": "S3", "dynamodb": "DynamoDB", "kms": "KMS", "iam": "IAM", "sts": "STS"}.get(service, "Other")
    sid = f"{'Unsettled' if unsettled else ''}{name}{f'Through{through}' if through else ''}"
    found: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(where)}
    if condition:
        found["Condition"] = {"StringEquals": dict(condition)}
    return found


def _named_apart(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A Sid may stand once in a policy."""
    seen: dict[str, int] = {}
    for statement in statements:
        sid = statement["Sid"]
        seen[sid] = seen.get(sid, 0) + 1
        if seen[sid] > 1:
            statement["Sid"] = f"{sid}{seen[sid]}"
    return statements
