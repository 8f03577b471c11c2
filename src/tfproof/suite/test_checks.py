"""Every check of the catalogue: on the plan, and on the plan, the state and the target together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tfproof.checks import CHECKS, Backend, Check, Finding, LiveBackend, Verdict

_Judged = Callable[[Check, Iterable[Finding]], None]


@pytest.mark.parametrize("check", [check for check in CHECKS if check.configured], ids=lambda check: check.id)
def test_planned(check: Check, planned: Backend, judged: _Judged) -> None:
    """Nothing in the plan is known to be wrong; what only apply can tell is left to `test_applied`."""
    findings = check.on_configured(planned)
    if any(finding.verdict is Verdict.FAILED for finding in findings):
        judged(check, findings)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_applied(check: Check, planned: Backend, backend: Backend, live: LiveBackend, judged: _Judged) -> None:
    """The check holds, by everything that can show it."""
    judged(check, [*check.on_configured(planned), *check.on_configured(backend), *check.on_live(live)])
