"""The pytest plugin: every stack is applied once and destroyed once, whatever the run does. Counted at the target."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cheap_stack import bucket_calls, left_behind, write_module

TWO_STACKS = """
    import os
    import pytest

    one = pytest.mark.stack("module", {"name": "one"})
    two = pytest.mark.stack("module", {"name": "two"})
    broken = pytest.mark.stack("module", {"name": "three", "fail": True})
"""


class Outer:
    """A run of pytest in a process of its own, with a temporary folder of its own."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.temporary = pytester.path / "tmp"
        self.temporary.mkdir()
        monkeypatch.setenv("TMPDIR", str(self.temporary))
        monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
        write_module(pytester.path / "module")
        pytester.makeini("[pytest]\naddopts = --strict-markers\n")

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess("--tf-keep", *arguments)

    def created(self) -> list[str]:
        return bucket_calls(self.temporary, "CreateBucket")

    def deleted(self) -> list[str]:
        return bucket_calls(self.temporary, "DeleteBucket")


@pytest.fixture
def outer(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Outer:
    return Outer(pytester, monkeypatch)


def test_three_workers_share_two_stacks_and_one_failed_apply(outer: Outer) -> None:
    outer.pytester.makepyfile(
        TWO_STACKS
        + """
    @one
    @pytest.mark.parametrize("number", range(4))
    def test_one(applied, number):
        assert applied.outputs == {"name": "one"}
        assert number != 3, "this test fails on purpose"

    @two
    @pytest.mark.parametrize("number", range(3))
    def test_two(applied, replan, number):
        assert applied.outputs == {"name": "two"}
        assert replan(refresh=number == 0).is_empty

    @broken
    @pytest.mark.parametrize("number", range(3))
    def test_broken(applied, number):
        pass
    """
    )

    result = outer.run("-n", "3")

    result.assert_outcomes(passed=6, failed=1, errors=3)
    assert outer.created() == ["one", "three", "two"]
    assert outer.deleted() == ["one", "three", "two"]
    # Told in full once, with the user's own file; in a line to the others.
    # Not in the summary after it, which repeats all of it where CI is set.
    text = result.stdout.str().partition("= ERRORS =")[2].partition("= FAILURES =")[0]
    assert text.count("Error: attaching IAM Policy") == 1
    assert text.count("The first test that asked for it has the whole story.") == 2
    assert "module/main.tf:" in text
    assert left_behind(outer.temporary) == []


def test_stop_at_the_first_failure_and_the_run_after_it_both_clear_up(outer: Outer) -> None:
    outer.pytester.makepyfile(
        TWO_STACKS
        + """
    @one
    def test_fails_at_first(applied):
        assert os.path.exists("second-time")

    @two
    def test_never_reached(applied):
        assert False
    """
    )

    first = outer.run("-x", "-p", "no:xdist")
    (outer.pytester.path / "second-time").touch()
    second = outer.run("--lf", "-p", "no:xdist")

    first.assert_outcomes(failed=1)
    second.assert_outcomes(passed=1)
    assert outer.created() == ["one", "one"]
    assert outer.deleted() == ["one", "one"]
    assert left_behind(outer.temporary) == []


def test_worker_that_dies_takes_no_stack_with_it(outer: Outer) -> None:
    outer.pytester.makepyfile(
        TWO_STACKS
        + """
    @one
    def test_dies(applied):
        os._exit(1)

    @one
    def test_after(applied):
        assert applied.target.client("s3").list_buckets()["Buckets"]

    @two
    def test_other(applied):
        pass
    """
    )

    result = outer.run("-n", "2", "--max-worker-restart", "2")

    result.assert_outcomes(passed=2, failed=1)
    assert outer.created() == ["one", "two"]
    assert outer.deleted() == ["one", "two"]
    assert left_behind(outer.temporary) == []


def test_what_is_left_over_fails_the_run(outer: Outer) -> None:
    outer.pytester.makepyfile(
        TWO_STACKS
        + """
    @one
    def test_leaves_something(applied):
        applied.target.client("s3").create_bucket(Bucket="left-over")
    """
    )

    result = outer.run("-p", "no:xdist")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*stacks were not cleared up*", "*s3 bucket left-over*"])


def test_run_without_stacks_starts_nothing(outer: Outer) -> None:
    outer.pytester.makepyfile("def test_nothing(): pass")

    outer.run("-n", "2").assert_outcomes(passed=1)

    assert list(outer.temporary.glob("tfproof-run-*/target.log")) == []


def test_stack_without_a_marker_is_a_usage_error(outer: Outer) -> None:
    outer.pytester.makepyfile("def test_unmarked(plan): pass")

    result = outer.run("-p", "no:xdist")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_unmarked*has no stack: mark it with @pytest.mark.stack*"])


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"no-such-folder", {"name": "x"}', "is not a folder"),
        ('"module"', "variable='name'*has no default"),
        ('"module", {"nmae": "x", "name": "y"}', "variable='nmae' is not a variable"),
    ],
)
def test_stack_that_cannot_be_meant_says_so(outer: Outer, marker: str, said: str) -> None:
    outer.pytester.makepyfile(f"import pytest\n@pytest.mark.stack({marker})\ndef test_it(plan): pass")

    result = outer.run("-p", "no:xdist")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said}*"])


def test_run_folder_is_removed_unless_it_is_kept(outer: Outer) -> None:
    outer.pytester.makepyfile(TWO_STACKS + "\n    @one\n    def test_plan(plan): pass\n")

    outer.pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)

    assert [path for path in Path(os.environ["TMPDIR"]).iterdir() if path.name.startswith("tfproof")] == []
