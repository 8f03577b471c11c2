"""Which requests a policy allows after a change that it did not allow before, decided by the evaluator on both.

Requests to ask for are made from what both policies name: their principals, actions, resources, and the keys of their
conditions. Wildcards are asked for by the actions that matter on a state backend. A request that no statement names can
be allowed by neither, so nothing is lost by not asking for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.iam.actions import arn_template
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import Document, values_of
from tfproof.iam.request import ContextValue, Request

__all__ = ["PolicyKindAsked", "Widening", "widened"]

_ACCOUNT: Final = "123456789012"
_STRANGER: Final = "999999999999"
_MOST: Final = 4000
"""Requests asked for one change: a policy of a hundred statements would else be asked a million."""
_SHOWN: Final = 25

_ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": (
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:DeleteBucket",
        "s3:PutObjectAcl",
        "s3:PutBucketAcl",
    ),
    "kms": (
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "kms:DescribeKey",
    ),
    "dynamodb": (
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        "dynamodb:UpdateItem",
        "dynamodb:Scan",
        "dynamodb:Query",
        "dynamodb:DeleteTable",
        "dynamodb:UpdateTable",
    ),
    "sts": ("sts:AssumeRole",),
    "iam": ("iam:PassRole", "iam:CreateAccessKey", "iam:PutRolePolicy", "iam:AttachRolePolicy"),
}


@dataclass(frozen=True, slots=True)
class PolicyKindAsked:
    """How a policy is asked.

    Attributes:
        is_identity: Whether it is attached to a user, group or role; else it is a resource's own.
        service: Service of the resource it is the policy of, such as `kms`; `""` for an identity policy.
        resource: ARN of that resource, or `""` when it is not known.
    """

    is_identity: bool = False
    service: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Widening:
    """A request that became allowed.

    Attributes:
        principal: Who may now do it.
        action: What.
        resource: On what.
        context: In which context, for people; `""` in any.
    """

    principal: str
    action: str
    resource: str
    context: str = ""

    def __str__(self) -> str:
        where = f" when {self.context}" if self.context else ""
        return f"{self.principal} may {self.action} on {self.resource}{where}"


def widened(before: str | None, after: str, kind: PolicyKindAsked) -> list[Widening] | None:
    """What became allowed; the first 25 of it, wide ones first. None when a policy cannot be evaluated.

    Args:
        before: The policy's text before; None when there was none.
        after: The text after; `""` when there will be none.
        kind: What sort of policy it is.
    """
    try:
        old, new = _policies(before, kind), _policies(after, kind)
        documents = [Document(text) for text in (before, after) if text]
        own = _own_account(kind, documents[:1] if before else [])
        found: dict[Widening, None] = {}
        for request, widening in islice(_requests(documents, kind, own), _MOST):
            # Old is asked last: it is not needed for what is not allowed now.
            if new.decide(request).allowed and not old.decide(request).allowed:
                found.setdefault(widening)
    except TfproofError:
        return None
    plain = {(item.principal, item.action, item.resource) for item in found if not item.context}
    kept = [item for item in found if not item.context or (item.principal, item.action, item.resource) not in plain]
    kept.sort(key=lambda item: (not item.principal.startswith("anybody"), bool(item.context)))
    return kept[:_SHOWN]


def _policies(text: str | None, kind: PolicyKindAsked) -> PolicySet:
    if kind.is_identity:
        return PolicySet([text] if text else [])
    if not text:
        return PolicySet([_ALLOW_OWN], resource=_NOTHING) if kind.service != "kms" else PolicySet([], resource=_NOTHING)
    return PolicySet([_ALLOW_OWN], resource=text)


_ALLOW_OWN: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""Callers' own policies allow everything: what is asked is what the resource's policy lets through."""
_NOTHING: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "nobody.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "*"}
    ],
}


def _requests(documents: list[Document], kind: PolicyKindAsked, own: str) -> Iterator[tuple[Request, Widening]]:
    statements = [statement.body for document in documents for statement in document.statements]
    principals = _principals(statements, kind, own)
    resources = _resources(statements, kind)
    contexts = list(dict.fromkeys(_contexts(statements)))
    for action in _actions(statements, kind):
        fitting = [resource for resource in resources if _fits(action, resource)] or ["*"]
        for (principal, who), resource, context in product(principals, fitting, contexts):
            given: dict[str, ContextValue] = {**_SOUND, **dict(context)}
            changed = ", ".join(f"{name} is {value}" for name, value in context)
            try:
                account = own if resource.split(":")[4:5] in ([""], []) else None
                request = Request(action, resource, principal=principal, context=given, resource_account=account)
            except TfproofError:
                continue
            yield request, Widening(who, action, resource, changed)


_SOUND: Final = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}


def _principals(statements: list[Mapping[str, Any]], kind: PolicyKindAsked, own: str) -> list[tuple[str | None, str]]:
    if kind.is_identity:
        return [(None, "whoever has the policy")]
    found: dict[str | None, str] = {
        f"arn:aws:iam::{own}:user/somebody": "anybody of the own account whose policies allow it",
        f"arn:aws:iam::{_STRANGER}:user/somebody": "anybody of any account",
    }
    for body in statements:
        element = body.get("Principal", body.get("NotPrincipal"))
        for name in values_of(element.get("AWS", [])) if isinstance(element, Mapping) else []:
            if re.fullmatch(r"\d{12}", name):
                found.setdefault(f"arn:aws:iam::{name}:user/somebody", f"anybody of account {name}")
            elif name.endswith(":root"):
                found.setdefault(name[: -len("root")] + "user/somebody", f"anybody of account {name.split(':')[4]}")
            elif name != "*":
                found.setdefault(name, name)
        for name in values_of(element.get("Service", [])) if isinstance(element, Mapping) else []:
            found.setdefault(name, f"the service {name}")
    return list(found.items())


def _own_account(kind: PolicyKindAsked, before: list[Document]) -> str:
    """The resource's account: the one in its ARN, else the first whose root the policy trusted before."""
    parts = kind.resource.split(":")
    if len(parts) > 5 and parts[4]:  # noqa: PLR2004  # an ARN has six parts
        return parts[4]
    for statement in (item for document in before for item in document.statements):
        element = statement.body.get("Principal")
        for name in values_of(element.get("AWS", [])) if isinstance(element, Mapping) else []:
            if name.endswith(":root"):
                return name.split(":")[4]
    return _ACCOUNT


def _actions(statements: list[Mapping[str, Any]], kind: PolicyKindAsked) -> Iterator[str]:
    found: dict[str, str] = {}
    for body in statements:
        for name in (*values_of(body.get("Action", [])), *values_of(body.get("NotAction", []))):
            service = name.partition(":")[0].lower()
            if "*" not in name and "?" not in name:
                found.setdefault(name.lower(), name)
            for action in _ASKED.get(service, ()):
                found.setdefault(action.lower(), action)
            if name == "*" or "NotAction" in body:
                for services in [kind.service] if kind.service in _ASKED else list(_ASKED):
                    for action in _ASKED[services]:
                        found.setdefault(action.lower(), action)
    yield from found.values()


def _resources(statements: list[Mapping[str, Any]], kind: PolicyKindAsked) -> list[str]:
    found: dict[str, None] = {}
    for body in statements:
        for name in (*values_of(body.get("Resource", [])), *values_of(body.get("NotResource", []))):
            found.setdefault(_example(name))
    if kind.resource:
        found.setdefault(kind.resource)
        if kind.service == "s3":
            found.setdefault(f"{kind.resource}/terraform.tfstate")
        found.pop("*", None)
    return list(found)


def _example(pattern: str) -> str:
    """A resource that a pattern covers."""
    if pattern == "*":
        return pattern
    text = re.sub(r"\$\{[^}]*\}", "somebody", pattern)
    return text.replace("*", "any").replace("?", "x")


def _fits(action: str, resource: str) -> bool:
    """Whether an action can be done on a resource at all: GetObject on no bucket, ListBucket on no object."""
    service = action.partition(":")[0].lower()
    if resource == "*":
        return True
    if not resource.startswith("arn:") or resource.split(":")[2] not in (service, "any", ""):
        return False
    try:
        template = arn_template(action)
    except (TfproofError, KeyError):
        return True
    return service != "s3" or ("/" in template) == ("/" in resource)


def _contexts(statements: list[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], ...]]:
    yield ()
    for body in statements:
        conditions = body.get("Condition", {})
        pairs: list[tuple[str, str]] = []
        for operator, block in conditions.items() if isinstance(conditions, Mapping) else ():
            for key, values in block.items() if isinstance(block, Mapping) else ():
                value = _holding(str(operator), values)
                if value is not None and key not in dict(pairs):
                    pairs.append((str(key), value))
        if pairs:
            yield tuple(pairs)


def _holding(operator: str, values: Any) -> str | None:
    """A value that makes a condition hold; None when that is to lack the key."""
    first = values[0] if isinstance(values, (list, tuple)) and values else values
    text = {True: "true", False: "false"}.get(first) if isinstance(first, bool) else str(first)
    name = operator.rpartition(":")[2].removesuffix("IfExists")
    if name == "Null":
        return "anything" if text == "false" else None
    if name.startswith("Numeric"):
        by = {"NumericLessThan": -0.1, "NumericGreaterThan": 0.1}.get(name, 0.0)
        return _number(text, by)
    return str(text).partition("/")[0] if name == "IpAddress" else _other(name, str(text))


_NEGATED: Final = {
    "ArnNotEquals": "arn:aws:kms:us-east-1:999999999999:key/another",
    "ArnNotLike": "arn:aws:kms:us-east-1:999999999999:key/another",
    "NotIpAddress": "203.0.113.7",
}


def _other(name: str, text: str) -> str:
    if name in _NEGATED:
        return _NEGATED[name]
    return f"not-{_example(text)}" if name.startswith("StringNot") else _example(text)


def _number(text: str | None, by: float) -> str | None:
    try:
        return f"{float(str(text)) + by:g}"
    except ValueError:
        return None
