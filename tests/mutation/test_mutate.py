"""`tfproof mutate` on modules that are easy, odd or broken."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from budget import at_night

BUCKET = """
resource "aws_s3_bucket" "states" {
  bucket = "mutated-states"
}
resource "aws_s3_bucket_versioning" "states" {
  bucket = aws_s3_bucket.states.bucket
  versioning_configuration {
    status = "Enabled"
  }
  lifecycle {
    prevent_destroy = false
    precondition {
      condition     = aws_s3_bucket.states.bucket == "mutated-states"
      error_message = "Another bucket."
    }
  }
}
"""


def start(module: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "tfproof.cli", "mutate", str(module), *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(module: Path, folder: Path, *options: str) -> tuple[int, str, str]:
    process = start(module, folder, *options)
    said, errors = process.communicate(timeout=600)
    return process.returncode, said, errors


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return folder


def report(folder: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {entry["id"].partition(" ")[2]: entry for entry in document["mutants"]}


def test_module_without_outputs_is_reported_honestly_and_from_the_cache_the_second_time(tmp_path: Path) -> None:
    module = write(tmp_path / "module", BUCKET)
    options = ("--report", str(tmp_path / "report.json"), "--deepest", "plan")

    code, said, errors = run(module, tmp_path, *options)

    assert code == 1, errors
    found = report(tmp_path)
    path = "aws_s3_bucket_versioning.states versioning_configuration.status"
    suspended = found[f'{path}: change-enum: "Enabled" -> "Suspended"']
    assert (suspended["outcome"], suspended["layer"], suspended["by"]) == ("killed", "plan", ["bucket-versioning"])
    assert found["aws_s3_bucket_versioning.states itself: delete-resource: without aws_s3_bucket_versioning.states"][
        "by"
    ] == ["bucket-versioning"]
    assert found["aws_s3_bucket.states itself: delete-resource: without aws_s3_bucket.states"]["outcome"] == "invalid"
    assert found["aws_s3_bucket.states bucket: delete-attribute: without bucket"]["outcome"] == "survived"
    assert "SURVIVED  main.tf:3" in said
    # Plans with `prevent_destroy` are the same; what it is for is not.
    guarded = found["aws_s3_bucket_versioning.states lifecycle.prevent_destroy: flip-boolean: false -> true"]
    assert guarded["outcome"] == "survived"
    refusing = next(entry for name, entry in found.items() if "change-logic" in name)
    assert (refusing["outcome"], refusing["by"]) == ("killed", ["refuses what a case gives"])
    # What fails on the module itself is no merit of a mutant's.
    assert "fails on the module itself" in said

    started = time.monotonic()
    again, said_again, errors_again = run(module, tmp_path, *options)
    assert again == code
    assert [line for line in said_again.splitlines() if "SURVIVED" in line] == [
        line for line in said.splitlines() if "SURVIVED" in line
    ]
    assert "known from an earlier run" in errors_again
    assert "fails on the module itself" in said_again
    assert time.monotonic() - started < 20
    assert list((tmp_path / "tmp").iterdir()) == []


def test_values_that_are_given_must_be_accepted(tmp_path: Path) -> None:
    rule = 'condition = var.a != ""\n    error_message = "No."'
    text = f'variable "a" {{\n  type = string\n  validation {{\n    {rule}\n  }}\n}}\n'
    module = write(tmp_path / "module", text)
    options = ("--var", "a=b", "--deepest", "variables", "--report", str(tmp_path / "report.json"))

    code, _, errors = run(module, tmp_path, *options)

    assert code == 1, errors
    outcomes = {name.partition(": ")[2]: entry["outcome"] for name, entry in report(tmp_path).items()}
    assert outcomes['change-logic: var.a != "": != -> =='] == "killed"
    assert outcomes['drop-validation: without validation var.a != ""'] == "survived"


def test_module_that_no_check_knows_is_refused(tmp_path: Path) -> None:
    module = write(tmp_path / "module", 'resource "terraform_data" "x" {\n  input = true\n}\n')

    code, _, errors = run(module, tmp_path)

    assert code == 3
    assert "no check passes on" in errors
    assert "Traceback" not in errors
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        ('resource "a" "b" {\n  x = = 1\n}\n', (), 3, "main.tf:2: this file does not parse"),
        (BUCKET, ("--only", "nothing like it"), 2, "is found in no mutant's id"),
        (BUCKET, ("--only", "("), 2, "is no regular expression"),
        (BUCKET, ("--sample", "0"), 2, "is not 1 or more"),
        (BUCKET, ("--cases", "nowhere.toml"), 2, "cannot be read"),
        (BUCKET, ("--accepted", "nowhere.toml"), 2, "cannot be read"),
        ('variable "a" {\n  type = string\n}\n' + BUCKET, (), 2, "'a'"),
        ("# nothing\n", (), 2, "nothing that could be mutated"),
    ],
)
def test_what_cannot_be_meant_is_said(
    tmp_path: Path, text: str, options: tuple[str, ...], code: int, said: str
) -> None:
    found, _, errors = run(write(tmp_path / "module", text), tmp_path, *options)

    assert found == code, errors
    assert said in errors
    assert "Traceback" not in errors


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    module = write(tmp_path / "module", BUCKET)
    process = start(module, tmp_path, "--deepest", "plan")
    assert process.stderr is not None
    for line in process.stderr:
        if "applied once" in line:
            break
    time.sleep(3)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert "everything that was started has been ended" in errors
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list((tmp_path / "cache").rglob("*.jsonl"))


@pytest.mark.skipif(at_night(nightly=0, otherwise=1) == 1, reason="a module of 500 resources is for the night")
def test_module_of_500_resources_is_planned_one_by_one(tmp_path: Path) -> None:
    many = 'resource "terraform_data" "many" {\n  count = 500\n  input = count.index\n}\n'
    module = write(tmp_path / "module", BUCKET + many)

    code, said, errors = run(module, tmp_path, "--only", "versioning_configuration", "--deepest", "plan")

    assert code == 0, errors
    assert "| **all** |" in said
