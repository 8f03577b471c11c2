"""Plan files as Terraform writes them, and at night what every Terraform of the matrix writes of both examples."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfproof import cli
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.command import run
from tfproof.terraform.environment import base_environment

CONFIGURATION = """
resource "terraform_data" "one" {
  input = "a value"
}
variable "secret" {
  default   = "correct horse battery"
  sensitive = true
}
output "secret" {
  value     = var.secret
  sensitive = true
}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan file, its JSON, a state, and the state's JSON."""
    folder, home = tmp_path_factory.mktemp("plan"), tmp_path_factory.mktemp("home")
    (folder / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    path, environment = find_terraform().path, base_environment(home)

    def terraform(*arguments: str) -> str:
        return run(path, arguments, cwd=folder, environment=environment).stdout

    terraform("init", "-no-color")
    terraform("plan", "-no-color", "-out", "plan.tfplan")
    (folder / "plan.json").write_text(terraform("show", "-json", "plan.tfplan"), encoding="utf-8")
    terraform("apply", "-no-color", "plan.tfplan")
    (folder / "state.json").write_text(terraform("show", "-json"), encoding="utf-8")
    return folder


def audited(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["audit", "--format", "json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_plan_file_is_shown_with_the_providers_of_its_folder(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_file = audited(capsys, str(made / "plan.tfplan"))
    of_json = audited(capsys, str(made / "plan.json"))

    assert of_file["inputs"][0]["kind"] == "plan"
    assert of_file["inputs"][0]["facts"] == of_json["inputs"][0]["facts"]
    assert of_file["inputs"][0]["facts"]["changes"] == 1


def test_a_plan_file_elsewhere_is_shown_with_the_folder_that_is_named(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "a plan by any name"
    moved.write_bytes((made / "plan.tfplan").read_bytes())

    assert audited(capsys, str(moved), "--source", str(made))["inputs"][0]["facts"]["changes"] == 1


def test_a_plan_file_that_is_cut_is_an_error_without_its_content(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = made / "cut.tfplan"
    cut.write_bytes((made / "plan.tfplan").read_bytes()[:900])

    assert cli.main(["audit", str(cut)]) == 2
    said = capsys.readouterr().err
    assert f"{cut}: Terraform cannot show this plan file" in said
    assert "correct horse" not in said
    cut.unlink()


def test_a_folder_is_audited_with_all_that_is_in_it(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {Path(item["name"]).name: item["kind"] for item in audited(capsys, str(made))["inputs"]}

    assert kinds == {
        "plan.json": "plan",
        "plan.tfplan": "plan",
        "state.json": "state, as shown",
        "terraform.tfstate": "state",
    }


# -- at night ----------------------------------------------------------------------------------------------------------

VERSIONS = sorted(file.stem for file in (Path(__file__).parents[2] / "requirements" / "matrix").glob("*.txt"))
EXAMPLES = {"minimal": ("--var", "bucket_name=tfproof-minimal"), "complete": ()}


@pytest.mark.skipif(not os.environ.get("TFPROOF_NIGHTLY"), reason="at night: an apply for each Terraform and example")
@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("version", VERSIONS)
def test_plans_and_states_of_every_terraform_are_audited(
    version: str, example: str, tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    from matrix import _program  # noqa: PLC0415

    program = _program(version, tmp_path)
    module = pytestconfig.rootpath / "modules" / "state-backend" / "examples" / example
    command = [sys.executable, "-m", "tfproof.cli", "prove", str(module), *EXAMPLES[example]]
    command += ["--terraform", program, "--keep", "--depth", "none"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    kept = re.search(r"kept in +(\S+)", done.stdout)
    assert kept is not None, done.stderr
    folder = Path(kept.group(1))
    (root,) = {path.parent for path in folder.rglob("terraform.tfstate.backup")}
    (plan,) = folder.rglob("plan.tfplan")

    of_plan = audited(capsys, str(plan), "--source", str(root), "--terraform", program)
    of_state = audited(capsys, str(root / "terraform.tfstate.backup"))

    for found in (of_plan, of_state):
        (document,) = found["inputs"]
        assert document["facts"]["terraform"] == version
        assert [item["bucket"] for item in document["facts"]["backends"]] == [
            "module.state_backend.aws_s3_bucket.tf_state"
        ]
    assert {check["outcome"] for check in of_state["checks"]} == {"passed"}
