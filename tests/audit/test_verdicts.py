"""What counts: verdicts and exit codes, thresholds, baselines, choosing checks."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import as_bytes, change, plan, resource, state, state_bucket

from tfproof import cli
from tfproof.audit.baseline import Baseline
from tfproof.audit.catalogue import AUDIT_CHECKS, Choice
from tfproof.checks.severity import _BY_ID, Severity, severity_of
from tfproof.errors import UsageError

SOUND = state([resource("aws_instance.web", {"id": "i-1"})])
TAINTED = state([resource("aws_instance.web", {"id": "i-1"}, status="tainted")])  # medium
OPEN = state([state_bucket()])  # a bucket with nothing around it: high
UNKNOWN = plan(
    [
        change(
            "aws_s3_bucket_policy.this",
            {"bucket": "acme", "policy": '{"Version": "2012-10-17", "Statement": []}'},
            {"bucket": "acme"},
            after_unknown={"policy": True},
        )
    ]
)


def run(tmp_path: Path, document: dict[str, Any], *options: str) -> int:
    file = tmp_path / "document.json"
    file.write_bytes(as_bytes(document))
    return cli.main(["audit", str(file), *options])


@pytest.mark.parametrize(
    ("document", "options", "code"),
    [
        (SOUND, [], 0),
        (TAINTED, [], 1),
        (OPEN, [], 1),
        (UNKNOWN, [], 0),
        (UNKNOWN, ["--fail-on-undecided"], 1),
        (UNKNOWN, ["--fail-on-undecided", "--fail-on", "critical"], 0),
        (TAINTED, ["--fail-on", "medium"], 1),
        (TAINTED, ["--fail-on", "high"], 0),
        (OPEN, ["--fail-on", "high"], 1),
        (TAINTED, ["--ignore", "state-tainted"], 0),
        (TAINTED, ["--ignore", "state-*"], 0),
        (TAINTED, ["--select", "state-deposed,state-addresses"], 0),
        (TAINTED, ["--select", "state-t*"], 1),
        (TAINTED, ["--select", "no-such-check"], 2),
        (TAINTED, ["--ignore", "*"], 2),
        (TAINTED, ["--select", "live-object-encryption"], 2),
        (TAINTED, ["--select", "plan-destroys-data"], 2),
        (TAINTED, ["--select", "live-*,state-tainted"], 1),
        (UNKNOWN, ["--select", "state-*"], 2),
        (SOUND, ["--select", "bucket-*"], 0),
        (TAINTED, ["--source", "/no/such/folder"], 2),
        (TAINTED, ["--jobs", "0"], 2),
        (TAINTED, ["--output", "/no/such/folder/report"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, document: dict[str, Any], options: list[str], code: int) -> None:
    assert run(tmp_path, document, *options) == code


def test_nothing_to_audit_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit"]) == 2
    assert "nothing to audit" in capsys.readouterr().err


def test_what_is_undecided_is_listed_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, UNKNOWN) == 0

    told = capsys.readouterr().out
    assert "plan-widens-permissions: (known after apply)" in told
    assert "PASSED" in told


def test_a_plan_without_a_state_backend_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, SOUND)

    assert "no state backend in it" in capsys.readouterr().out


def test_a_bucket_that_is_named_is_audited_whatever_it_looks_like(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = state([resource("aws_s3_bucket.x", {"bucket": "things", "id": "things", "arn": "arn:aws:s3:::things"})])

    assert run(tmp_path, plain, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["inputs"][0]["facts"]["backends"] == []
    for name in ("things", "aws_s3_bucket.x"):
        assert run(tmp_path, plain, "--bucket", name, "--format", "json") == 1
        assert json.loads(capsys.readouterr().out)["inputs"][0]["facts"]["backends"] == [
            {"bucket": "aws_s3_bucket.x", "recognised": "named by the caller"}
        ]


def test_piped_output_has_no_colour(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, TAINTED)

    assert "\x1b" not in capsys.readouterr().out


def test_no_color_is_heeded_where_colours_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    run(tmp_path, TAINTED)
    coloured = capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(tmp_path, TAINTED)
    plain = capsys.readouterr().out

    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", coloured)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)


def test_every_check_has_an_id_of_its_own_and_every_severity_is_of_a_check() -> None:
    from tfproof.checks.catalogue import JOURNEY_CHECKS  # noqa: PLC0415

    ids = [check.id for check in (*AUDIT_CHECKS, *JOURNEY_CHECKS)]

    assert len(ids) == len(set(ids))
    assert set(_BY_ID) <= set(ids)
    assert severity_of("bucket-versioning") is Severity.HIGH
    assert [severity.rank for severity in Severity] == [3, 2, 1, 0]


def test_the_checks_are_listed_with_their_severities(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit", "--list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(AUDIT_CHECKS)
    assert any(line.split()[:2] == ["plan-key-deletion", "critical"] for line in lines)


def test_ids_that_do_not_exist_are_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean: bucket-versioning"):
        Choice(["bucket-versionin"])


def test_audit_backend_refuses_a_choice_of_what_it_cannot_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit-backend", "--bucket", "b", "--select", "plan-*"]) == 2
    assert "none of the checks" in capsys.readouterr().err


@pytest.mark.parametrize("shape", ["terminal", "json"])
def test_a_reader_that_has_gone_is_no_failed_check(tmp_path: Path, shape: str) -> None:
    file = tmp_path / "document.json"
    file.write_bytes(as_bytes(state([resource(f"aws_x.{'y' * 900}{n}", {}, status="tainted") for n in range(200)])))
    program = (
        f"import sys; from tfproof import cli; sys.exit(cli.main(['audit', {str(file)!r}, '--format', {shape!r}]))"
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)

    assert done.returncode == 3
    assert b"nobody reads the output" in done.stderr


# -- baselines ---------------------------------------------------------------------------------------------------------

ACCEPTED = """
[[accepted]]
check = "state-tainted"
address = "aws_instance.*"
reason = "replaced in the window on Sunday"
until = {until}
"""


def baseline(tmp_path: Path, text: str) -> str:
    file = tmp_path / "baseline.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def in_days(days: int) -> str:
    return (dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=days)).isoformat()


def test_an_accepted_finding_does_not_count_and_is_shown_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = baseline(tmp_path, ACCEPTED.format(until=in_days(0)))

    assert run(tmp_path, TAINTED, "--baseline", file, "--format", "json") == 0

    (check,) = [item for item in json.loads(capsys.readouterr().out)["checks"] if item["id"] == "state-tainted"]
    assert check["outcome"] == "accepted"
    assert check["findings"][0]["accepted"] == {"reason": "replaced in the window on Sunday", "until": in_days(0)}


def test_an_acceptance_ends_and_the_finding_counts_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = baseline(tmp_path, ACCEPTED.format(until=in_days(-1)))

    assert run(tmp_path, TAINTED, "--baseline", file) == 1
    assert "counts again" in capsys.readouterr().out


def test_what_counts_again_is_told_beside_however_many_notes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "states"
    folder.mkdir()
    for number in range(205):
        (folder / f"{number}.tfstate").write_bytes(as_bytes(SOUND))
    file = baseline(tmp_path, ACCEPTED.format(until=in_days(-1)).replace("aws_instance.*", "aws_db.x"))

    assert cli.main(["audit", str(folder), "--jobs", "1", "--baseline", file]) == 0

    told = capsys.readouterr().out
    assert "accepted and does not occur" in told
    assert "5 more notes like these" in told


def test_an_acceptance_of_another_address_accepts_nothing_and_is_said_to_be_idle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = baseline(tmp_path, ACCEPTED.format(until=in_days(9)).replace("aws_instance.*", "aws_instance.db"))

    assert run(tmp_path, TAINTED, "--baseline", file) == 1
    assert "does not occur" in capsys.readouterr().out


def test_an_address_with_an_index_is_taken_as_it_is(tmp_path: Path) -> None:
    tainted = state([resource("aws_instance.web", {"id": "i-1"}, status="tainted", index_key=0)])
    entry = ACCEPTED.format(until=in_days(9)).replace("aws_instance.*", "aws_instance.web[0]")

    assert run(tmp_path, tainted, "--baseline", baseline(tmp_path, entry)) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[accepted]]", "until is no date"),
        ('[[accepted]]\ncheck = "state-tainted"\nuntil = "2027-01-01"\nreason = "x"', "until is no date"),
        ('[[accepted]]\ncheck = "state-tainted"\nuntil = 2027-01-01\nreason = " "', "no reason"),
        ('[[accepted]]\ncheck = "state-taint"\nuntil = 2027-01-01\nreason = "x"', "is no check"),
        ('[[accepted]]\ncheck = "state-tainted"\nuntil = 2027-01-01\nreason = "x"\nadress = "y"', "unknown: adress"),
        ('[[accepted]]\ncheck = "state-tainted"\nuntil = 2027-01-01\nreason = "x"\naddress = 1', "are texts"),
        ("[accepted]\nx = 1", "only \\[\\[accepted\\]\\]"),
        ("[[ignored]]", "only \\[\\[accepted\\]\\]"),
        ("{}", "not TOML"),
    ],
)
def test_a_baseline_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Baseline.read(Path(baseline(tmp_path, text)))


def test_a_baseline_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    assert run(tmp_path, TAINTED, "--baseline", str(tmp_path / "none.toml")) == 2
