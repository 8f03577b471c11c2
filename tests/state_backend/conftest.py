"""The module under test, applied once with its defaults for all of these tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tfproof.backend_use.trial import Bench
    from tfproof.checks import Check, Finding, LiveBackend
    from tfproof.gateway.client import Gateway
    from tfproof.proof.fixtures import Applied
    from tfproof.terraform import Terraform

MODULE = "modules/state-backend"
BUCKET = "tfproof-state-{run}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here is about the module with its defaults, unless it says otherwise."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]) and item.get_closest_marker("stack") is None:
            item.add_marker(pytest.mark.stack(MODULE, {"bucket_name": BUCKET}))


@pytest.fixture
def live(applied: Applied) -> LiveBackend:
    """The backend at the target, with an object in the bucket that was written without naming an encryption."""
    from tfproof.checks.written_object import PROBE_KEY  # noqa: PLC0415

    applied.target.client("s3").put_object(Bucket=applied.live.bucket_name, Key=PROBE_KEY, Body=b"a state")
    return applied.live


@pytest.fixture
def bench(tmp_path: Path, terraform: Terraform, gateway: Gateway, applied: Applied) -> Bench:
    """A bench for trials against the applied stack."""
    from backend_bench import make_bench  # noqa: PLC0415

    return make_bench(tmp_path, terraform, gateway, applied)


@pytest.fixture
def explain(request: pytest.FixtureRequest) -> Callable[[Check, list[Finding]], str]:
    """Findings of a check as `tfproof prove` would tell them, with the lines of the module."""
    from tfproof.proof.proof import CheckResult, Outcome  # noqa: PLC0415
    from tfproof.report.failure import failure_lines  # noqa: PLC0415
    from tfproof.terraform import ModuleSource  # noqa: PLC0415

    source = ModuleSource(request.config.rootpath / MODULE)

    def tell(check: Check, findings: list[Finding]) -> str:
        result = CheckResult(check, tuple(findings), Outcome.FAILED)
        return "\n".join(failure_lines(result, source.locate))

    return tell
