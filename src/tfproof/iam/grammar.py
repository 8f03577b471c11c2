"""The grammar of one statement, per kind of policy (R77-R81)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tfproof.iam import wording
from tfproof.iam.grammar_conditions import condition_problems
from tfproof.iam.grammar_names import action_problem, early_variable, principal_problems, resource_problem
from tfproof.iam.policy import PolicyKind, values_of
from tfproof.iam.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tfproof.iam.json_text import Json
    from tfproof.iam.places import Path

__all__ = ["statement_problems"]

_ELEMENTS: Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_NAMES_PRINCIPALS: Final = (PolicyKind.RESOURCE, PolicyKind.TRUST)
_SID = re.compile(r"[0-9A-Za-z]*\Z")


def statement_problems(body: Mapping[str, Json], path: Path, kind: PolicyKind, *, variables: bool) -> Iterator[Problem]:
    """Every fault of a statement.

    Args:
        body: The statement's object.
        path: The path to it in its document.
        kind: What the document is used as.
        variables: Whether the document's Version knows policy variables.
    """
    for key in body:
        if key not in _ELEMENTS:
            hint = did_you_mean(str(key), _ELEMENTS)
            yield Problem(wording.SYNTAX, (*path, key), f"no such element {key!r}: {hint}", on_key=True)
    effect = body.get("Effect")
    if effect not in ("Allow", "Deny"):
        where = (*path, "Effect") if "Effect" in body else path
        yield Problem(wording.SYNTAX, where, f'Effect is {effect!r}; write "Allow" or "Deny" exactly')
    sid = body.get("Sid", "")
    if not isinstance(sid, str):
        yield Problem(wording.SYNTAX, (*path, "Sid"), "Sid is a text")
    elif kind is not PolicyKind.RESOURCE and not _SID.match(sid):
        yield Problem(wording.SID_LETTERS, (*path, "Sid"), f"{sid!r}: only letters and digits; S3 and KMS allow more")
    yield from _actions(body, path, kind)
    yield from _resources(body, path, kind, variables=variables)
    yield from _principals(body, path, kind)
    if "Condition" in body:
        yield from condition_problems(body["Condition"], (*path, "Condition"), variables=variables)


def _actions(body: Mapping[str, Json], path: Path, kind: PolicyKind) -> Iterator[Problem]:
    def one(action: str) -> tuple[str, str] | None:
        return action_problem(action, kind)

    yield from _either(body, path, "Action", one, wording.NO_ACTIONS)


def _resources(body: Mapping[str, Json], path: Path, kind: PolicyKind, *, variables: bool) -> Iterator[Problem]:
    if kind is PolicyKind.TRUST:
        for element in ("Resource", "NotResource"):
            if element in body:
                remedy = "a trust policy stands on the role it is about"
                yield Problem(wording.HAS_RESOURCE, (*path, element), remedy, on_key=True)
        return

    def one(resource: str) -> tuple[str, str] | None:
        return resource_problem(resource, kind, variables=variables)

    yield from _either(body, path, "Resource", one, wording.NO_RESOURCES)
    for element in ("Resource", "NotResource"):
        if variables and any(early_variable(resource) for resource in values_of(body.get(element))):
            remedy = "before the fifth colon ${...} is plain text: such a resource covers nothing real"
            yield Problem("Policy variables are not expanded.", (*path, element), remedy, severity="warning")


def _either(
    body: Mapping[str, Json],
    path: Path,
    element: str,
    one: Callable[[str], tuple[str, str] | None],
    missing: str,
) -> Iterator[Problem]:
    """Exactly one of an element and its negation, a text or a list of texts, none of them empty."""
    negation = f"Not{element}"
    if element in body and negation in body:
        remedy = f"{element} and {negation} exclude each other: keep one, or make two statements"
        yield Problem(wording.SYNTAX, (*path, negation), remedy, on_key=True)
    if element not in body and negation not in body:
        yield Problem(missing, path, f"add {element} or {negation}")
    for name in (element, negation):
        if name not in body:
            continue
        value = body[name]
        listed = isinstance(value, (list, tuple))
        if listed and not value:
            yield Problem(missing, (*path, name), f"{name} is empty")
        for index, item in enumerate(value if listed else (value,)):
            where = (*path, name, index) if listed else (*path, name)
            # A number's text is a str of our own; a real text is exactly str.
            if type(item) is not str:
                yield Problem(wording.SYNTAX, where, f"{name} is a text or a list of texts")
                continue
            fault = one(item)
            if fault is not None:
                yield Problem(fault[0], where, fault[1])


def _principals(body: Mapping[str, Json], path: Path, kind: PolicyKind) -> Iterator[Problem]:
    given = [element for element in ("Principal", "NotPrincipal") if element in body]
    if kind not in _NAMES_PRINCIPALS:
        for element in given:
            remedy = f"the principal of a policy of kind {kind} is whoever it is attached to: leave {element} out"
            yield Problem(wording.HAS_PRINCIPAL, (*path, element), remedy, on_key=True)
        return
    if not given:
        yield Problem(wording.NO_PRINCIPAL, path, 'say whom it is about: "Principal": {"AWS": "<ARN>"}')
    if len(given) > 1:
        remedy = "Principal and NotPrincipal exclude each other"
        yield Problem(wording.SYNTAX, (*path, "NotPrincipal"), remedy, on_key=True)
    if "NotPrincipal" in body and body.get("Effect") != "Deny":
        remedy = "NotPrincipal works with Deny only: an Allow would let everybody else in, also the anonymous"
        yield Problem(wording.SYNTAX, (*path, "NotPrincipal"), remedy, on_key=True)
    for element in given:
        yield from principal_problems(body[element], (*path, element))
