"""`pytest --pyargs tfproof.suite`: what it is asked, and what it says of a module that is not in order.

That it passes, from an installed wheel and under several workers, is in test_consumer.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tfproof import __version__

MODULE = Path(__file__).parents[2] / "modules" / "state-backend"
BUCKET = ("--module-var", "bucket_name=acme-state")


@pytest.fixture
def vendored(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the module, in a repository of somebody else's."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv("TMPDIR", str(pytester.mkdir("tmp")))
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return Path(shutil.copytree(MODULE, pytester.path / "vendor" / "state-backend"))


def suite(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("--pyargs", "tfproof.suite", *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "tfproof.suite needs a module to prove: --module was not given"),
        (["-n", "2"], "tfproof.suite needs a module to prove: --module was not given"),
        (["--module-var", "a=b"], "tfproof.suite needs a module to prove: --module was not given"),
        (["--module", "nowhere"], "module='nowhere' is not a folder"),
        (["--module", "tmp"], "module='tmp' has no Terraform files"),
        (["--module", "vendor/state-backend"], "variable='bucket_name' of * has no default and was given no value"),
        (["--module", "vendor/state-backend", "--module-var", "bucket_name"], "--module-var 'bucket_name' has no '='"),
        (["--module", "vendor/state-backend", "--module-var", "bucket=x"], "variable='bucket' is not a variable of *"),
        (["--module", "vendor/state-backend", "--module-var-file", "x.tfvars"], "var_file='*x.tfvars' is not a file"),
        (["--module", "vendor/state-backend", *BUCKET, "--output-name", "x=y"], "*tfproof reads no output 'x'*"),
        (["--module", "vendor/state-backend", *BUCKET, "--output-name", "kms_key_arn=y"], "*has no output 'y'*"),
        (["--module", "vendor/state-backend", *BUCKET, "--target", "nowhere"], "*argument --target: invalid choice*"),
    ],
)
@pytest.mark.usefixtures("vendored")
def test_bad_usage_is_said_before_anything_runs(pytester: pytest.Pytester, arguments: list[str], said: str) -> None:
    # In this process, where that is possible: nothing is collected, let alone run.
    result = (
        suite(pytester, *arguments)
        if "-n" in arguments
        else pytester.runpytest_inprocess("--pyargs", "tfproof.suite", *arguments)
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}" if not said.startswith("*") else said])
    assert "Traceback" not in result.stderr.str()


def test_path_to_the_suite_asks_for_a_module_too(pytester: pytest.Pytester, vendored: Path) -> None:
    assert vendored.is_dir()

    result = pytester.runpytest_subprocess(str(MODULE.parents[1] / "src" / "tfproof" / "suite" / "test_checks.py"))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: tfproof.suite needs a module to prove*"])


def test_run_without_the_suite_does_not_ask(pytester: pytest.Pytester, vendored: Path) -> None:
    assert vendored.is_dir()
    pytester.makepyfile("def test_own(): pass")

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_changed_copy_is_reported_and_its_own_line_pointed_at(pytester: pytest.Pytester, vendored: Path) -> None:
    """Planned only: a versioning that was switched off, and an output of another name that was left empty."""
    bucket, outputs = vendored / "bucket.tf", vendored / "outputs.tf"
    bucket.write_text(bucket.read_text(encoding="utf-8").replace('"Enabled"', '"Suspended"', 1), encoding="utf-8")
    text = outputs.read_text(encoding="utf-8").replace('output "backend_config" {', 'output "backend" {')
    outputs.write_text(text.replace("encrypt              = true", "encrypt              = false"), encoding="utf-8")
    line = text.splitlines().index('output "backend" {') + 1

    arguments = ("--module", "vendor/state-backend", *BUCKET, "--output-name", "backend_config=backend")
    result = suite(pytester, *arguments, "-k", "test_planned and (bucket or backend)")

    result.stdout.fnmatch_lines(
        [
            "tfproof: proves vendor/state-backend",
            f"module: differs from tfproof {__version__} in bucket.tf, outputs.tf (changed)",
        ]
    )
    outcomes = result.parseoutcomes()
    said = result.stdout.str()
    assert (outcomes["failed"], outcomes["passed"]) == (2, 6)
    assert '+ planned   "Suspended"' in said
    assert f"vendor/state-backend/outputs.tf:{line + 2}  output.backend" in said
    assert "value.encrypt" in said
