"""A state read from S3: at a real target where it can be had, with answers made up where no target gives them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber
from documents import as_bytes, resource, state

from tfproof import cli
from tfproof.audit.errors import DocumentError
from tfproof.audit.s3_object import s3_history, s3_input
from tfproof.errors import TargetError, UsageError
from tfproof.targets.target import Target

BUCKET = "tfproof-audit-s3"
KEY = "env/terraform.tfstate"


@pytest.fixture
def bucket(target: Target, monkeypatch: pytest.MonkeyPatch, run_id: str) -> Iterator[str]:
    for name, value in target.environment().items():
        monkeypatch.setenv(name, value)
    name = f"{BUCKET}-{run_id}"
    s3 = target.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for version in page.get("Versions", []):
            s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def test_a_state_in_s3_is_audited_with_its_history(
    target: Target, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = target.client("s3")
    for serial in (3, 8, 5):
        s3.put_object(Bucket=bucket, Key=KEY, Body=as_bytes(state([resource("a_b.c", {})], serial=serial)))

    assert cli.main(["audit", f"s3://{bucket}/{KEY}", "--format", "json", "--endpoint-url", target.endpoint]) == 1

    found = json.loads(capsys.readouterr().out)
    checks = {check["id"]: check for check in found["checks"]}
    assert found["inputs"][0]["facts"]["serial"] == 5
    (finding,) = checks["state-history"]["findings"]
    assert (finding["path"], finding["found"]) == ("serial", "5")
    assert finding["expected"].startswith("8 or more")


def test_a_state_that_is_not_there_exits_with_3(
    target: Target, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["audit", f"s3://{bucket}/nowhere", "--endpoint-url", target.endpoint]) == 3
    assert "env:/NAME/KEY" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://bucket/folder/"])
def test_an_address_without_an_object_is_bad_usage(address: str) -> None:
    with pytest.raises(UsageError, match="names no object"):
        s3_input(address, lambda: None)


Script = Callable[[Stubber], None]


def stubbed(script: Script) -> tuple[Any, Stubber]:
    client = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",  # noqa: S106
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip
    stubber = Stubber(client)
    script(stubber)
    stubber.activate()
    return client, stubber


def head(stubber: Stubber, data: bytes, **more: Any) -> None:
    stubber.add_response("head_object", {"ETag": '"1"', "ContentLength": len(data), **more})


def body(stubber: Stubber, data: bytes) -> None:
    stubber.add_response("get_object", {"Body": StreamingBody(io.BytesIO(data), len(data))})


def test_an_object_that_changes_once_while_it_is_read_is_read_again() -> None:
    data = as_bytes(state())

    def script(stubber: Stubber) -> None:
        head(stubber, b"old")
        stubber.add_client_error("get_object", "PreconditionFailed", http_status_code=412)
        head(stubber, data)
        body(stubber, data)

    client, stubber = stubbed(script)

    assert s3_input("s3://b/k", lambda: client).read() == data
    stubber.assert_no_pending_responses()


def test_an_object_that_keeps_changing_is_an_error() -> None:
    def script(stubber: Stubber) -> None:
        for _ in range(2):
            head(stubber, b"old")
            stubber.add_client_error("get_object", "PreconditionFailed", http_status_code=412)

    client, _ = stubbed(script)

    with pytest.raises(DocumentError, match="changes while it is read"):
        s3_input("s3://b/k", lambda: client).read()


def test_a_version_is_read_by_its_id() -> None:
    data = as_bytes(state())

    def script(stubber: Stubber) -> None:
        head(stubber, data, VersionId="v7")
        stubber.add_response(
            "get_object",
            {"Body": StreamingBody(io.BytesIO(data), len(data))},
            {"Bucket": "b", "Key": "k", "VersionId": "v7"},
        )

    client, stubber = stubbed(script)

    assert s3_input("s3://b/k", lambda: client).read() == data
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["403", "AccessDenied", "SlowDown", "InternalError"])
def test_a_refusal_is_a_target_error_that_names_the_answer(code: str) -> None:
    client, _ = stubbed(lambda stubber: stubber.add_client_error("head_object", code))

    with pytest.raises(TargetError, match=f"S3 answers {code}") as caught:
        s3_input("s3://b/k", lambda: client).read()

    assert ("kms:Decrypt" in caught.value.remedy) is (code in ("403", "AccessDenied"))


def test_a_body_that_ends_early_is_a_target_error() -> None:
    def script(stubber: Stubber) -> None:
        head(stubber, b"x" * 100)
        stubber.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"x" * 10), 100)})

    client, _ = stubbed(script)

    with pytest.raises(TargetError, match="no whole answer"):
        s3_input("s3://b/k", lambda: client).read()


def test_a_history_that_must_not_be_listed_is_a_target_error() -> None:
    client, _ = stubbed(lambda stubber: stubber.add_client_error("list_object_versions", "AccessDenied"))

    with pytest.raises(TargetError, match="AccessDenied"):
        s3_history("s3://b/k", lambda: client)
