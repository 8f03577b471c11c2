"""`tfproof iam simulate | explain | validate`, mounted under a parser of the test's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from iam_command import KEY, POLICY, run

from tfproof.errors import UsageError
from tfproof.iam import MalformedPolicyDocument


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY, indent=2))
    return path


def test_simulate_prints_decisions_and_fails_when_one_is_denied(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("simulate", "--policy", policy, "--action", "kms:Decrypt", "--resource", KEY)
    assert run(*asked) == 0
    assert "allowed by AllowKMSAccess (policy.json, line 4)" in capsys.readouterr().out
    assert run(*asked, "--resource", f"{KEY}2") == 1
    assert "AllowKMSAccess (policy.json, line 4) names another key" in capsys.readouterr().out


def test_simulate_prints_json_and_reads_context(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["simulate", "--policy", policy, "--action", "s3:GetObject", "--json"]
    assert run(*asked, "--context", "aws:CalledVia=a", "--context", "aws:CalledVia=b") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["decision"], found["matched"][0]["sid"], found["resource"]) == ("allowed", "Calls", "*")
    assert run(*asked, "--context", "aws:CalledVia=a", "--context", "aws:CalledVia=c") == 1


def test_explain_goes_statement_by_statement(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("explain", "--policy", policy, "--action", "kms:Decrypt", "--resource", KEY)
    assert run(*asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("  identity: AllowKMSAccess (policy.json, line 4): Allow, applies")
    assert "does not apply: names other actions (s3:*)" in lines[2]
    assert run(*asked, "--json") == 0
    assert [one["applies"] for one in json.loads(capsys.readouterr().out)[0]["statements"]] == [True, False]


def test_resource_policies_and_boundaries_are_read(policy: Path, tmp_path: Path) -> None:
    key_policy = tmp_path / "key.json"
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "123456789012"}}
    key_policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    role = "arn:aws:iam::123456789012:role/app"
    asked = (
        "simulate",
        "--action",
        "kms:Decrypt",
        "--resource",
        KEY,
        "--principal",
        role,
        "--resource-policy",
        key_policy,
    )
    assert run(*asked) == 1
    assert run(*asked, "--policy", policy) == 0
    assert run(*asked, "--policy", policy, "--boundary", policy) == 0


def test_validate_lists_every_fault_with_its_place(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate", policy) == 0
    assert "no fault" in capsys.readouterr().out
    bad = tmp_path / "bad.json"
    bad.write_text('{"Version": "2012-10-17",\n "Statement": {"Effect": "allow", "Action": "x", "Resource": "*"}}')
    assert run("validate", policy, bad) == 1
    assert f"{bad}:2:26: error: Syntax errors in policy." in capsys.readouterr().out
    assert run("validate", bad, "--json") == 1
    assert [found["line"] for found in json.loads(capsys.readouterr().out)] == [2, 2]


def test_what_cannot_be_meant_is_a_usage_error(policy: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        run("simulate", "--policy", tmp_path / "none.json", "--action", "s3:GetObject")
    with pytest.raises(UsageError, match="no key and value"):
        run("simulate", "--policy", policy, "--action", "s3:GetObject", "--context", "x")
    with pytest.raises(UsageError, match="is no action"):
        run("simulate", "--policy", policy, "--action", "s3:Get*")
    with pytest.raises(UsageError, match="'arn:aws:s3::bucket' is no resource"):
        run("simulate", "--policy", policy, "--action", "s3:GetObject", "--resource", "arn:aws:s3::bucket")
    with pytest.raises(UsageError, match="no policy is given"):
        run("simulate", "--action", "s3:GetObject")


def test_policy_that_breaks_the_grammar_is_bad_usage_and_no_answer(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("not JSON")

    with pytest.raises(MalformedPolicyDocument, match=r"bad\.json: line 1, column 1") as caught:
        run("simulate", "--policy", bad, "--action", "s3:GetObject")

    assert caught.value.exit_code == 2
