"""A backend in use audited as a command: what it asks for, in which partition, how one that ended goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_live_backend import (
    BUCKET,
    DENIED,
    TABLE,
    Small,
    audited,
    place,
    verdicts,
)

from tfproof import cli
from tfproof.audit.live.place import READS

pytestmark = pytest.mark.xdist_group("audit-backend")


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_everything_that_is_asked_is_in_the_policy_and_a_table_with_tags_is_sound(small: Small) -> None:
    where = place(small)

    found = audited(where)

    assert "lock-table-tags" not in verdicts(found)
    assert where.requests["Scan"] == 1
    assert set(where.requests) <= set(READS)


@pytest.mark.parametrize(
    ("options", "partition"),
    [
        (["--region", "us-gov-west-1"], "aws-us-gov"),
        (["--region", "cn-north-1"], "aws-cn"),
        (["--region", "eu-central-1"], "aws"),
        (["--key", "arn:aws-cn:kms:cn-north-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1"], "aws-cn"),
        (["--key", "alias/states", "--region", "cn-north-1"], "aws-cn"),
    ],
)
def test_the_policy_is_of_the_partition_of_key_or_region(
    options: list[str], partition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["audit-backend", "--bucket", "b", "--table", "t", "--permissions", *options]) == 0

    told = json.loads(capsys.readouterr().out)
    resources = [statement["Resource"] for statement in told["Statement"]]
    assert {resource.split(":")[1] for resource in resources if resource != "*"} == {partition}
    assert not [resource for resource in resources if "alias" in resource]


@pytest.mark.parametrize("by_key", [True, False], ids=["key", "region"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_a_policy_that_denies_http_is_sound_in_every_partition(
    small: Small,
    partition: str,
    by_key: bool,  # noqa: FBT001
) -> None:
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:{partition}:s3:::{BUCKET}", f"arn:{partition}:s3:::{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    instead: dict[str, Any] = {
        "get_bucket_policy": lambda *_: {"Policy": text},
        "get_bucket_encryption": DENIED,
        "describe_key": DENIED,
    }
    where = place(small, "", "right-0", **instead)
    where.partition = "aws" if by_key else partition
    key = f"arn:{partition}:kms:cn-north-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1" if by_key else ""

    assert verdicts(audited(where, key=key))["policy-insecure-transport"] == {"passed"}


# -- an audit that ends early ------------------------------------------------------------------------------------------


@pytest.fixture
def command(small: Small, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    for name, value in small.target.environment().items():
        monkeypatch.setenv(name, value)
    where = ["audit-backend", "--endpoint-url", small.target.endpoint, "--format", "json"]
    return lambda *options: cli.main([*where, "--bucket", BUCKET, *options])


def test_an_audit_that_ends_after_the_walk_goes_on_with_what_was_left(
    command: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfproof.audit.live import backend  # noqa: PLC0415

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    journal, output = tmp_path / "journal", tmp_path / "evidence.json"
    options = ["--table", TABLE, "--resume", str(journal), "--output", str(output)]
    with monkeypatch.context() as patched:
        patched.setattr(backend, "table_findings", interrupted)
        assert command(*options) == 130

    assert command(*options) == 1

    evidence = json.loads(output.read_text(encoding="utf-8"))
    counts = {check["id"]: check["counts"] for check in evidence["checks"]}
    assert counts["live-object-encryption"] == {"failed": 2}
    assert counts["live-digest"] == {"failed": 1}
    assert evidence["objects"]["versions"] == 7
    assert "HeadObject" not in evidence["objects"]["requests"]
    assert command(*options) == 2  # it is over now


@pytest.mark.parametrize(
    "options", [["--table", "no-such-table"], ["--output", "/no/such/folder/report"], ["--output", "/"]]
)
def test_what_cannot_be_is_said_before_the_walk(
    command: Callable[..., int], tmp_path: Path, options: list[str]
) -> None:
    journal = tmp_path / "journal"

    assert command("--resume", str(journal), *options) == 2

    assert not journal.exists()


def test_looking_whether_a_report_can_be_written_leaves_what_is_there(tmp_path: Path) -> None:
    from tfproof.report.formats import refuse_unwritable  # noqa: PLC0415

    kept = tmp_path / "kept"
    kept.write_text("a report")

    refuse_unwritable(kept)
    refuse_unwritable(tmp_path / "new")

    assert kept.read_text() == "a report"
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
