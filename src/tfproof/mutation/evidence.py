"""What a plan shows of one copy of a module: what is planned, and what the checks and cases say against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.finding import Verdict
from tfproof.errors import TfproofError
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import EVERYTHING
from tfproof.iam.request import Request
from tfproof.mutation.cases import Case
from tfproof.terraform.plan import Plan
from tfproof.values import UNKNOWN, at, reveal

__all__ = ["Evidence", "evidence_of"]

_NOTHING: Any = object()
_REQUEST: Final = re.compile(r"(\S+) (\S+)(?: by (\S+))?(?: with ([^\s=]+=\S+(?: [^\s=]+=\S+)*))?")
"""A request of a case: action, resource, principal, and condition keys with their values."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a plan shows of one call of a module.

    Attributes:
        planned: Everything that is planned, in one text: equal texts are equal plans.
        failed: Ids of the checks that fail, and texts of the case's expectations that are not met.
        passed: Ids of the checks that pass.
    """

    planned: str
    failed: frozenset[str]
    passed: frozenset[str]


def evidence_of(
    plan: Plan,
    call: str,
    case: Case,
    *,
    order: Mapping[str, frozenset[str]] | None = None,
    output_names: Mapping[str, str] | None = None,
) -> Evidence:
    """What a plan shows of the module called `call`."""
    module = f"module.{call}"
    outputs = reveal(plan.outputs[call].value) if call in plan.outputs else {}
    outputs = outputs if isinstance(outputs, dict) else {}
    backend = Backend(plan, module=module, outputs=outputs, output_names=output_names, order=order)
    failed, passed = {*_unmet(plan, module, outputs, case), *_out_of_order(module, case, order)}, set()
    for check in CHECKS:
        verdicts = {finding.verdict for finding in check.on_configured(backend)}
        if Verdict.FAILED in verdicts:
            failed.add(check.id)
        elif Verdict.PASSED in verdicts:
            passed.add(check.id)
    return Evidence(_planned(plan, module, outputs), frozenset(failed), frozenset(passed))


def _unmet(plan: Plan, module: str, outputs: Mapping[str, Any], case: Case) -> Iterator[str]:
    for place, expected in case.expect.items():
        found = _found(plan, module, outputs, place)
        if found is UNKNOWN or found is _NOTHING or _plain(found) != expected:
            yield f"expectation of case {case.name}: {place}"
    for place in case.absent:
        found = _found(plan, module, outputs, place)
        if found is not _NOTHING and found is not None:
            yield f"expectation of case {case.name}: no {place}"

    for request in (*case.allows, *case.denies):
        place, _, said = request.partition(": ")
        if _is_allowed(_found(plan, module, outputs, place), said) is not (request in case.allows):
            yield f"expectation of case {case.name}: {request} {'allowed' if request in case.allows else 'denied'}"

    for request in (*case.refuses, *case.lets_through):
        place, _, said = request.partition(": ")
        if _is_refused(_found(plan, module, outputs, place), said) is not (request in case.refuses):
            wanted = "refused" if request in case.refuses else "let through"
            yield f"expectation of case {case.name}: {request} {wanted}"


def _out_of_order(module: str, case: Case, order: Mapping[str, frozenset[str]] | None) -> Iterator[str]:
    if order is None:
        return
    for said in case.order:
        later, _, earlier = said.partition(" after ")
        if f"{module}.{earlier}" not in order.get(f"{module}.{later}", frozenset()):
            yield f"expectation of case {case.name}: {said}"


def _is_refused(text: Any, request: str) -> bool | None:
    """Whether a resource's policy denies `ACTION RESOURCE by PRINCIPAL` to whoever else allows it."""
    allowed = _decided(text, request, identity=[EVERYTHING])
    return None if allowed is None else not allowed


def _is_allowed(text: Any, request: str) -> bool | None:
    """Whether a policy allows a request; None when it is not there, unknown or no policy."""
    return _decided(text, request, identity=[])


def _decided(text: Any, said: str, *, identity: list[Any]) -> bool | None:
    """What becomes of `ACTION RESOURCE [by PRINCIPAL] [with KEY=VALUE,VALUE KEY=VALUE ...]`.

    With a principal the text is a resource's policy, else the caller's own.
    """
    request = _REQUEST.fullmatch(said)
    if text is _NOTHING or text is UNKNOWN or request is None:
        return None
    action, resource, principal, keys = request.groups()
    context: dict[str, list[str] | str] = {}
    for key, _, values in (pair.partition("=") for pair in (keys or "").split()):
        context[key] = values.split(",") if "," in values else values
    try:
        policy = str(reveal(text))
        if principal is not None:
            policies, caller = PolicySet(identity, resource=policy), principal
        else:
            account = resource.split(":")[4] or "123456789012"
            policies, caller = PolicySet([policy]), f"arn:{resource.split(':')[1]}:iam::{account}:user/terraform"
        return bool(policies.decide(Request(action, resource, principal=caller, context=context)).allowed)
    except TfproofError:
        return None


def _found(plan: Plan, module: str, outputs: Mapping[str, Any], place: str) -> Any:
    if place.startswith("output."):
        return at(dict(outputs), place.removeprefix("output."), default=_NOTHING)
    own = {
        address.removeprefix(f"{module}."): resource
        for address, resource in plan.resources.items()
        if address.startswith(f"{module}.")
    }
    for address in sorted(own, key=len, reverse=True):
        if place == address:
            return own[address].address
        if place.startswith(f"{address}."):
            return own[address].at(place.removeprefix(f"{address}."), default=_NOTHING)
    return _NOTHING


def _planned(plan: Plan, module: str, outputs: Mapping[str, Any]) -> str:
    changes = {
        address.removeprefix(module): [list(change.actions), _plain(change.after)]
        for address, change in plan.changes.items()
        if address.startswith(f"{module}.")
    }
    # The provider takes a policy without principals for the same as the one that is there, and plans no change: so what
    # the documents themselves say counts too.
    read = {
        address.removeprefix(module): _plain(resource.values)
        for address, resource in plan.resources.items()
        if resource.mode == "data" and address.startswith(f"{module}.")
    }
    return json.dumps([changes, read, _plain(dict(outputs))], sort_keys=True, default=repr)


def _plain(value: Any) -> Any:
    """A value without what cannot be compared."""
    value = reveal(value)
    if value is UNKNOWN:
        return {"": "known after apply"}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
