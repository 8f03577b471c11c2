"""Who is to ask a resource's policy: whom its statements name, anybody of its account, anybody at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.iam.arn import account_of, is_account_id
from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.policy import scalars, values_of
from tfproof.iam.principal_context import principal_context
from tfproof.iam.principals import read_caller
from tfproof.policy_questions.questions import Asker
from tfproof.policy_questions.samples import examples

__all__ = ["STRANGER", "asker", "askers", "federated_apart", "from_conditions"]

STRANGER: Final = "999999999999"
_FEDERATED: Final = ".federated.amazonaws.com"
_HEX: Final = re.compile(r"[0-9a-f]+")


def asker(principal: str, who: str) -> Asker | None:
    """Somebody who asks, with the keys that follow from who it is; None for what is no caller's name."""
    try:
        caller = read_caller(principal)
    except TfproofError:
        return None
    if caller.kind == "service":
        provider = principal.endswith(_FEDERATED)
        known = {} if provider else {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": principal}
        return Asker(who, caller, known)
    return Asker(who, caller, {**principal_context(principal), "aws:PrincipalIsAWSService": "false"})


def askers(statements: Iterable[CompiledStatement], account: str, *, is_known: bool = True) -> list[Asker]:
    """Everybody whom the statements tell apart.

    Args:
        statements: Statements of a resource's policies, federated principals set apart.
        account: The resource's account.
        is_known: Whether that is known to be its account. Else whoever is named asks twice, as one of another account
            and as one of the resource's own.
    """
    found: dict[str, str] = {
        f"arn:aws:iam::{account}:user/somebody": "anybody of the own account whose policies allow it",
        f"arn:aws:iam::{STRANGER}:user/somebody": "anybody of any account",
    }
    statements = list(statements)
    for statement in statements:
        body = statement.statement.body
        element = body.get("Principal", body.get("NotPrincipal"))
        if isinstance(element, Mapping):
            for principal, who in _named(element):
                found.setdefault(principal, who)
    named = dict.fromkeys((account, STRANGER, *(text for name in found if (text := account_of(name)))))
    for principal in from_conditions(statements, named):
        found.setdefault(principal, principal)
    known = [one for principal, who in found.items() if (one := asker(principal, who)) is not None]
    if is_known:
        return known
    return known + [replace(one, is_owner=True) for one in known[2:] if one.caller and one.caller.account]


def _named(element: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in values_of(element.get("AWS")):
        if is_account_id(name):
            yield f"arn:aws:iam::{name}:user/somebody", f"anybody of account {name}"
        elif name.endswith(":root"):
            yield name[: -len("root")] + "user/somebody", f"anybody of account {name.split(':')[4]}"
        elif name != "*":
            yield name, name
    for name in values_of(element.get("Service")):
        provider = _provider(name)
        yield name, f"whoever {provider} vouches for" if provider else f"the service {name}"


def from_conditions(statements: Iterable[CompiledStatement], accounts: Iterable[str]) -> Iterator[str]:
    """Callers whom conditions on the caller's ARN or account name; a wildcard account is each of `accounts`."""
    accounts = tuple(accounts)
    for condition in (item for statement in statements for item in statement.conditions):
        key = condition.key.lower()
        for value in scalars(condition.values):
            if key == "aws:principalaccount" and is_account_id(value):
                yield f"arn:aws:iam::{value}:user/somebody"
            elif key == "aws:principalarn":
                parts = value.split(":", 5)
                for account in accounts if "*" in "".join(parts[4:5]) else (None,):
                    filled = ":".join(parts if account is None else (*parts[:4], account, *parts[5:]))
                    yield from examples(filled, variables=False)


def federated_apart(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with identity providers written as services: known by name alone, and without policies of their own.

    Everybody is denied by a Deny for everybody, services and identity providers too: the Principal says so here.
    """
    given = policy.get("Statement", ())
    listed = given if isinstance(given, (list, tuple)) else (given,)
    return {**policy, "Statement": [_apart(body) if isinstance(body, Mapping) else body for body in listed]}


def _apart(body: Mapping[str, Any]) -> Mapping[str, Any]:
    made = dict(body)
    for name in ("Principal", "NotPrincipal"):
        element = body.get(name)
        if name == "Principal" and body.get("Effect") == "Deny" and "*" in _aws(element):
            made[name] = {"AWS": "*", "Service": "*"}
        elif isinstance(element, Mapping) and "Federated" in element:
            providers = [f"{text.encode().hex()}{_FEDERATED}" for text in values_of(element["Federated"])]
            others = {kind: names for kind, names in element.items() if kind != "Federated"}
            made[name] = {**others, "Service": [*values_of(element.get("Service")), *providers]}
    return made


def _aws(element: Any) -> list[str]:
    return values_of(element.get("AWS") if isinstance(element, Mapping) else element)


def _provider(name: str) -> str:
    """The identity provider that a service's made-up name stands for, `""` for a real service."""
    text = name.removesuffix(_FEDERATED)
    return bytes.fromhex(text).decode() if text != name and _HEX.fullmatch(text) else ""
