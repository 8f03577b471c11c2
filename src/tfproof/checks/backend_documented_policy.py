"""The documented policy, tried by real Terraform under enforcement."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer

__all__ = ["CHECK", "OUTPUT", "judge_too_old"]

OUTPUT = "documented_policy_json"
"""The output that holds the policy."""

CHECK = Check(
    id="backend-documented-policy",
    section="backend",
    title="Whoever has the documented policy can run Terraform on the backend, and leaves no lock behind",
    reason="A missing permission shows at the worst time: when a state cannot be saved, or a lock not released.",
)


def judge_too_old(backend: Backend, terraform: str) -> Iterator[Answer]:
    """Answers that a Terraform which does not know `use_lockfile` can do nothing with a backend that sets it.

    Args:
        backend: The backend in the state.
        terraform: Name and version of the binary.
    """
    expected = Expectation("Terraform 1.10 or newer, since lock modes s3 and both set use_lockfile", lambda _: False)
    address = backend.output_address("backend_config")
    yield answer(expected, terraform, subject="the Terraform that uses it", path="value.use_lockfile", address=address)
