"""What a request needs to be allowed: one IAM action on one resource, and how we know that it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tfproof.iam.request import ContextValue

__all__ = ["Basis", "Need"]


class Basis(StrEnum):
    """How it is known that an action is needed."""

    OBSERVED = "observed"
    """The operation was on the wire."""
    MODELLED = "modelled"
    """It follows from an AWS document that is named; no emulator shows it."""
    UNSETTLED = "unsettled"
    """AWS's documents leave it open, and nothing that we can run decides it."""


@dataclass(frozen=True, slots=True)
class Need:
    """One IAM action on one resource that a request needs.

    Attributes:
        action: In AWS's spelling, `s3:PutObject`.
        resource: ARN, or `*` where the action has no resource.
        context: The condition keys of the request that have a source, by their names in AWS's spelling; one that has
            none is absent, never guessed.
        basis: How it is known that it is needed.
        source: The AWS document that says so, for what is modelled or unsettled.
        implied: Whether a service makes the call in the caller's name, rather than the caller.
    """

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    basis: Basis = Basis.OBSERVED
    source: str = ""
    implied: bool = False
