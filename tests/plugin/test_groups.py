"""The ground the suite stands on: tests of one xdist group run in one process, so that they share what they applied."""

from __future__ import annotations

import pytest


def test_group_stays_with_one_worker(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(
        """
        import os, pathlib, pytest

        @pytest.mark.xdist_group("together")
        @pytest.mark.parametrize("number", range(12))
        def test_one(number):
            pathlib.Path(f"ran-by-{os.environ['PYTEST_XDIST_WORKER']}").touch()
        """
    )

    pytester.runpytest_subprocess("-n", "2", "--dist", "loadgroup").assert_outcomes(passed=12)

    assert len(list(pytester.path.glob("ran-by-*"))) == 1
