"""Who is told what happens on a journey while it happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tfproof.checks.finding import Finding, Layer
from tfproof.proof.proof import Step

__all__ = ["Observer", "Silent"]


class Observer(Protocol):
    """Is told what happens; may be called from more than one thread."""

    def step_started(self, name: str) -> None:
        """A step begins."""

    def event(self, event: dict[str, Any]) -> None:
        """Terraform's `-json` stream had an event."""

    def progress(self, text: str) -> None:
        """A step that takes long says how far it is."""

    def step_done(self, step: Step) -> None:
        """A step has ended well."""

    def audited(self, layer: Layer, findings: Sequence[Finding]) -> None:
        """A layer was audited."""


class Silent:
    """An observer that keeps it to itself."""

    def step_started(self, name: str) -> None:
        """Ignored."""

    def event(self, event: dict[str, Any]) -> None:
        """Ignored."""

    def progress(self, text: str) -> None:
        """Ignored."""

    def step_done(self, step: Step) -> None:
        """Ignored."""

    def audited(self, layer: Layer, findings: Sequence[Finding]) -> None:
        """Ignored."""
