"""Tries policies with requests made from what their own statements name.

For one statement: the callers, actions, resources and contexts that it and the statements beside it tell apart, in
every combination that it applies to. What a statement decides shows in such requests or in none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tfproof.errors import TfproofError
from tfproof.iam.actions import arn_template, authorised_on
from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.policy import values_of
from tfproof.iam.principals import Caller
from tfproof.iam.request import ContextValue, Request
from tfproof.policy_questions.asked_actions import AskedAction, actions_to_ask
from tfproof.policy_questions.contexts import Reach, Values, has_variables, in_request, question_contexts, told
from tfproof.policy_questions.samples import resource_examples

__all__ = ["Asker", "Hit", "Questions"]

_MOST: Final = 20_000
_MOST_STATEMENTS: Final = 500
"""Of all versions together: each is compared with each, and policies that AWS takes seldom have a tenth as many."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks.

    Attributes:
        who: For people.
        caller: The caller; None for whoever has an identity policy.
        context: The keys that follow from who it is.
        is_owner: Whether the resources are taken to be of the caller's own account, where that is not known.
    """

    who: str
    caller: Caller | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    is_owner: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A request for which the test held; `actions` are all for which it holds alike.

    Attributes:
        who: Who asks.
        actions: What for.
        resource: On what.
        context: What is not as in a plain request, `""` when nothing is.
        request: One of the requests.
    """

    who: str
    actions: tuple[AskedAction, ...]
    resource: str
    context: str
    request: Request


class Questions:
    """Requests for the statements of one or more policies.

    Args:
        statements: All statements that have a say, of every version of the policy.
        askers: Who asks.
        grants: Whether a statement's Principal names somebody.
        service: The service whose resource the policy is of, `""` for a policy of an identity.
        resources: Resources to ask on beside those the statements name; for a resource's own policy the only ones that
            a statement on everything is asked on.
        account: The account of resources that no statement names.
        resource_account: The account that owns what has none in its ARN.
        reach: Leaves out values of keys that the askers cannot send.
        most: Requests after which no more are made.

    Attributes:
        asked: How many requests were made.
        is_exhausted: Whether not all were made: there would have been more than `most`, or too many statements.
    """

    def __init__(
        self,
        statements: Sequence[CompiledStatement],
        askers: Sequence[Asker],
        grants: Callable[[CompiledStatement, Asker], bool],
        *,
        service: str = "",
        resources: Sequence[str] = (),
        account: str,
        resource_account: str | None = None,
        reach: Reach | None = None,
        most: int = _MOST,
    ) -> None:
        self._statements = tuple(statements)
        self._askers = tuple(askers)
        self._grants = grants
        self._fixed = tuple(resources)
        self._account = account
        self._owner = resource_account
        self._reach = reach
        self._most = most
        self._contexts: dict[tuple[int, ...], tuple[list[Values], bool]] = {}
        self._variables = any(has_variables(statement) for statement in statements)
        self._named = tuple(dict.fromkeys(text for one in statements for text in _resources_named(one)))
        self._actions = tuple(actions_to_ask(statements, service))
        self._of_action: dict[str, tuple[bool, ...]] = {}
        self._of_resource: dict[str, tuple[bool, ...]] = {}
        self.asked = 0
        self.is_exhausted = False

    def find(self, statement: CompiledStatement, holds: Callable[[Request, Asker], bool]) -> Iterator[Hit | None]:
        """Every request that a statement applies to and a test holds for, the plainest of each kind.

        None for one that the statement applies to and the test does not hold for; nothing at all means that no request
        could be made that the statement applies to.

        Args:
            statement: One of the statements.
            holds: The test of a request and of who makes it.
        """
        if len(self._statements) > _MOST_STATEMENTS:
            self.is_exhausted = True
            return
        for actions in self._action_kinds(statement):
            for resource in self._resource_kinds(statement, actions[0]):
                for asker in self._askers:
                    if self._grants(statement, asker):
                        yield from self._in_contexts(statement, actions, resource, asker, holds)

    def _in_contexts(
        self,
        statement: CompiledStatement,
        actions: tuple[AskedAction, ...],
        resource: str,
        asker: Asker,
        holds: Callable[[Request, Asker], bool],
    ) -> Iterator[Hit | None]:
        action = actions[0].name
        on = authorised_on(action.lower(), resource)
        contexts, all_of_them = self._contexts_for(statement, action, on, asker)
        for values in contexts:
            self.asked += 1
            if self.asked > self._most:
                self.is_exhausted = True
                return
            try:
                request = Request(
                    action,
                    resource,
                    principal=asker.caller.session or asker.caller.arn if asker.caller else None,
                    context={**_plain(values), **asker.context},
                    resource_account=asker.caller.account if asker.is_owner and asker.caller else self._owner,
                )
            except TfproofError:
                continue  # an example that is no ARN
            if statement.applies(action.lower(), on, request.context):
                hit = holds(request, asker)
                yield Hit(asker.who, actions, resource, told(values), request) if hit else None
                if hit:
                    return
        self.is_exhausted |= not all_of_them

    def _contexts_for(
        self, statement: CompiledStatement, action: str, on: str, asker: Asker
    ) -> tuple[list[Values], bool]:
        by_action, by_resource = self._covering_action(action.lower()), self._covering_resource(on)
        others = [
            other
            for other, of_action, of_resource in zip(self._statements, by_action, by_resource, strict=True)
            if of_action and (of_resource or self._variables) and other is not statement and self._grants(other, asker)
        ]
        key = tuple(id(one) for one in (statement, *others))
        if key not in self._contexts:
            callers_keys = asker.caller is not None
            self._contexts[key] = question_contexts(statement, others, callers_keys=callers_keys, reach=self._reach)
        return self._contexts[key]

    def _covering_action(self, name: str) -> tuple[bool, ...]:
        """Which statements cover an action, each compared once: policies of a hundred statements are about."""
        if name not in self._of_action:
            self._of_action[name] = tuple(one.covers_action(name) for one in self._statements)
        return self._of_action[name]

    def _covering_resource(self, on: str) -> tuple[bool, ...]:
        """Which statements cover a resource, when no variable has a value."""
        if on not in self._of_resource:
            self._of_resource[on] = tuple(one.covers_resource(on, {}) for one in self._statements)
        return self._of_resource[on]

    def _action_kinds(self, statement: CompiledStatement) -> Iterator[tuple[AskedAction, ...]]:
        """The actions that a statement covers, those together that no statement tells apart."""
        kinds: dict[object, dict[AskedAction, None]] = {}
        for action in self._actions:
            name = action.name.lower()
            if statement.covers_action(name):
                covered = self._covering_action(name)
                made_up = action.shown if action.is_made_up else ""
                kind = (covered, arn_template(name), name.partition(":")[0], made_up)
                kinds.setdefault(kind, {}).setdefault(action)
        for found in kinds.values():
            yield tuple(found)

    def _resource_kinds(self, statement: CompiledStatement, action: AskedAction) -> Iterator[str]:
        name = action.name.lower()
        template = "*" if action.is_made_up else arn_template(name)
        found = dict.fromkeys((*self._named, *self._fixed))
        if not self._fixed:
            found.setdefault(_filled_in(template, self._account))
        seen: set[tuple[bool, ...]] = set()
        for resource in found:
            if not _fits(template, resource):
                continue
            on = authorised_on(name, resource)
            covered = self._covering_resource(on)
            if self._variables or (covered not in seen and statement.covers_resource(on, {})):
                seen.add(covered)
                yield resource


def _plain(values: Values) -> dict[str, ContextValue]:
    return dict(in_request(values))


def _resources_named(statement: CompiledStatement) -> Iterator[str]:
    body, variables = statement.statement.body, statement.statement.document.has_variables
    for name in (*values_of(body.get("Resource")), *values_of(body.get("NotResource"))):
        if name != "*":
            yield from resource_examples(name, variables=variables)


def _filled_in(template: str, account: str) -> str:
    known = {"Partition": "aws", "Region": "us-east-1", "Account": account}
    return re.sub(r"\$\{(\w+)\}", lambda match: known.get(match[1], "any"), template)


def _fits(template: str, resource: str) -> bool:
    """Whether an action can be done on a resource at all: GetObject on no bucket, ListBucket on no object."""
    if template == "*" or resource == "*":
        return True
    wanted, found = template.split(":"), resource.split(":")
    if found[:1] != ["arn"] or len(found) < len(wanted) or found[2] != wanted[2]:
        return False
    return wanted[2] != "s3" or ("/" in template) == ("/" in resource)
