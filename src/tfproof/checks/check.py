"""A check: a rule with an id, a reason and references, and how it is decided at each layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tfproof.checks.backend import Backend
from tfproof.checks.expectation import missing
from tfproof.checks.finding import Answer, Finding, Layer
from tfproof.checks.live import LiveBackend

__all__ = ["Check"]


def _always(backend: Backend) -> bool:
    del backend
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule that a sound state backend keeps.

    Attributes:
        id: Stable name, such as `bucket-versioning`.
        section: What it is about, for grouping: `bucket`, `bucket policy`, `key`, `lock table`, `outputs`, `terraform`.
        title: What holds when it passes, as a sentence without a full stop.
        reason: Why it matters: what goes wrong without it.
        remedy: What to do about a failure, where the configuration is not what is wrong; else `""`.
        references: Rules of others that ask for the same: CIS, AWS FSBP, Checkov, Trivy.
        configured: Answers by a plan or a state; None when they cannot show it.
        live: Answers by what the target says; None when it cannot show it.
        applies: Whether the backend has what the check is about.
    """

    id: str
    section: str
    title: str
    reason: str
    remedy: str = ""
    references: tuple[str, ...] = ()
    configured: Callable[[Backend], Iterable[Answer]] | None = None
    live: Callable[[LiveBackend], Iterable[Answer]] | None = None
    applies: Callable[[Backend], bool] = _always

    def on_configured(self, backend: Backend) -> list[Finding]:
        """Its findings on a plan or a state; none when it does not apply or cannot be shown there."""
        if self.configured is None or not self.applies(backend):
            return []
        return self._findings(backend.layer, self.configured(backend), backend)

    def on_live(self, live: LiveBackend) -> list[Finding]:
        """Its findings on what is there; none when it does not apply or cannot be shown there."""
        if self.live is None or not self.applies(live.state):
            return []
        return self._findings(Layer.LIVE, self.live(live), live.state)

    def finding(self, layer: Layer, answer: Answer) -> Finding:
        """A finding of this check, for a rule that is decided by what the journey did."""
        return Finding(self.id, layer, answer)

    def _findings(self, layer: Layer, answers: Iterable[Answer], backend: Backend) -> list[Finding]:
        findings = [Finding(self.id, layer, answer) for answer in answers]
        if findings:
            return findings
        # A check that matched nothing must not pass for one that found everything in order.
        address = backend.bucket.address if backend.bucket is not None else ""
        nothing = missing("that this check is about", subject=address or "the configuration", address=address)
        return [Finding(self.id, layer, nothing)]
