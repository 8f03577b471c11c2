"""What a check expects of one value: a test, and its text for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfproof.checks.finding import Answer, Verdict, shown
from tfproof.terraform.resource import Resource
from tfproof.values import UNKNOWN, reveal

__all__ = ["Expectation", "answer", "between", "equals", "missing", "on_resource"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A test of one value.

    Attributes:
        text: What is expected, for people: `"aws:kms"`, `7 to 30`.
        test: Whether a known value is as expected.
    """

    text: str
    test: Callable[[Any], bool]


def equals(expected: Any) -> Expectation:
    """Exactly this value, `true` and `1` told apart."""
    return Expectation(shown(expected), lambda found: type(found) is type(expected) and bool(found == expected))


def between(lowest: float, highest: float) -> Expectation:
    """A number from `lowest` to `highest`, both included."""
    text = f"{lowest:g} to {highest:g}" if highest != float("inf") else f"{lowest:g} or more"
    return Expectation(
        text,
        lambda found: isinstance(found, int | float) and not isinstance(found, bool) and lowest <= found <= highest,
    )


def answer(expectation: Expectation, found: Any, *, subject: str, path: str = "", address: str = "") -> Answer:
    """The answer on one value: undecided while it is unknown, else by the expectation's test."""
    if found is UNKNOWN:
        verdict = Verdict.UNDECIDED
    else:
        verdict = Verdict.PASSED if expectation.test(reveal(found)) else Verdict.FAILED
    return Answer(verdict, subject, path, expectation.text, shown(found), address)


def on_resource(expectation: Expectation, resource: Resource, path: str) -> Answer:
    """The answer on one attribute of a planned or remembered resource; an absent attribute is `None`."""
    found = resource.at(path, default=None)
    return answer(expectation, found, subject=resource.address, path=path, address=resource.address)


def missing(what: str, *, subject: str, address: str = "", expected: str = "") -> Answer:
    """The answer when what had to be there is not: a check that matched nothing has failed."""
    return Answer(Verdict.FAILED, subject, "", expected or f"a resource {what}", f"no {what}", address)
