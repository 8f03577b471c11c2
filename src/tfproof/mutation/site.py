"""Where in a module a mutant is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

__all__ = ["Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a module.

    Attributes:
        address: The top-level block: `aws_s3_bucket.tf_state`, `data.aws_iam_policy_document.bucket`, `variable.tags`.
        kind: Type of that block.
        steps: Nested blocks, and the attribute, on the way to the place.
    """

    address: str
    kind: str
    steps: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The steps joined by dots; `itself` for the block as a whole."""
        return ".".join(self.steps) or "itself"

    @property
    def name(self) -> str:
        """The last step."""
        return self.steps[-1] if self.steps else ""

    @property
    def is_condition(self) -> bool:
        """Whether it is the condition of a validation or precondition."""
        return self.name == "condition" and len(self.steps) > 1

    def inside(self, step: str) -> Self:
        """A place in this one."""
        return replace(self, steps=(*self.steps, step))
