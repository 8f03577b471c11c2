"""What the IAM package refuses, and how AWS names it.

::

    TfproofError
    └── IamError                      base; `code` and `status` are what AWS puts on the wire
        ├── InvalidInput              400 InvalidInput: Simulate* and GetContextKeys* refuse the request
        ├── ValidationError           400 ValidationError: a parameter breaks its length, pattern or enumeration
        ├── NoSuchEntity              404 NoSuchEntity: the policy source does not exist
        ├── PolicyEvaluation          500 PolicyEvaluation: a policy passed the grammar and cannot be evaluated
        └── MalformedPolicyDocument   400 MalformedPolicyDocument: all problems of one document, each with its place
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfproof.errors import TfproofError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfproof.iam.problems import Problem

__all__ = [
    "IamError",
    "InvalidInput",
    "MalformedPolicyDocument",
    "NoSuchEntity",
    "PolicyEvaluation",
    "ValidationError",
]


class IamError(TfproofError):
    """Base of the errors of `tfproof.iam`; `code` and `status` are AWS's error code and HTTP status."""

    code = "InvalidInput"
    status = 400


class InvalidInput(IamError):
    """A request or a policy in it is refused, as AWS's simulator refuses it (HTTP 400 `InvalidInput`)."""


class ValidationError(IamError):
    """A parameter breaks the limits of the service model (HTTP 400 `ValidationError`, botocore 1.44.5)."""

    code = "ValidationError"


class NoSuchEntity(IamError):
    """The user, group, role or policy asked about does not exist (HTTP 404 `NoSuchEntity`)."""

    code = "NoSuchEntity"
    status = 404


class PolicyEvaluation(IamError):
    """A policy was accepted and could not be evaluated (HTTP 500 `PolicyEvaluation`)."""

    code = "PolicyEvaluation"
    status = 500


class MalformedPolicyDocument(IamError):
    """One policy document breaks the grammar; `problems` holds every fault found in it, with its place.

    Args:
        message: The faults as text.
        problems: The faults in the order of the document.
        remedy: What to do about it.
    """

    code = "MalformedPolicyDocument"
    exit_code = 2  # it was given; nothing failed to run

    def __init__(self, message: str, *, problems: Sequence[Problem] = (), remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.problems = tuple(problems)
