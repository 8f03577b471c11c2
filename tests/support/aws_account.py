"""An emulator in the place of AWS, and `tfproof` run against it with credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from cheap_stack import write_module

from tfproof.proof.run_folder import MANIFEST
from tfproof.targets.fronted import FrontedEmulator

__all__ = ["ACCOUNT", "OTHER_ACCOUNT", "SECRET", "Outer", "StandIn", "at"]

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
SECRET = "a-secret-that-nothing-may-show"  # noqa: S105  # it opens nothing
MODULE = """
variable "name" {
  type = string
}
resource "aws_s3_bucket" "this" {
  bucket = var.name
}
resource "aws_s3_object" "state" {
  bucket  = aws_s3_bucket.this.bucket
  key     = "state"
  content = "something"
}
resource "aws_dynamodb_table" "protected" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "LockID"
  deletion_protection_enabled = true
  attribute {
    name = "LockID"
    type = "S"
  }
}
resource "aws_iam_policy" "use" {
  name = var.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }]
  })
}
resource "aws_kms_key" "this" {
  depends_on = [aws_s3_object.state, aws_dynamodb_table.protected, aws_iam_policy.use]
}
output "name" {
  value = aws_s3_bucket.this.bucket
}
"""


class StandIn(FrontedEmulator):
    """moto in the place of AWS, with a log of every call."""

    def __init__(self, folder: Path, account_id: str) -> None:
        folder.mkdir()
        log = folder / "target.log"
        super().__init__(log, kind="embedded", upstream="moto", name="moto", account_id=account_id)
        self.log = log.with_name("calls.jsonl")

    def calls(self) -> list[str]:
        """Operations that were called, in order."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [json.loads(line)["operation"] for line in text.splitlines()]


class Outer:
    """`tfproof` in processes of its own: with credentials, and a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "t"
        self.temporary.mkdir()
        self.module = write_module(folder / "module", MODULE)
        nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
            **nothing,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "tfproof",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "TMPDIR": str(self.temporary),
        }

    def start(self, *arguments: str, module: str = "tfproof.cli") -> subprocess.Popen[str]:
        """Starts a command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            cwd=self.temporary.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self, *arguments: str, module: str = "tfproof.cli") -> tuple[int, str, str]:
        """Runs a command to its end: exit code, output, errors; none of them may show the secret."""
        process = self.start(*arguments, module=module)
        output, errors = process.communicate(timeout=240)
        assert SECRET not in output + errors
        return process.returncode, output, errors

    def folders(self) -> list[Path]:
        """The run folders that are there."""
        return [path.parent for path in self.temporary.glob(f"tfproof-run-*/{MANIFEST}")]


def at(stand_in: StandIn, account: str = ACCOUNT) -> tuple[str, ...]:
    """Options that make a stand-in the target."""
    return "--target", "aws", "--aws-account-allow", account, "--endpoint-url", stand_in.endpoint
