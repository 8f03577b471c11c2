"""All that `tfproof iam simulate | explain | validate` print: text, JSON, help and usage errors."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from iam_command import KEY, POLICY, run

from tfproof.errors import UsageError


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY, indent=2))
    return path


PLACES = {"AllowKMSAccess": (4, 5), "Calls": (10, 5)}


def matched(sid: str) -> dict[str, object]:
    line, column = PLACES[sid]
    return {"policy": "policy.json", "sid": sid, "line": line, "column": column}


def test_simulate_as_text(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("simulate", "--policy", policy, "--action", "kms:Decrypt", "--action", "s3:GetObject")
    assert run(*asked, "--resource", KEY, "--resource", f"{KEY}2") == 1
    allowed = f"allowed: kms:Decrypt on {KEY}: allowed by AllowKMSAccess (policy.json, line 4)"
    other = f"no statement allows kms:Decrypt on {KEY}2; AllowKMSAccess (policy.json, line 4) names another key ({KEY})"
    no_key = "Calls (policy.json, line 10) asks for Null aws:CalledVia 'false'; the request has no such key"
    assert capsys.readouterr().out.splitlines() == [
        allowed,
        f"implicitDeny: {other}",
        *(f"implicitDeny: no statement allows s3:GetObject on {arn}; {no_key}" for arn in (KEY, f"{KEY}2")),
    ]


def test_simulate_and_explain_as_json(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--policy", policy, "--action", "kms:Decrypt", "--resource", KEY, "--json")
    assert run("simulate", *asked) == 0
    printed = capsys.readouterr().out
    answer = {
        "action": "kms:Decrypt",
        "resource": KEY,
        "decision": "allowed",
        "matched": [matched("AllowKMSAccess")],
        "text": f"allowed: kms:Decrypt on {KEY}: allowed by AllowKMSAccess (policy.json, line 4)",
    }
    assert printed == json.dumps([answer], indent=2) + "\n"
    assert run("explain", *asked) == 0
    statements = [
        {
            "layer": "identity",
            "policy": "policy.json",
            "sid": sid,
            "line": PLACES[sid][0],
            "effect": "Allow",
            "applies": applies,
            "reason": reason,
        }
        for sid, applies, reason in (
            ("AllowKMSAccess", True, "covers the action and the resource"),
            ("Calls", False, "names other actions (s3:*)"),
        )
    ]
    assert json.loads(capsys.readouterr().out) == [{**answer, "statements": statements}]


def test_explain_as_text_fails_when_one_is_denied(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("explain", "--policy", policy, "--action", "kms:Decrypt", "--resource", KEY)
    names = "identity: Calls (policy.json, line 10): Allow, does not apply: names other actions (s3:*)"
    covers = "identity: AllowKMSAccess (policy.json, line 4): Allow, applies: covers the action and the resource"
    assert run(*asked, "--resource", f"{KEY}2") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"allowed: kms:Decrypt on {KEY}: allowed by AllowKMSAccess (policy.json, line 4)",
        f"  {covers}",
        f"  {names}",
    ]
    assert lines[3].startswith("implicitDeny: ")
    assert len(lines) == 6


def test_the_accounts_of_caller_and_resource_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.json"
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    asked = ("simulate", "--policy", path, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k")
    mine = (*asked, "--principal", "arn:aws:iam::123456789012:user/bob")
    assert run(*mine) == 0
    assert run(*mine, "--resource-account", "123456789012") == 0
    assert run(*mine, "--resource-account", "999988887777") == 1
    assert "no resource policy allows it" in capsys.readouterr().out
    bucket = tmp_path / "bucket.json"
    names_bob = {**statement, "Principal": {"AWS": "arn:aws:iam::123456789012:user/bob"}}
    bucket.write_text(json.dumps({"Version": "2012-10-17", "Statement": names_bob}))
    alone = ("simulate", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--resource-policy", bucket)
    assert run(*alone, "--principal", "arn:aws:iam::123456789012:user/bob") == 0
    assert run(*alone, "--principal", "arn:aws:iam::123456789012:user/eve") == 1
    limit = tmp_path / "limit.json"
    limit.write_text(path.read_text().replace("s3:", "kms:"))
    assert run(*asked, "--boundary", limit) == 1
    assert "limit.json, line 1" not in capsys.readouterr().out  # it names other actions, which is no near miss


def test_validate_as_text_and_json(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"Version": "2012-10-17",\n "Statement": {"Effect": "allow", "Action": "s3:*", "Resource": "*"}}')
    old = tmp_path / "old.json"
    old.write_text('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}')
    effect = {
        "message": "Syntax errors in policy.",
        "remedy": 'Effect is \'allow\'; write "Allow" or "Deny" exactly',
    }
    version = {
        "message": "Policy document must be version 2012-10-17 or greater.",
        "remedy": "the simulator takes it, CreatePolicy and Put*Policy refuse it",
    }
    assert run("validate", bad, old, policy) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{bad}:2:26: error: {effect['message']} ({effect['remedy']})",
        f"{old}:1:1: warning: {version['message']} ({version['remedy']})",
        f"{policy}: no fault",
    ]
    assert run("validate", old) == 0  # a warning is no fault
    capsys.readouterr()
    assert run("validate", bad, policy, old, "--json") == 1
    assert json.loads(capsys.readouterr().out) == [
        {"file": str(bad), "line": 2, "column": 26, "severity": "error", "path": ["Statement", "Effect"], **effect},
        {"file": str(old), "line": 1, "column": 1, "severity": "warning", "path": [], **version},
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO(bad.read_text()))
    assert run("validate", "-", "--kind", "session") == 1
    assert capsys.readouterr().out.startswith("-:2:26: error: ")
    assert run("validate", policy, "--kind", "resource", "--json") == 1
    assert {one["message"] for one in json.loads(capsys.readouterr().out)} == {"Missing required field Principal"}
    monkeypatch.setattr("sys.stdin", io.StringIO(policy.read_text()))
    assert run("validate", "-") == 0
    assert capsys.readouterr().out == "-: no fault\n"


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.json"
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/\u00e4\u20ac"}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="latin-1", newline="\n"))
    run("simulate", "--policy", path, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/\u00e4")
    sys.stdout.flush()
    printed = raw.getvalue().decode("latin-1")
    assert printed.endswith("names another object (arn:aws:s3:::b/\u00e4\\u20ac)\n")


def test_a_stream_without_an_encoding_takes_everything(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()  # its encoding is None
    monkeypatch.setattr("sys.stdout", stream)
    run("simulate", "--policy", policy, "--action", "kms:Decrypt", "--resource", f"{KEY}\u20ac")
    assert f"on {KEY}\u20ac; AllowKMSAccess" in stream.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (["--context", "x"], "--context 'x' is no key and value", "write --context aws:SourceIp=10.0.0.1"),
        (["--context", "=x"], "--context '=x' is no key and value", "write --context aws:SourceIp=10.0.0.1"),
        (["--policy", "none.json"], "policy none.json cannot be read: [Errno 2]", ""),
    ],
)
def test_usage_errors_say_what_to_write(policy: Path, arguments: list[str], message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        run("simulate", "--policy", policy, "--action", "s3:GetObject", *arguments)
    assert refused.value.message.startswith(message)
    assert refused.value.remedy == remedy


def test_no_policy_and_no_utf_8_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        run("simulate", "--action", "s3:GetObject", "--boundary", tmp_path / "p.json")
    told = ("no policy is given", "name one with --policy or --resource-policy")
    assert (refused.value.message, refused.value.remedy) == told
    path = tmp_path / "p.json"
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"p\.json cannot be read: 'utf-8' codec"):
        run("validate", path)


@pytest.mark.parametrize(
    ("held", "decision"),
    [(["s3:prefix=a=b"], "allowed"), (["s3:prefix="], "implicitDeny"), (["S3:prefix=x", "s3:prefix=a=b"], None)],
)
def test_context_keys_and_values(tmp_path: Path, held: list[str], decision: str | None) -> None:
    path = tmp_path / "p.json"
    asks = {"StringEquals": {"s3:prefix": "a=b"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": asks}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    asked = ["simulate", "--policy", path, "--action", "s3:ListBucket"]
    for pair in held:
        asked += ["--context", pair]
    if decision is None:
        with pytest.raises(UsageError, match="given twice"):
            run(*asked)
    else:
        assert run(*asked) == (0 if decision == "allowed" else 1)


QUESTION_HELP = """\
--policy F an identity policy (repeatable)
--action A an action, s3:GetObject (repeatable)
--resource R an ARN (repeatable; without one: *)
--context K=V a context key; given twice it is multi-valued
--principal ARN who asks; needed with --resource-policy
--resource-policy F the bucket's, table's or key's policy
--resource-account ID the account that owns the resource
--boundary F the permissions boundary
--json print JSON
"""
CODES = "exit codes: 0 all allowed, 1 something denied, 2 a policy or a question that cannot be meant"


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (
            [],
            [
                "commands:",
                "COMMAND",
                "simulate decide actions on resources against policies",
                "explain the same, with what every statement has to say",
                "validate check policy documents against IAM's grammar",
            ],
        ),
        (
            ["simulate"],
            [
                "Decides actions on resources against policies, as IAM would: allowed, implicitDeny or explicitDeny, "
                "and which statement decided or what is missing.",
                *QUESTION_HELP.splitlines(),
                CODES,
            ],
        ),
        (
            ["explain"],
            [
                "Decides actions on resources against policies, and says of every statement whether it applies and "
                "why.",
                *QUESTION_HELP.splitlines(),
                CODES,
            ],
        ),
        (
            ["validate"],
            [
                "Checks policy documents against IAM's grammar: every fault with its line, AWS's words for it, and "
                "what to write instead.",
                "F a policy document; - reads standard input",
                "--kind {identity,boundary,session,scp,resource,trust} what it is used as",
                "--json print JSON",
                "exit codes: 0 no fault, 1 a fault, 2 a file that cannot be read",
            ],
        ),
    ],
)
def test_the_help(command: list[str], parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(*command, "--help")
    shown = " ".join(capsys.readouterr().out.split())
    for part in parts:
        assert f" {part} " in f" {shown} "


@pytest.mark.parametrize(
    "arguments",
    [[], ["simulate", "--policy", "p"], ["explain", "--policy", "p"], ["validate"], ["validate", "p", "--kind", "x"]],
)
def test_what_must_be_given(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
