"""A module that is broken on purpose is found out, at the cheapest layer that can show it, with file and line.

All mutants are modules of one configuration: one plan decides most of them, one apply the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from broken_modules import MUTANTS, Mutant, write_mutants

from tfproof.checks import CHECKS, Backend, Finding, Layer, LiveBackend, Verdict, check_by_id
from tfproof.checks.written_object import PROBE_KEY
from tfproof.proof.proof import CheckResult, Outcome
from tfproof.report.failure import failure_lines
from tfproof.targets.target import Target
from tfproof.terraform import Plan, State, Workspace

pytestmark = pytest.mark.xdist_group("broken-module")

_LIFECYCLE = frozenset({"noncurrent-versions", "incomplete-uploads", "lock-file-versions"})


@dataclass(frozen=True)
class Broken:
    """Every mutant, planned and applied."""

    workspace: Workspace
    plan: Plan
    state: State

    def backend(self, mutant: Mutant, source: Plan | State) -> Backend:
        name = mutant.name.replace("-", "_")
        return Backend(source, module=f"module.{name}", outputs=source.outputs[name].value)


@pytest.fixture(scope="session")
def broken(
    request: pytest.FixtureRequest,
    workspace_factory: Callable[..., Workspace],
    tmp_path_factory: pytest.TempPathFactory,
    run_id: str,
) -> Broken:
    module = request.config.rootpath / "modules/state-backend"
    folder = write_mutants(module, tmp_path_factory.mktemp("mutants"), run_id)
    workspace = workspace_factory(folder)
    workspace.plan()
    plan = workspace.show()
    workspace.apply(parallelism=50)
    return Broken(workspace, plan, workspace.state())


def findings_of(broken: Broken, mutant: Mutant, target: Target) -> list[Finding]:
    state = broken.backend(mutant, broken.state)
    live = LiveBackend(target.client, state)
    target.client("s3").put_object(Bucket=live.bucket_name, Key=PROBE_KEY, Body=b"a state")
    return [
        finding
        for check in CHECKS
        if check.id not in _LIFECYCLE
        for finding in (
            *check.on_configured(broken.backend(mutant, broken.plan)),
            *check.on_configured(state),
            *check.on_live(live),
        )
    ]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_is_found_out(mutant: Mutant, broken: Broken, target: Target) -> None:
    findings = findings_of(broken, mutant, target)
    failed = [finding for finding in findings if finding.verdict is Verdict.FAILED]

    assert {finding.check_id for finding in failed} == mutant.checks
    assert min(list(Layer).index(finding.layer) for finding in failed) == list(Layer).index(mutant.layer)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_failure_names_file_line_expected_found_and_why(mutant: Mutant, broken: Broken, target: Target) -> None:
    failed = [item for item in findings_of(broken, mutant, target) if item.verdict is Verdict.FAILED]
    first = min(mutant.checks, key=[check.id for check in CHECKS].index)
    check = check_by_id(first)
    own = tuple(finding for finding in failed if finding.check_id == first)

    text = "\n".join(failure_lines(CheckResult(check, own, Outcome.FAILED), broken.workspace.locate))

    places = re.findall(r"(\S+\.tf):(\d+)", text)
    assert places
    lines = [Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1] for file, line in places]
    assert any(mutant.line in line for line in lines), (places, lines)
    assert {Path(file).name for file, _ in places} <= {mutant.file, "bucket.tf", "outputs.tf", "lock_table.tf"}
    assert "- expected  " in text
    assert re.search(r"\+ (planned|in state|live) ", text)
    assert f"why: {check.reason}" in text
