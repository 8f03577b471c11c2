"""LocalStack that goes away in the middle of a run, and runs that do: what is told, what stays, what gc finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from budget import at_night
from cheap_stack import left_behind, write_module
from localstack_process import serving_localstack

from tfproof.proof.run_folder import MANIFEST
from tfproof.targets.clients import make_client
from tfproof.targets.leftovers import find_leftovers
from tfproof.targets.localstack.host import LocalStackHost

pytestmark = [pytest.mark.localstack_host, pytest.mark.xdist_group("localstack")]

# The key takes the provider seconds: time enough to be in the middle of something.
MODULE = """
data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "first" {
  bucket = "first-${data.aws_caller_identity.current.account_id}"
}
resource "aws_kms_key" "slow" {
  enable_key_rotation = true
}
resource "aws_dynamodb_table" "protected" {
  name                        = "locks"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "LockID"
  deletion_protection_enabled = true
  depends_on                  = [aws_s3_bucket.first]
  attribute {
    name = "LockID"
    type = "S"
  }
}
"""
# The call that shows a run to be in the middle of a step.
MIDDLE_OF = {"plan": "GetCallerIdentity", "apply": "CreateBucket", "destroy": "ScheduleKeyDeletion"}


class Outer:
    """`tfproof` in processes of its own, with a folder for temporary files of its own."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.temporary = folder / "t"
        self.temporary.mkdir()
        self.module = write_module(folder / "module", MODULE)
        self.endpoint = endpoint

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tfproof.cli", *arguments],
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def prove(self) -> subprocess.Popen[str]:
        where = ("--target", "localstack", "--endpoint-url", self.endpoint)
        return self.start("prove", str(self.module), *where)

    def collect(self, *arguments: str) -> str:
        done = self.start("gc", *arguments)
        output, errors = done.communicate(timeout=120)
        assert (done.returncode, errors) == (0, "")
        return output

    def folders(self) -> list[Path]:
        return [path.parent for path in self.temporary.glob(f"tfproof-run-*/{MANIFEST}")]

    def wait_for(self, operation: str) -> None:
        """Until the log of the run's gateway shows a call."""
        for _ in range(2400):
            for log in self.temporary.glob("tfproof-run-*/calls.jsonl"):
                if f'"operation":"{operation}"' in log.read_text(encoding="utf-8"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"{operation} was never called")

    def account(self) -> str:
        (folder,) = self.folders()
        target = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["target"]
        assert target["upstream"] == self.endpoint
        return str(target["account_id"])

    def leftovers(self, account: str) -> list[str]:
        return find_leftovers(
            lambda service: make_client(
                service, endpoint=self.endpoint, region="us-east-1", access_key=account, secret_key=account
            )
        )


@pytest.fixture
def localstack(tmp_path: Path) -> Iterator[LocalStackHost]:
    (tmp_path / "localstack").mkdir()
    with serving_localstack(tmp_path / "localstack") as host:
        yield host


@pytest.mark.parametrize("step", ["apply", "destroy", "plan"][: at_night(3, 1)])
def test_killed_localstack_is_told_and_gc_finishes_when_it_is_back(
    step: str, tmp_path: Path, localstack: LocalStackHost
) -> None:
    outer = Outer(tmp_path, localstack.endpoint)
    run = outer.prove()
    outer.wait_for(MIDDLE_OF[step])

    os.kill(localstack.process_ids[-1], signal.SIGKILL)
    _, errors = run.communicate(timeout=120)

    assert run.returncode == 3, errors
    assert "Traceback" not in errors
    assert "stopped answering" in errors
    assert "`tfproof gc` deletes it when it is back" in errors
    assert left_behind(outer.temporary) == []
    (folder,) = outer.folders()
    said = outer.collect()
    assert f"what it made is still at {localstack.endpoint}" in said
    assert outer.folders() == [folder]

    (tmp_path / "again").mkdir()
    with serving_localstack(tmp_path / "again", port=int(localstack.endpoint.rpartition(":")[2])):
        said = outer.collect()

    assert said.splitlines()[-1] == f"{folder}: removed"
    assert outer.folders() == []


def test_what_a_killed_run_made_is_deleted_by_gc_and_nothing_else(tmp_path: Path, localstack: LocalStackHost) -> None:
    outer = Outer(tmp_path, localstack.endpoint)
    stranger = make_client(
        "s3",
        endpoint=localstack.endpoint,
        region="us-east-1",
        access_key="210987654321",
        secret_key="x",  # noqa: S106  # opens an emulator
    )
    stranger.create_bucket(Bucket="of-somebody-else")
    run = outer.prove()
    outer.wait_for("EnableKeyRotation")
    outer.wait_for("CreateTable")

    run.kill()
    run.communicate()
    account = outer.account()
    left = outer.leftovers(account)

    assert [" ".join(name.split()[:2]) for name in left] == ["dynamodb table", "kms key", "s3 bucket"]
    assert f"would delete what is left of it at {localstack.endpoint}" in outer.collect("--dry-run")
    assert outer.leftovers(account) == left
    said = outer.collect()
    assert f"deleted s3 bucket first-{account}" in said
    assert outer.leftovers(account) == []
    assert outer.folders() == []
    assert left_behind(outer.temporary) == []
    assert [bucket["Name"] for bucket in stranger.list_buckets()["Buckets"]] == ["of-somebody-else"]


@pytest.mark.parametrize("seconds", [5.0, 2.0, 12.0][: at_night(3, 1)])
def test_ctrl_c_while_localstack_starts_or_terraform_runs_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    outer = Outer(tmp_path, "")
    run = outer.start("prove", str(outer.module), "--target", "localstack-host")
    time.sleep(seconds)

    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=120)

    assert run.returncode == 130, errors
    assert "everything that was started has been ended" in errors
    assert outer.folders() == []
    assert left_behind(outer.temporary) == []


def test_run_that_is_killed_takes_its_own_localstack_with_it(tmp_path: Path) -> None:
    outer = Outer(tmp_path, "")
    run = outer.start("prove", str(outer.module), "--target", "localstack-host")
    outer.wait_for("CreateBucket")

    run.kill()
    run.communicate()
    said = outer.collect()

    assert "deleted" not in said  # it has gone with LocalStack
    assert outer.folders() == []
    assert left_behind(outer.temporary) == []


def test_run_that_fails_gives_back_what_it_made(tmp_path: Path, localstack: LocalStackHost) -> None:
    outer = Outer(tmp_path, localstack.endpoint)
    write_module(
        outer.module,
        MODULE + 'resource "aws_s3_object" "fails" {\n  bucket = "there-is-none"\n  key = "x"\n  content = "x"\n'
        "  depends_on = [aws_dynamodb_table.protected]\n}\n",
    )
    run = outer.prove()
    outer.wait_for("CreateTable")
    account = outer.account()

    _, errors = run.communicate(timeout=120)

    assert run.returncode == 3
    assert "NoSuchBucket" in errors
    assert outer.leftovers(account) == []
    assert outer.folders() == []
