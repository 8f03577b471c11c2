"""The module as a backend: real Terraform writes real states, with the module's own policy enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tfproof.backend_use.use import BackendUse
from tfproof.checks import Check, Finding, Layer, LiveBackend
from tfproof.checks.catalogue import FULL_DEPTH_CHECKS, JOURNEY_CHECKS
from tfproof.proof.backend import judge_use

# One process of the run does all of it, where the run keeps groups together (`--dist loadgroup`).
pytestmark = pytest.mark.xdist_group("tfproof-backend-use")

_CHECKS = [check for check in JOURNEY_CHECKS if check.section == "backend" and check not in FULL_DEPTH_CHECKS]


@pytest.mark.parametrize("check", _CHECKS, ids=lambda check: check.id)
def test_used(
    check: Check, used: BackendUse, live: LiveBackend, judged: Callable[[Check, Iterable[Finding]], None]
) -> None:
    """The check holds for what Terraform did with the backend."""
    answers = [answer for of, found in judge_use(used, live) if of is check for answer in found]
    judged(check, [check.finding(Layer.RUN, answer) for answer in answers])
