"""Every check of the catalogue, on the plan, the state and the target."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from optional_checks import OPTIONAL

from tfproof.checks import CHECKS, Backend, Check, Finding, LiveBackend, Verdict
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Plan

Explain = Callable[[Check, list[Finding]], str]

# What they are about is not there by default; tests/mutation_cases.toml has it, and test_cases.py plans it.

configured = pytest.mark.parametrize(
    "check", [check for check in CHECKS if check.configured and check.id not in OPTIONAL], ids=lambda check: check.id
)
read_back = pytest.mark.parametrize("check", [check for check in CHECKS if check.live], ids=lambda check: check.id)


@configured
def test_holds_or_is_undecided_in_the_plan(check: Check, plan: Plan, explain: Explain) -> None:
    findings = check.on_configured(Backend(plan))

    assert findings
    assert not [item for item in findings if item.verdict is Verdict.FAILED], explain(check, findings)


@configured
def test_holds_in_the_state(check: Check, applied: Applied, explain: Explain) -> None:
    findings = check.on_configured(applied.backend)

    assert findings
    assert {item.verdict for item in findings} == {Verdict.PASSED}, explain(check, findings)


@read_back
def test_holds_at_the_target(check: Check, live: LiveBackend, explain: Explain) -> None:
    findings = check.on_live(live)

    assert findings
    assert {item.verdict for item in findings} == {Verdict.PASSED}, explain(check, findings)
