"""Nothing is left after destroy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Verdict

__all__ = ["CHECK", "judge"]

CHECK = Check(
    id="nothing-left",
    section="terraform",
    title="After destroy nothing is left but keys pending deletion",
    reason="What Terraform made and does not remove costs money for years, and keeps names taken.",
)


def judge(leftovers: Sequence[str]) -> Iterator[Answer]:
    """One answer for each thing that is left, or one that nothing is."""
    for name in leftovers:
        yield Answer(Verdict.FAILED, "the target after destroy", "", "nothing", name)
    if not leftovers:
        yield Answer(Verdict.PASSED, "the target after destroy", "", "nothing", "nothing")
