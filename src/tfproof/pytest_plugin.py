"""The pytest plugin: stacks as fixtures, applied once for a whole run, destroyed and swept in the end.

Nothing of AWS or Terraform is imported until a fixture is used: a run that has no stacks does not pay for the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tfproof.interrupts import Held

if TYPE_CHECKING:
    from tfproof.gateway.call_log import CallLog
    from tfproof.gateway.client import Gateway
    from tfproof.proof.fixtures import Applied, Run, SecondPlan
    from tfproof.proof.identity import Iam
    from tfproof.proof.stacks import StackSpec
    from tfproof.targets.target import Target
    from tfproof.terraform.binary import Terraform
    from tfproof.terraform.plan import Plan
    from tfproof.terraform.workspace import Workspace

_MARKER = (
    "stack(path, variables={}, variable_files=()): the module that the fixtures plan, applied and replan are about, "
    "with its variables; {run} in their text becomes the run's id"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("tfproof", "Terraform stacks (tfproof)")
    group.addoption(
        "--target",
        default="embedded",
        choices=["embedded", "localstack", "localstack-host", "aws"],
        help="where stacks are applied: an emulator of the run's own (default), a LocalStack that runs already, one "
        "that is installed and started for the run, or a real AWS account",
    )
    group.addoption("--endpoint-url", metavar="URL", help="where LocalStack runs (default: http://127.0.0.1:4566)")
    group.addoption(
        "--aws-account-allow",
        action="append",
        default=[],
        metavar="ACCOUNT",
        help="with --target aws: the id of an account that may be touched",
    )
    group.addoption("--terraform", metavar="PATH", help="Terraform or OpenTofu binary (default: the one on PATH)")
    group.addoption("--provider-mirror", metavar="FOLDER", help="filesystem mirror to take providers from")
    group.addoption("--tf-keep", action="store_true", help="keep the run folder; it holds plans and states in clear")
    group.addoption("--ignore-backend", action="store_true", help="replace a backend block by a local one")
    group.addoption("--no-keep-provider", action="store_true", help="let Terraform start the provider for each command")
    suite = parser.getgroup("tfproof-suite", "A state backend of your own (pytest --pyargs tfproof.suite)")
    suite.addoption("--module", metavar="PATH", help="folder of the module that tfproof.suite proves")
    suite.addoption("--module-var-file", action="append", default=[], metavar="FILE", help="a .tfvars file for it")
    suite.addoption(
        "--module-var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of one of its variables; {run} in it becomes the run's id",
    )
    suite.addoption(
        "--output-name",
        action="append",
        default=[],
        metavar="NAME=THEIRS",
        help="what the module calls an output: bucket_name=state_bucket",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker, and reads what tfproof.suite is to be about when it is asked for."""
    config.addinivalue_line("markers", _MARKER)
    if any(map(config.getoption, _SUITE_OPTIONS)) or _asks_for_suite(config):
        from tfproof.suite.options import OPTIONS, read_options  # noqa: PLC0415  # see the module's docstring

        with _bad_usage():
            config.stash[OPTIONS] = read_options(config)
        if not config.pluginmanager.hasplugin("xdist"):
            config.addinivalue_line("markers", "xdist_group(name): tests that are to run in one process")


def _asks_for_suite(config: pytest.Config) -> bool:
    """Whether tfproof.suite, or something in it, is among what is to be run."""
    names = [argument.partition("::")[0] for argument in config.args]
    return any(
        name.startswith("tfproof.suite") if config.getoption("pyargs") else Path(name).resolve().is_relative_to(_SUITE)
        for name in names
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist where to ask for stacks."""
    node.workerinput["tfproof"] = _run(node.config).share()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Destroys and sweeps; what is left over, or could not be destroyed, fails the run."""
    run = session.config.stash.get(_RUN, None)
    if run is not None and run.finish() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends everything even when the session never began or was interrupted."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.finish()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says what could not be destroyed or was left over."""
    run = config.stash.get(_RUN, None)
    if run is not None and run.problems:
        terminalreporter.section("tfproof: stacks were not cleared up", red=True, bold=True)
        for problem in run.problems:
            terminalreporter.line(problem)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What IAM decided, and why, where a decision is not the one that was expected."""
    for decision, other in ((left, right), (right, left)):
        if type(decision).__name__ in _DECISIONS and type(decision).__module__.startswith("tfproof."):
            return [f"{getattr(decision, 'value', decision)!s} {op} {other!r}", *str(decision).split("; ")]
    return None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Names what stacks are applied with, once something is, and the module that tfproof.suite is about."""
    run = config.stash.get(_RUN, None)
    lines = [f"tfproof: run folder {run.folder} (kept)"] if run is not None and config.getoption("--tf-keep") else []
    if config.getoption("--module"):
        from tfproof.proof.released_module import compare  # noqa: PLC0415

        lines.append(f"tfproof: proves {config.getoption('--module')}")
        copy = compare(config.invocation_params.dir / config.getoption("--module"))
        lines += [f"module: {copy}"] if copy is not None else []
    return lines


_SUITE = Path(__file__).with_name("suite")
_SUITE_OPTIONS = ("--module", "--module-var-file", "--module-var", "--output-name")
_DECISIONS = ("Decision", "SimulatedDecision")  # by name: comparing must not import boto3
_RUN: pytest.StashKey[Run] = pytest.StashKey()


def _run(config: pytest.Config) -> Run:
    """The run, made when it is first needed."""
    if _RUN not in config.stash:
        from tfproof.proof.fixtures import Run  # noqa: PLC0415  # see the module's docstring
        from tfproof.proof.target_choice import TargetChoice  # noqa: PLC0415

        with _bad_usage():
            choice = TargetChoice(
                config.getoption("--target"),
                config.getoption("--endpoint-url"),
                tuple(config.getoption("--aws-account-allow")),
            )
        with Held():
            config.stash[_RUN] = Run(
                terraform=config.getoption("--terraform"),
                provider_mirror=config.getoption("--provider-mirror"),
                keep_folder=config.getoption("--tf-keep"),
                keep_provider=not config.getoption("--no-keep-provider"),
                ignore_backend=config.getoption("--ignore-backend"),
                owner=getattr(config, "workerinput", {}).get("tfproof"),
                choice=choice,
                say=_say(config),
            )
    return config.stash[_RUN]


@contextmanager
def _bad_usage() -> Iterator[None]:
    from tfproof.errors import UsageError  # noqa: PLC0415

    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _say(config: pytest.Config) -> Callable[[str], None]:
    """Says what takes long to whoever watches, past the capture of output."""

    def say(line: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        capture = config.pluginmanager.get_plugin("capturemanager")
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(f"tfproof: {line}")

    return say


def _spec(request: pytest.FixtureRequest) -> StackSpec:
    from tfproof.proof.stacks import StackSpec  # noqa: PLC0415

    marker = request.node.get_closest_marker("stack")
    if marker is None:
        raise pytest.UsageError(
            f"{request.node.nodeid} uses {request.fixturename!r} and has no stack: "
            'mark it with @pytest.mark.stack("path/to/module", {"variable": "value"})'
        )
    path = marker.kwargs.get("path", marker.args[0] if marker.args else None)
    variables = marker.kwargs.get("variables", marker.args[1] if len(marker.args) > 1 else {})
    if path is None:
        raise pytest.UsageError(f"{request.node.nodeid}: @pytest.mark.stack needs the path of a module")
    files = tuple(request.config.rootpath / file for file in marker.kwargs.get("variable_files", ()))
    return StackSpec(request.config.rootpath / path, _run(request.config).named(variables), files)


@contextmanager
def _told_in_words() -> Iterator[None]:
    """What tfproof raises has its whole story in its text; a traceback through its insides would bury it."""
    from tfproof.errors import TfproofError  # noqa: PLC0415

    try:
        yield
    except TfproofError as error:
        # From None: pytest would tell the same story twice, as cause and as failure.
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def terraform(request: pytest.FixtureRequest) -> Terraform:
    """The Terraform or OpenTofu of the run."""
    with _told_in_words():
        return _run(request.config).terraform


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """Where stacks are applied, with boto3 clients: `target.client("s3")`."""
    with _told_in_words():
        return _run(request.config).target


@pytest.fixture(scope="session")
def run_id(request: pytest.FixtureRequest) -> str:
    """Six characters that are this run's alone, in all its processes: what `{run}` in a stack's variables becomes."""
    return _run(request.config).run_id


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of the test's stack, made once for the whole run."""
    with _told_in_words():
        return _run(request.config).plan(_spec(request))


@pytest.fixture
def applied(request: pytest.FixtureRequest) -> Applied:
    """The test's stack, applied once for the whole run: plan, state, outputs, and the live backend."""
    with _told_in_words():
        return _run(request.config).applied(_spec(request))


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """The gateway before the target: credentials of any principal under any policies, calls, settings."""
    from tfproof.gateway.client import Gateway  # noqa: PLC0415

    with _told_in_words():
        return Gateway(_run(request.config).target)


@pytest.fixture
def calls(gateway: Gateway) -> Callable[..., CallLog]:
    """The AWS calls since the test began: `calls()`, or those of one caller: `calls(access_key=key)`.

    Tests that run side by side share a target: tell their calls apart by caller, bucket or table.
    """
    with _told_in_words():
        before = gateway.count()

    def since_then(*, access_key: str = "") -> CallLog:
        with _told_in_words():
            return gateway.calls(since=before, access_key=access_key)

    return since_then


@pytest.fixture
def iam(request: pytest.FixtureRequest) -> Iam:
    """Asks what principals and policies may do: `assert iam.can(role_arn, "s3:GetObject", object_arn)`."""
    from tfproof.proof.identity import Iam  # noqa: PLC0415

    with _told_in_words():
        return Iam(_run(request.config).target)


@pytest.fixture
def replan(request: pytest.FixtureRequest) -> Callable[..., SecondPlan]:
    """Plans the applied stack again.

    `assert replan().is_empty`; with `refresh=False` the target is not asked first.
    """
    run, spec = _run(request.config), _spec(request)

    def again(*, refresh: bool = True) -> SecondPlan:
        with _told_in_words():
            return run.replan(spec, refresh=refresh)

    return again


@pytest.fixture(scope="session")
def workspace_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Workspace]]:
    """Makes workspaces that last for the session, as `workspace` does for one test."""
    yield from _workspaces(_run(request.config), request.config.rootpath, tmp_path_factory.mktemp("workspaces"))


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Makes workspaces of the test's own, initialised and ready to plan.

    `workspace("modules/x", bucket_name="y")` makes one of a module, seen from the root of the tests, with these values
    of its variables. What the test leaves applied is destroyed after it.
    """
    yield from _workspaces(_run(request.config), request.config.rootpath, tmp_path)


def _workspaces(run: Run, root: Path, folder: Path) -> Iterator[Callable[..., Workspace]]:
    made: list[Workspace] = []

    def make(path: str | Path, **variables: Any) -> Workspace:
        made.append(run.workspace(folder / f"workspace-{len(made)}", root / path, variables))
        return made[-1]

    yield make
    for left in made:
        run.clear(left)
