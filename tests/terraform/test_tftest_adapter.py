"""tftest's users keep their tests, and lose tftest's defects.

Each test named `..._as_tftest_does_not` shows a defect that was reproduced in tftest 1.8 and is gone here.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tftest

from tfproof.terraform import ProviderSource, Terraform, TerraformError, Workspace, find_terraform

CONFIGURATION = """
variable "name" {
  type    = string
  default = "default"
}
variable "flag" {
  type    = bool
  default = false
}
variable "secret" {
  type      = string
  default   = ""
  sensitive = true
}
resource "terraform_data" "root" {
  input = var.name
}
output "name" {
  value = terraform_data.root.output
}
output "kinds" {
  value = { name = var.name, flag = var.flag }
}
"""
NO_PROVIDERS = ProviderSource(None, "none is needed")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, module: Path) -> Workspace:
    made = Workspace(tmp_path / "run", module, terraform=find_terraform(), providers=NO_PROVIDERS, environment={})
    made.init()
    return made


@pytest.fixture
def pretending(tmp_path: Path, module: Path) -> Callable[[str], Workspace]:
    """A workspace whose Terraform is a shell script: what is tested is what we make of its end."""

    def make(script: str) -> Workspace:
        program = tmp_path / "terraform"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        terraform = Terraform(program, "1.11.4")
        return Workspace(tmp_path / "run", module, terraform=terraform, providers=NO_PROVIDERS, environment={})

    return make


def test_answers_with_tftests_own_classes(workspace: Workspace) -> None:
    adapter = workspace.as_tftest()

    plan = adapter.plan(tf_vars={"name": "given"}, output=True)
    assert isinstance(plan, tftest.TerraformPlanOutput)
    assert plan.resources["terraform_data.root"]["values"]["input"] == "given"
    assert "terraform_data.root will be created" in adapter.plan()
    assert "Apply complete" in adapter.apply(tf_vars={"name": "given"})
    assert adapter.output("name") == "given"
    outputs = adapter.output()
    assert isinstance(outputs, tftest.TerraformValueDict)
    assert outputs["name"] == "given"
    assert isinstance(adapter.state_pull(), tftest.TerraformState)
    assert "Destroy complete" in adapter.destroy()
    assert not workspace.state().managed


def test_signal_is_an_error_as_tftest_does_not(pretending: Callable[[str], Workspace]) -> None:
    with pytest.raises(TerraformError, match="SIGKILL"):
        pretending("kill -9 $$").as_tftest().apply()


@pytest.mark.parametrize("code", [2, 3, 127])
def test_any_exit_code_is_an_error_as_tftest_does_not(pretending: Callable[[str], Workspace], code: int) -> None:
    with pytest.raises(TerraformError, match=f"exited with {code}"):
        pretending(f"exit {code}").as_tftest().apply()


def test_megabytes_on_stderr_do_not_block_as_tftest_does_not(pretending: Callable[[str], Workspace]) -> None:
    script = "head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; echo done"

    assert pretending(script).as_tftest().apply() == "done\n"


def test_variables_keep_their_types_as_tftest_does_not(workspace: Workspace) -> None:
    adapter = workspace.as_tftest()
    adapter.apply(tf_vars={"name": None, "flag": True})

    # None is Terraform's null; tftest gives it the string "None".
    assert adapter.output("kinds") == {"name": None, "flag": True}


def test_plan_file_does_not_stay_as_tftest_does_not(workspace: Workspace) -> None:
    before = set(workspace.folder.iterdir())

    workspace.as_tftest().plan(tf_vars={"secret": "canary"}, output=True)

    left = {path for path in workspace.folder.iterdir() if path not in before and path.suffix == ".tfplan"}
    assert left == set()


def test_variables_are_never_logged_as_tftest_does_not(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        workspace.as_tftest().apply(tf_vars={"secret": "canary-in-clear"})

    said = capfd.readouterr()
    assert "canary-in-clear" not in caplog.text + said.out + said.err


def test_nothing_deletes_the_state_as_tftest_does_not(workspace: Workspace) -> None:
    adapter = workspace.as_tftest()
    adapter.apply()
    state = workspace.root / "terraform.tfstate"

    del adapter

    assert json.loads(state.read_text(encoding="utf-8"))["resources"]


def test_users_folder_is_left_alone_as_tftest_does_not(workspace: Workspace, module: Path) -> None:
    before = {path.name: path.read_bytes() for path in module.iterdir()}
    adapter = workspace.as_tftest()
    adapter.apply()
    adapter.destroy()

    assert {path.name: path.read_bytes() for path in module.iterdir()} == before


def test_destroy_really_destroys_each_time_as_a_cached_one_does_not(workspace: Workspace) -> None:
    adapter = workspace.as_tftest()
    for _ in range(2):
        adapter.apply()
        assert workspace.state().managed
        adapter.destroy()
        assert not workspace.state().managed


def test_callers_environment_does_not_reach_terraform(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_LOG", "trace")
    monkeypatch.setenv("TF_VAR_name", "from-outside")
    environment: dict[str, Any] = workspace.environment

    assert "TF_LOG" not in environment
    assert not [name for name in environment if name.startswith("TF_VAR_")]
    assert os.environ["TF_LOG"] == "trace"
