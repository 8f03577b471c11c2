"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tfproof.values import UNKNOWN, Sensitive

__all__ = ["Answer", "Finding", "Layer", "Verdict", "shown"]


class Verdict(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


class Layer(StrEnum):
    """Where a finding was made: what is planned, what Terraform remembers, what is there, what was done with it."""

    PLAN = "plan"
    STATE = "state"
    LIVE = "live"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's answer on one thing, before it is known which check and layer it belongs to.

    Attributes:
        verdict: How it came out.
        subject: What was looked at: an address, an output, or a call's answer.
        path: Attribute path in it, or `""`.
        expected: What a sound backend has there, for people.
        found: What is there, for people; secrets redacted.
        address: Address whose source is to blame when it fails; the subject itself for a configured resource.
    """

    verdict: Verdict
    subject: str
    path: str
    expected: str
    found: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer on one thing at one layer.

    Attributes:
        check_id: Id of the check.
        layer: Where it was made.
        answer: What was answered.
    """

    check_id: str
    layer: Layer
    answer: Answer

    @property
    def verdict(self) -> Verdict:
        """How it came out."""
        return self.answer.verdict


def shown(value: Any) -> str:
    """A value as people should see it: strings quoted, the unknown and the sensitive named, nothing endless."""
    if value is UNKNOWN or isinstance(value, Sensitive):
        return repr(value)
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _LONGEST else f'"{value[:_LONGEST]}..."'
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_LONGEST = 500
