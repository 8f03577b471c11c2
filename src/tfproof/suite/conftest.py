"""The module that the options name, applied once for all tests of the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tfproof.backend_use.trial import Bench
from tfproof.backend_use.use import BackendUse, Depth
from tfproof.checks import Backend, Check, Finding, LiveBackend
from tfproof.gateway.client import Gateway
from tfproof.proof import interventions
from tfproof.proof.backend import can_be_used, use_on_bench
from tfproof.proof.fixtures import Applied
from tfproof.proof.proof import Outcome, results_of
from tfproof.report.failure import failure_lines
from tfproof.suite.options import OPTIONS, SuiteOptions
from tfproof.terraform import ModuleSource, Plan, Terraform
from tfproof.values import reveal

_HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every test of the suite is about the module of the options."""
    ours = [item for item in items if item.path.is_relative_to(_HERE)]
    if not ours:
        return
    if OPTIONS not in config.stash:
        raise pytest.UsageError("tfproof.suite needs a module to prove: --module PATH")
    options = config.stash[OPTIONS]
    for item in ours:
        item.add_marker(
            pytest.mark.stack(str(options.module), options.variables, variable_files=options.variable_files)
        )


@pytest.fixture(scope="session")
def options(request: pytest.FixtureRequest) -> SuiteOptions:
    """What the suite is about."""
    return request.config.stash[OPTIONS]


@pytest.fixture(scope="session")
def remembered() -> dict[str, Any]:
    """What one process of the run has made and need not make again."""
    return {}


@pytest.fixture
def planned(plan: Plan, options: SuiteOptions) -> Backend:
    """The backend in the plan."""
    return Backend(plan, output_names=options.output_names)


@pytest.fixture
def backend(applied: Applied, options: SuiteOptions) -> Backend:
    """The backend in the state."""
    return Backend(applied.state, output_names=options.output_names)


@pytest.fixture
def live(applied: Applied, backend: Backend, remembered: dict[str, Any]) -> LiveBackend:
    """The backend at the target, with an object that was written without naming an encryption."""
    if "live" not in remembered:
        found = LiveBackend(applied.target.client, backend)
        if found.bucket_name:
            interventions.write_probe(applied.target, found)
        remembered["live"] = found
    known: LiveBackend = remembered["live"]
    return known


@pytest.fixture
def output(live: LiveBackend) -> Callable[[str], Any]:
    """Gives an output by the name that the checks know it by, and skips the test when the module has none."""

    def value(name: str) -> Any:
        found = reveal(live.state.outputs.get(name))
        if found is None:
            called = live.state.output_name(name)
            pytest.skip(f"no output {called}, or it is null; --output-name {name}=... if it is called otherwise")
        return found

    return value


@pytest.fixture
def judged(options: SuiteOptions) -> Callable[[Check, Iterable[Finding]], None]:
    """Fails a test for what a check has found, in the words of `tfproof prove`; skips it when it found nothing."""
    source = ModuleSource(options.module)

    def judge(check: Check, findings: Iterable[Finding]) -> None:
        __tracebackhide__ = True
        found = list(findings)
        result = next(item for item in results_of(found) if item.check is check)
        if result.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip("the module has nothing that this check is about")
        if result.outcome is not Outcome.PASSED:
            pytest.fail("\n".join(failure_lines(result, source.locate)), pytrace=False)

    return judge


@pytest.fixture
def used(
    *,
    applied: Applied,
    live: LiveBackend,
    terraform: Terraform,
    gateway: Gateway,
    remembered: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> BackendUse:
    """What came of using the module as a backend at quick depth, with real Terraform and its own policy enforced."""
    if not can_be_used(applied.target, live):
        pytest.skip("the module has no output backend_config with bucket, key and region")
    if "used" not in remembered:
        bench = Bench(tmp_path_factory.mktemp("use"), terraform=terraform, target=applied.target, gateway=gateway)
        remembered["used"] = use_on_bench(bench, applied.target, live, Depth.QUICK)
    known: BackendUse = remembered["used"]
    return known
