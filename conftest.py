"""Settings of every test run of this repository."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A machine's speed is no property of the code: no deadlines. `nightly` looks ten times as far.
settings.register_profile("ci", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("ci"), max_examples=1000)
settings.load_profile(os.environ.get("TFPROOF_HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Registers what the tests of this repository are marked with."""
    for marker in (
        "localstack_host: starts a LocalStack of its own; runs with --target localstack-host only",
        "emulator_gap(target, what, aws, version, thread='', instead='', mended=False): a target does not do what AWS "
        "does. The test says what AWS does, must fail there, and fails the run when it no longer does. `mended` is for "
        "a gap that is closed on our side. docs/targets.md is made of these",
    ):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what needs an installed LocalStack unless the run is about one, and expects the gaps of the target."""
    target = config.getoption("--target")
    if target != "localstack-host":
        left_out = [item for item in items if item.get_closest_marker("localstack_host")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        for marker in item.iter_markers("emulator_gap"):
            gap = marker.kwargs
            if gap["target"] == target.removesuffix("-host") and not gap.get("mended"):
                # Strict: a gap that has been closed fails the run, so that its line in docs/targets.md goes.
                reason = f"gap of {gap['target']} {gap['version']}: {gap['what']}"
                # Only an assertion counts: a test that breaks down shows no gap.
                item.add_marker(
                    pytest.mark.xfail(strict=True, reason=reason, raises=(AssertionError, pytest.fail.Exception))
                )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Puts SIGTERM's handler back after every test: the command sets its own for as long as its process lives."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        return (yield)
    finally:
        signal.signal(signal.SIGTERM, before)


# A shell lets what it starts in the background ignore Ctrl-C, and everything that is started from there does too. Tests
# of what Ctrl-C does would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
