"""How far an identity policy reaches: what it must allow, what it must not, asked of the policy as IAM decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.errors import TfproofError
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.request import Request
from tfproof.values import UNKNOWN, reveal

__all__ = ["Asked", "answers", "asked", "is_allowed", "others"]

_CALLER: Final = "user/terraform"
_SHOWN: Final = 4

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        action: `s3:GetObject`.
        resource: Its ARN.
        context: The request's condition keys.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)

    def __str__(self) -> str:
        given = "".join(f", {name}={value}" for name, value in self.context.items())
        return f"{self.action} on {self.resource}{given}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What two equal requests have in common."""
        return (self.action.lower(), self.resource, repr(sorted(self.context.items())))


def asked(actions: str, resources: Iterable[str], context: Context | None = None) -> list[Asked]:
    """The requests of every action, separated by blanks, on every resource."""
    return [Asked(action, resource, context or {}) for action, resource in product(actions.split(), resources)]


def others(universe: Iterable[Asked], *known: Iterable[Asked]) -> list[Asked]:
    """The requests that are in none of the other lists."""
    seen = {item.key for part in known for item in part}
    return [item for item in universe if item.key not in seen]


def answers(
    text: Any, allowed: Sequence[Asked], denied: Sequence[Asked], *, subject: str, address: str, path: str = "value"
) -> Iterator[Answer]:
    """Two answers: that a policy allows all of some requests, and none of others."""
    expected = (
        Expectation(f"allows all {len(allowed)} requests it is for", lambda found: found == "all"),
        Expectation(f"allows none of {len(denied)} requests beyond them", lambda found: found == "none"),
    )
    if text is UNKNOWN:
        for expectation in expected:
            yield answer(expectation, UNKNOWN, subject=subject, path=path, address=address)
        return
    try:
        policies = PolicySet([str(reveal(text))])
    except TfproofError as error:
        for expectation in expected:
            yield answer(expectation, error.message, subject=subject, path=path, address=address)
        return
    missing = [item for item in allowed if not is_allowed(policies, item)]
    beyond = [item for item in denied if is_allowed(policies, item)]
    shown = (f"not {_listed(missing)}" if missing else "all", f"also {_listed(beyond)}" if beyond else "none")
    for expectation, found in zip(expected, shown, strict=True):
        yield answer(expectation, found, subject=subject, path=path, address=address)


def is_allowed(policies: PolicySet, item: Asked) -> bool:
    """Whether policies allow a request of a user in the resource's account."""
    parts = item.resource.split(":")
    partition, account = parts[1], parts[4] or "123456789012"
    caller = f"arn:{partition}:iam::{account}:{_CALLER}"
    return policies.decide(Request(item.action, item.resource, principal=caller, context=item.context)).allowed


def _listed(items: Sequence[Asked]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return "; ".join(map(str, items[:_SHOWN])) + more
