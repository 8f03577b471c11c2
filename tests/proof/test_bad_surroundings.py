"""What is missing, unfit, or goes away in the middle: a clear error that names the thing, the value and the remedy."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from cheap_stack import left_behind, write_module

from tfproof.errors import EnvironmentProblem, TargetError, TfproofError, UsageError
from tfproof.proof.providers import Providers
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.terraform import (
    ProviderSource,
    Terraform,
    TerraformError,
    Workspace,
    find_provider_source,
    find_terraform,
)

NEEDS_AWS = 'resource "aws_s3_bucket" "b" {\n  bucket = "some-bucket"\n}\n'
SLOW = """
resource "aws_s3_bucket" "first" {
  bucket = "first"
}
resource "aws_kms_key" "slow" {
  enable_key_rotation = true
}
resource "aws_s3_bucket" "after" {
  bucket     = "after"
  depends_on = [aws_kms_key.slow]
}
"""


def run_prove(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    temporary = tmp_path / "tmp"
    temporary.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name != "TFPROOF_PROVIDER_MIRROR"}
    done = subprocess.run(
        [sys.executable, "-m", "tfproof.cli", "prove", *arguments],
        env={**inherited, "TMPDIR": str(temporary), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert left_behind(temporary) == []
    assert [path.name for path in temporary.iterdir() if path.name.startswith("tfproof")] == []
    return done


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return write_module(tmp_path / "module", NEEDS_AWS)


def test_no_terraform_at_all(tmp_path: Path, module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the carried one as well: the interpreter's neighbours are looked at, so another neighbourhood is named.
    monkeypatch.setattr("tfproof.terraform.binary.bundled_program", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EnvironmentProblem, match="neither terraform nor tofu") as caught:
        find_terraform()

    assert "--terraform PATH" in caught.value.remedy
    assert caught.value.exit_code == 3
    assert module.is_dir()


def test_terraform_that_is_too_old(tmp_path: Path, module: Path) -> None:
    old = program(tmp_path / "terraform", """echo '{"terraform_version": "1.5.7"}'""")

    done = run_prove(tmp_path, str(module), "--terraform", str(old))

    assert done.returncode == 3
    assert "terraform 1.5.7" in done.stderr
    assert "1.9 or newer" in done.stderr


def test_terraform_that_is_not_executable(tmp_path: Path, module: Path) -> None:
    (tmp_path / "terraform").write_text("not a program", encoding="utf-8")

    done = run_prove(tmp_path, str(module), "--terraform", str(tmp_path / "terraform"))

    assert done.returncode == 3
    assert "is not executable" in done.stderr
    assert "chmod +x" in done.stderr


def test_terraform_that_is_something_else(tmp_path: Path, module: Path) -> None:
    done = run_prove(tmp_path, str(module), "--terraform", str(program(tmp_path / "terraform", "echo hello")))

    assert done.returncode == 3
    assert "does not answer `version -json` as Terraform does" in done.stderr


def test_terraform_that_does_not_exist(tmp_path: Path, module: Path) -> None:
    done = run_prove(tmp_path, str(module), "--terraform", str(tmp_path / "no-terraform"))

    assert done.returncode == 2
    assert "is not a file" in done.stderr


def test_mirror_without_the_provider(tmp_path: Path, module: Path) -> None:
    (tmp_path / "mirror/registry.terraform.io/hashicorp/random/3.0.0/linux_amd64").mkdir(parents=True)

    # Nothing of the registry can be reached either: a proxy that does not listen stands before it.
    done = run_prove(
        tmp_path, str(module), "--provider-mirror", str(tmp_path / "mirror"), HTTPS_PROXY="http://127.0.0.1:9"
    )

    assert done.returncode == 3
    assert "hashicorp/aws" in done.stderr
    assert "--provider-mirror" in done.stderr


def test_mirror_that_holds_the_provider_in_a_version_that_is_not_wanted(tmp_path: Path) -> None:
    wants = (
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n      version = "99.0.0"\n'
    )
    module = write_module(tmp_path / "module", wants + "    }\n  }\n}\n" + NEEDS_AWS)

    done = run_prove(tmp_path, str(module))

    assert done.returncode == 3
    assert "99.0.0" in done.stderr


@pytest.mark.parametrize("folder", ["no-such-folder", "empty"])
def test_mirror_that_is_none(tmp_path: Path, module: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    done = run_prove(tmp_path, str(module), "--provider-mirror", str(tmp_path / folder))

    assert done.returncode == 2
    assert str(tmp_path / folder) in done.stderr


def test_mirror_that_others_can_write(tmp_path: Path, module: Path) -> None:
    provider = tmp_path / "mirror/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws"
    provider.parent.mkdir(parents=True)
    provider.touch(mode=0o755)
    provider.chmod(0o777)

    done = run_prove(tmp_path, str(module), "--provider-mirror", str(tmp_path / "mirror"))

    assert done.returncode == 3
    assert str(provider) in done.stderr
    assert "chmod go-w" in done.stderr


def test_variable_file_that_is_not_hcl(tmp_path: Path) -> None:
    module = write_module(tmp_path / "module")
    (tmp_path / "bad.tfvars").write_text('name = "x"\n<<< not HCL\n', encoding="utf-8")

    done = run_prove(tmp_path, str(module), "--var-file", str(tmp_path / "bad.tfvars"))

    assert done.returncode == 3
    assert "bad.tfvars" in done.stderr


def test_module_without_the_outputs_is_not_proved_and_says_which(tmp_path: Path) -> None:
    done = run_prove(tmp_path, str(write_module(tmp_path / "module", NEEDS_AWS)))

    assert done.returncode == 1
    for output in ("kms_key_arn", "backend_config", "documented_policy_json"):
        assert f"no output {output}" in done.stdout
    assert "NOT PROVED" in done.stdout


def test_temporary_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc/self")

    with pytest.raises(EnvironmentProblem, match="no run folder can be made") as caught:
        RunFolder()

    assert "TMPDIR" in caught.value.remedy


class Apart:
    """A slow module, planned, with everything it runs on in reach."""

    def __init__(self, tmp_path: Path) -> None:
        self.run_folder = RunFolder()
        self.target = EmbeddedTarget(tmp_path / "target.log")
        self.providers = Providers(self.run_folder)
        self.workspace = Workspace(
            tmp_path / "run",
            write_module(tmp_path / "slow", SLOW),
            terraform=find_terraform(),
            providers=find_provider_source(),
            environment=self.target.environment(),
            watch=self.target.check_alive,
        )
        self.workspace.init()

    def when(self, event_type: str, action: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
        """Does something, once, when an event of this type comes."""
        done = threading.Event()

        def handle(event: dict[str, Any]) -> None:
            if event.get("type") == event_type and not done.is_set():
                done.set()
                threading.Thread(target=action).start()

        return handle

    def terraform_process(self) -> psutil.Process:
        path = str(self.workspace.terraform.path)
        children = psutil.Process().children(recursive=True)
        return next(child for child in children if child.cmdline()[:1] == [path] or path in child.cmdline())

    def stop(self) -> None:
        self.providers.stop()
        self.target.stop()
        self.run_folder.remove()


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Apart]:
    made = Apart(tmp_path)
    yield made
    made.stop()


def test_target_that_goes_down_in_mid_plan(apart: Apart) -> None:
    threading.Timer(0.3, apart.target.stop).start()
    apart.target.client("sts").get_caller_identity()
    os.kill(apart.target.process_id, signal.SIGSTOP)  # it takes calls and answers none, and then is gone
    threading.Timer(1.0, lambda: os.kill(apart.target.process_id, signal.SIGCONT)).start()

    with pytest.raises(TargetError, match=r"moto.* stopped answering") as caught:
        apart.workspace.plan()

    assert "target.log" in caught.value.remedy


def test_target_that_goes_down_in_mid_apply(apart: Apart) -> None:
    apart.workspace.plan()

    with pytest.raises(TargetError, match=r"moto.* stopped answering"):
        apart.workspace.apply(on_event=apart.when("apply_complete", apart.target.stop))

    assert "aws_s3_bucket.first" in [resource.address for resource in apart.workspace.state().managed]


def test_state_can_be_read_without_the_target(tmp_path: Path, module: Path) -> None:
    def gone() -> None:
        raise TargetError("the target is gone")

    slow = Terraform(program(tmp_path / "terraform", "sleep 1.5"), "1.11.4", is_tofu=False)
    source = ProviderSource(None, "no provider is needed")
    workspace = Workspace(tmp_path / "run", module, terraform=slow, providers=source, environment={}, watch=gone)

    assert list(workspace.state().managed) == []
    with pytest.raises(TargetError, match="the target is gone"):
        workspace.plan()


def test_terraform_that_is_killed_in_mid_apply(apart: Apart) -> None:
    apart.workspace.plan()

    with pytest.raises(TerraformError, match="was ended by SIGKILL"):
        apart.workspace.apply(on_event=apart.when("apply_complete", lambda: apart.terraform_process().kill()))

    # Its provider went with it: nothing of a command outlives it.
    time.sleep(0.2)
    providers = [
        child for child in psutil.Process().children(recursive=True) if "provider" in " ".join(child.cmdline())
    ]
    assert providers == []


def test_provider_process_that_is_killed(apart: Apart) -> None:
    assert apart.providers.serve(apart.workspace)
    apart.workspace.plan()
    (process_id,) = apart.providers.process_ids()

    with pytest.raises(TerraformError) as caught:
        apart.workspace.apply(on_event=apart.when("apply_complete", lambda: os.kill(process_id, signal.SIGKILL)))
    assert caught.value.diagnostics

    # The next command gets a new one.
    assert apart.providers.serve(apart.workspace)
    assert apart.providers.process_ids() != [process_id]
    assert apart.workspace.plan().exit_code == 2


def test_disk_that_is_full_in_the_run_folder(apart: Apart) -> None:
    # Terraform notes in this file who holds the lock on the state; writing it fails as on a full disk.
    (apart.workspace.root / ".terraform.tfstate.lock.info").symlink_to("/dev/full")

    with pytest.raises(TerraformError) as caught:
        apart.workspace.plan()

    assert "no space left on device" in str(caught.value)
    assert "TMPDIR" in caught.value.remedy


def test_plan_file_that_could_not_be_written(apart: Apart) -> None:
    apart.workspace.plan_file().symlink_to("/dev/full")  # Terraform itself exits with 2 here, as if all were well

    with pytest.raises(TfproofError, match=r"exited with 2 and wrote no plan to .*plan\.tfplan"):
        apart.workspace.plan()


def test_endpoint_that_is_not_on_this_machine(tmp_path: Path, module: Path) -> None:
    with pytest.raises(UsageError, match=r"endpoint='http://192.0.2.1:4566' is not on this machine"):
        Workspace(
            tmp_path / "run",
            module,
            terraform=find_terraform(),
            providers=find_provider_source(),
            environment={"AWS_ENDPOINT_URL": "http://192.0.2.1:4566"},
        )
    assert not (tmp_path / "run").exists()
