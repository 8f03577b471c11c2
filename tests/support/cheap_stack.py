"""A module that is cheap to apply: one bucket, which no waiter of the provider waits for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import psutil

__all__ = ["MODULE", "bucket_calls", "left_behind", "write_module"]

MODULE: Final = """
variable "name" {
  type = string
}
variable "fail" {
  type    = bool
  default = false
}
resource "aws_s3_bucket" "this" {
  bucket = var.name
}
# A policy of a role that does not exist: refused by the target, so that apply fails, and at once.
resource "aws_iam_role_policy_attachment" "refused" {
  count      = var.fail ? 1 : 0
  role       = "nobody"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
output "name" {
  value = aws_s3_bucket.this.bucket
}
"""


def write_module(folder: Path, text: str = MODULE) -> Path:
    """Writes the module into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return folder


def bucket_calls(temporary: Path, operation: str) -> list[str]:
    """Buckets that a call was about (`CreateBucket`, `DeleteBucket`), as the targets themselves logged it."""
    lines = [
        json.loads(line)
        for log in temporary.glob("tfproof-run-*/calls.jsonl")
        for line in log.read_text(encoding="utf-8").splitlines()
    ]
    calls = [call for call in lines if call["operation"] == operation]
    return sorted(call["needs"][0]["resource"].removeprefix("arn:aws:s3:::") for call in calls)


def left_behind(temporary: Path) -> list[str]:
    """Processes of runs in this temporary folder that still run: by command line, environment or working folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            places = [process.cwd(), *process.environ().values(), *(process.info["cmdline"] or [])]
        except psutil.Error:
            continue
        if any(str(temporary) in place for place in places):
            found.append(f"{process.pid} {process.info['cmdline']}")
    return found
