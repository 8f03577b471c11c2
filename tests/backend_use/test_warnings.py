"""What Terraform warns of, told from what it says beside it; and a Terraform that is too old for lock files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tfproof.backend_use.scratch import Ran
from tfproof.backend_use.use import Depth, Policies, lock_modes_of, use_backend
from tfproof.checks import Backend
from tfproof.checks.backend_documented_policy import judge_too_old
from tfproof.terraform import State, Terraform

# As Terraform 1.15.5 printed it for a plan with -no-color, and 1.11.4 for an init with colours and boxes.
PLAIN = """
Warning: Deprecated Parameter

  on backend.tf.json line 1, in terraform.backend.s3:
   1: {"terraform": {"backend": {"s3": {"bucket": "x", "dynamodb_table": "t"}}}}

The parameter "dynamodb_table" is deprecated. Use parameter "use_lockfile"
instead.
terraform_data.first: Refreshing state... [id=00000003-first]
terraform_data.second: Refreshing state... [id=00000003-second]

No changes. Your infrastructure matches the configuration.
"""
BOXED = """
\x1b[33m╷\x1b[0m
\x1b[33m│\x1b[0m \x1b[1mWarning: \x1b[0mDeprecated Parameter
\x1b[33m│\x1b[0m
\x1b[33m│\x1b[0m   on main.tf line 6, in terraform:
\x1b[33m│\x1b[0m    6:     dynamodb_table = "t"
\x1b[33m│\x1b[0m
\x1b[33m│\x1b[0m The parameter "dynamodb_table" is deprecated. Use parameter "use_lockfile"
\x1b[33m│\x1b[0m instead.
\x1b[33m╵\x1b[0m
"""
DEPRECATED = 'Deprecated Parameter: The parameter "dynamodb_table" is deprecated. Use parameter "use_lockfile" instead.'


@pytest.mark.parametrize(("stdout", "stderr"), [(PLAIN, ""), ("", BOXED), (PLAIN, PLAIN)])
def test_warning_is_read_without_what_stands_around_it(stdout: str, stderr: str) -> None:
    ran = Ran(0, stdout, stderr, 1.0)

    assert ran.warnings == (DEPRECATED,)
    assert not ran.complaint


def test_several_are_told_apart_and_none_is_none() -> None:
    other = "Warning: Something new\n\nA sentence of it.\n\nMore.\n"

    assert Ran(0, f"{PLAIN}\n{other}", "", 1.0).warnings == (DEPRECATED, "Something new: A sentence of it.")
    assert Ran(0, "No changes.\n", "", 1.0).warnings == ()
    assert Ran(0, "Warning: at the very end", "", 1.0).warnings == ("at the very end: ",)


@pytest.mark.parametrize(("version", "is_tofu"), [("1.9.8", False), ("1.9.4", True)])
def test_lock_file_is_not_tried_with_a_terraform_that_knows_none(version: str, is_tofu: bool) -> None:  # noqa: FBT001
    bench: Any = SimpleNamespace(terraform=Terraform(Path("x"), version, is_tofu=is_tofu))
    config = {"bucket": "x", "use_lockfile": True, "kms_key_id": "arn:aws:kms:us-east-1:1:key/2"}

    use = use_backend(bench, config, Policies("{}"), account_id="1", depth=Depth.FULL)

    assert (use.too_old, use.lock_mode, use.written, use.documented) == (bench.terraform.name, "s3", [], {})
    (answer,) = judge_too_old(Backend(State({})), use.too_old)
    assert answer.verdict == "failed"
    assert answer.expected == "Terraform 1.10 or newer, since lock modes s3 and both set use_lockfile"
    assert bench.terraform.name in answer.found


def test_only_modes_without_lock_file_are_left_to_it() -> None:
    assert list(lock_modes_of({"bucket": "x", "dynamodb_table": "t"}, native=False)) == ["dynamodb"]
    assert lock_modes_of({"bucket": "x", "use_lockfile": True}, native=False) == {}
    assert list(lock_modes_of({"bucket": "x", "dynamodb_table": "t"})) == ["dynamodb", "s3", "both"]
