"""Which requests policies allow after a change that they did not allow before, decided by the evaluator on both.

Only an Allow that comes, or a Deny that goes, can open anything; so those are tried, with requests made from what the
policies before and after name. What cannot be tried is told: silence would pass for "nothing".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.iam.arn import account_of
from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import EVERYTHING, Document, values_of
from tfproof.iam.principals import Grant
from tfproof.iam.request import Request
from tfproof.policy_questions.askers import askers, federated_apart
from tfproof.policy_questions.contexts import untried
from tfproof.policy_questions.narrower import is_within
from tfproof.policy_questions.questions import Asker, Hit, Questions

__all__ = ["PolicyKindAsked", "Widened", "Widening", "widened"]

_ACCOUNT: Final = 123456789012
_SHOWN: Final = 25
_NOTHING: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "nobody.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "*"}
    ],
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


@dataclass(frozen=True, slots=True)
class Widened:
    """What a change of policies opens.

    Attributes:
        found: Requests that became allowed; the first 25, wide ones first.
        unasked: What could not be tried, for people.
    """

    found: list[Widening] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)


def widened(before: Sequence[str], after: Sequence[str], kind: PolicyKindAsked) -> Widened:
    """What became allowed, and what of the change could not be tried.

    Args:
        before: The texts of the policies before; of a resource's own policy one, or none.
        after: The texts after.
        kind: What sort of policies they are.
    """
    try:
        old, new = _Policies(before, kind), _Policies(after, kind)
        return _compared(old, new, kind)
    except TfproofError:
        return Widened(unasked=["a policy that cannot be evaluated"])


class _Policies:
    """The policies of one side of a change, ready for requests of every sort of caller."""

    def __init__(self, texts: Sequence[str], kind: PolicyKindAsked) -> None:
        given = [text for text in texts if text]
        self.of_identity = kind.is_identity
        if kind.is_identity:
            self.people = self.bare = PolicySet(given)
            self.statements = self.people.identity
            return
        for text in given:
            PolicySet([], resource=text)  # as it stands: faults are told before anything is rewritten
        documents = [Document(federated_apart(Document(text).value)) for text in given[:1]]
        resource = documents[0] if documents else _NOTHING
        # Callers' own policies allow everything: what is asked is what the resource's policy lets through. Without a
        # key policy nobody may do anything with a key (R31); other resources are their account's.
        own = [] if kind.service == "kms" and not documents else [EVERYTHING]
        self.people = PolicySet(own, resource=resource)
        # A service or an identity provider has no policies of its own, and a person may have none.
        self.bare = PolicySet([], resource=resource)
        self.statements = (self.people.resource or ()) if documents else ()

    def allow(self, request: Request, asker: Asker, *, bare: bool = False) -> bool:
        is_service = asker.caller is not None and asker.caller.kind == "service"
        return (self.bare if bare or is_service else self.people).decide(request).allowed

    def grants(self, statement: CompiledStatement, asker: Asker) -> bool:
        return self.of_identity or (
            asker.caller is not None and self.people.grant(statement, asker.caller) is not Grant.NONE
        )


def _compared(old: _Policies, new: _Policies, kind: PolicyKindAsked) -> Widened:
    opening = [
        *_without((one for one in new.statements if not one.is_deny), old.statements),
        *_without((one for one in old.statements if one.is_deny), new.statements),
    ]
    if not opening:
        return Widened()
    statements = (*old.statements, *new.statements)
    known = account_of(kind.resource)
    account = known or _unnamed_account(statements)
    questions = Questions(
        statements,
        [Asker("whoever has the policy")] if kind.is_identity else askers(statements, account, is_known=bool(known)),
        new.grants,
        service=kind.service,
        resources=_resources(kind),
        account=account,
        resource_account=None if kind.is_identity else account,
    )

    def opened(request: Request, asker: Asker) -> bool:
        # The old one is asked last: it is not needed for what is not allowed now. In one account a statement that names
        # somebody is enough (R23): that shows only in callers without policies of their own.
        return any(
            new.allow(request, asker, bare=bare) and not old.allow(request, asker, bare=bare) for bare in (False, True)
        )

    found: dict[Widening, None] = {}
    unasked: dict[str, None] = {}
    for statement in opening:
        answers = list(questions.find(statement, opened))
        hits = [answer for answer in answers if answer is not None]
        sure = list(_told(hits))
        found.update(dict.fromkeys(sure))
        if not sure:
            unasked.update(dict.fromkeys(_gaps(statement, answers, of_identity=kind.is_identity)))
    if questions.is_exhausted:
        unasked.setdefault("more requests than are tried: some may be allowed now that were not")
    plain = {(item.principal, item.action, item.resource) for item in found if not item.context}
    kept = [item for item in found if not item.context or (item.principal, item.action, item.resource) not in plain]
    kept.sort(key=lambda item: (not item.principal.startswith("anybody"), "*" not in item.action, bool(item.context)))
    return Widened(kept[:_SHOWN], list(unasked))


def _without(statements: Iterable[CompiledStatement], others: Iterable[CompiledStatement]) -> list[CompiledStatement]:
    others = list(others)
    return [one for one in statements if not any(is_within(one, other) for other in others)]


def _resources(kind: PolicyKindAsked) -> list[str]:
    if not kind.resource:
        return []
    return [kind.resource, *([f"{kind.resource}/terraform.tfstate"] if kind.service == "s3" else [])]


def _told(hits: Iterable[Hit]) -> Iterator[Widening]:
    """What the hits say; of a wildcard only what it covers beside the actions that are known."""
    hits = list(hits)
    named = {action.shown for hit in hits for action in hit.actions if not action.is_made_up}
    for hit in hits:
        for action in hit.actions:
            of_service = action.shown.endswith(":*") and any(
                name.lower().startswith(action.shown[:-1].lower()) for name in named
            )
            if not action.is_made_up or (action.is_whole and not of_service):
                yield Widening(hit.who, action.shown, hit.resource, hit.context)


def _gaps(statement: CompiledStatement, answers: Sequence[Hit | None], *, of_identity: bool) -> Iterator[str]:
    """What of a statement that may open something was not tried."""
    name = statement.statement.sid or f"statement {statement.statement.index + 1}"
    body = statement.statement.body
    for kind, who in _unasked_principals(body.get("Principal")):
        yield f"{name}: the {kind} principal {who} is not tried"
    for key in untried(statement, callers_keys=not of_identity):
        yield f"{name}: no value of {key} could be tried that its condition names"
    patterns = {action.shown for hit in answers if hit is not None for action in hit.actions if action.is_made_up}
    for pattern in sorted(patterns):
        yield f"{name}: {pattern} covers more than before, which of its actions is not known"
    if not answers:
        yield f"{name}: no request could be made that it applies to"


def _unasked_principals(element: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(element, Mapping):
        return
    for who in values_of(element.get("CanonicalUser")):
        yield "CanonicalUser", who
    for who in values_of(element.get("AWS")):
        # A deleted principal's unique id, or CloudFront's: callers have an ARN or an account.
        if who != "*" and not who.isdigit() and (not who.startswith("arn:") or ":cloudfront:" in who):
            yield "AWS", who


def _unnamed_account(statements: Iterable[CompiledStatement]) -> str:
    """An account that no statement names.

    A bucket's ARN has no account. The first that its policy trusts is no better guess: taken for the bucket's own, an
    account that is let in would pass for one whose users may do everything anyway.
    """
    named = " ".join(str(statement.statement.body) for statement in statements)
    return next(text for number in itertools.count(_ACCOUNT) if (text := str(number)) not in named)
