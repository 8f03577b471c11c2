"""The answer: allowed, explicitDeny or implicitDeny, with the statements that decided; truthy only when allowed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tfproof.iam.compiled import CompiledStatement
    from tfproof.iam.evaluate import PolicySet
    from tfproof.iam.policy import Statement
    from tfproof.iam.request import Request

__all__ = ["Decision", "Effect", "Layer"]


class Effect(StrEnum):
    """The three decisions, spelled as AWS's API spells them."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(NamedTuple):
    """What one kind of policy says on its own: `effect`, and the statements that apply and say so.

    `name` is identity, resource, boundary, session or organizations.
    """

    name: str
    effect: Effect
    statements: tuple[CompiledStatement, ...] = ()


class Decision:
    """One answer of the evaluator.

    `value` is an `Effect` (a str: `decision.value == "allowed"`), `layers` what each kind of policy says by itself,
    `note` the rule that decided when no statement did. `bool(decision)` is True only for allowed. `str(decision)` is
    for people: the statement that decided with its policy and line, and when denied what is missing.
    """

    __slots__ = ("_deciding", "layers", "note", "policies", "request", "value")

    def __init__(
        self,
        value: Effect,
        request: Request,
        policies: PolicySet,
        layers: tuple[Layer, ...],
        *,
        deciding: tuple[CompiledStatement, ...] = (),
        note: str = "",
    ) -> None:
        self.value = value
        self.request = request
        self.policies = policies
        self.layers = layers
        self.note = note
        self._deciding = deciding

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.value is Effect.ALLOWED

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What decided: the denies of an explicitDeny, the allows of an allowed, else none (R10, R12)."""
        return tuple(compiled.statement for compiled in self._deciding)

    def layer(self, name: str) -> Layer | None:
        """What one kind of policy says, None where there is no policy of that kind."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def __bool__(self) -> bool:
        return self.value is Effect.ALLOWED

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Decision):
            return self.value == other.value and self.statements == other.statements
        return bool(self.value == other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        from tfproof.iam.explain import summary  # noqa: PLC0415  explaining is rare and imports nothing else

        return summary(self)

    def __repr__(self) -> str:
        # As a failed `assert policies.decide(...)` shows it: the reason is what its reader wants.
        return f"<Decision {self}>"
