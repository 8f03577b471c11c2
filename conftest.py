"""Settings of every test run of this repository."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A machine's speed is no property of the code: no deadlines. `nightly` looks ten times as far.
settings.register_profile("ci", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("ci"), max_examples=1000)
settings.load_profile(os.environ.get("TFPROOF_HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Registers what the tests of this repository are marked with."""
    config.addinivalue_line(
        "markers", "localstack_host: starts a LocalStack of its own; runs with --target localstack-host only"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what needs an installed LocalStack, unless that is what the run is about."""
    if config.getoption("--target") != "localstack-host":
        left_out = [item for item in items if item.get_closest_marker("localstack_host")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
