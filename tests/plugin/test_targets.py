"""Which target a pytest run is made against, and names that no other run has."""

from __future__ import annotations

from pathlib import Path

import pytest
from cheap_stack import bucket_calls, write_module

NAMED = """
import pytest

pytestmark = pytest.mark.stack("module", {"name": "states-{run}"})


@pytest.mark.parametrize("number", range(4))
def test_name_carries_the_runs_id(applied, run_id, number):
    assert len(run_id) == 6
    assert applied.outputs["name"] == f"states-{run_id}"


def test_workspaces_of_a_test_do_too(workspace, run_id):
    plan = workspace("module", name="other-{run}")
    plan.plan()
    assert plan.show()["aws_s3_bucket.this"].at("bucket") == f"other-{run_id}"
"""


@pytest.fixture
def outer(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    (pytester.path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(pytester.path / "tmp"))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("LOCALSTACK_HOST", raising=False)
    write_module(pytester.path / "module")
    pytester.makeini("[pytest]\naddopts = --strict-markers\n")
    return pytester


def test_names_of_a_run_are_the_same_in_all_its_processes(outer: pytest.Pytester) -> None:
    outer.makepyfile(NAMED)

    outer.runpytest_subprocess("-n", "2", "--tf-keep").assert_outcomes(passed=5)

    (name,) = bucket_calls(Path(outer.path / "tmp"), "CreateBucket")
    assert name.startswith("states-")


def test_no_two_runs_have_one_id(outer: pytest.Pytester) -> None:
    outer.makepyfile("def test_it(run_id):\n    with open('ids', 'a') as ids:\n        print(run_id, file=ids)\n")

    for _ in range(2):
        outer.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)

    assert len(set((outer.path / "ids").read_text(encoding="utf-8").split())) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--endpoint-url", "http://127.0.0.1:4566"], "target='embedded' is started for the run"),
        (["--target", "localstack-host", "--endpoint-url", "http://127.0.0.1:1"], "is started for the run"),
        (["--target", "localstack", "--endpoint-url", "http://192.0.2.1:4566"], "is not on this machine"),
        (["--target", "localstack", "--endpoint-url", "http://localhost.localstack.cloud:4566"], "not on this machine"),
    ],
)
def test_targets_that_cannot_be_meant_are_refused(arguments: list[str], said: str, outer: pytest.Pytester) -> None:
    outer.makepyfile("def test_it(target): pass\n")

    result = outer.runpytest_subprocess("-p", "no:xdist", *arguments)

    result.stdout.fnmatch_lines([f"*{said}*"])
    assert result.ret != pytest.ExitCode.OK
    assert list((outer.path / "tmp").glob("tfproof-run-*")) == []


def test_localstack_that_is_not_there_is_told_with_what_to_do(
    outer: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer.makeconftest(
        """
        from tfproof.targets.localstack import health, target

        target.await_health = lambda endpoint, **named: health.await_health(endpoint, **{**named, "seconds": 0.0})
        """
    )
    monkeypatch.setenv("LOCALSTACK_HOST", "127.0.0.1:1")
    outer.makepyfile("def test_it(target): pass\n")

    result = outer.runpytest_subprocess("-p", "no:xdist", "--target", "localstack")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*LocalStack at http://127.0.0.1:1 was not ready*", "*docker compose up*"])
    assert list((outer.path / "tmp").glob("tfproof-run-*")) == []


def test_localstack_host_that_cannot_be_read_is_told(outer: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALSTACK_HOST", "127.0.0.1:port")
    outer.makepyfile("def test_it(target): pass\n")

    result = outer.runpytest_subprocess("-p", "no:xdist", "--target", "localstack")

    result.stdout.fnmatch_lines(["*LOCALSTACK_HOST='127.0.0.1:port'*"])
