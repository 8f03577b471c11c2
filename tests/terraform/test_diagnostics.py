"""What Terraform says went wrong, read from events and from its human output, and what is known to help."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfproof.terraform import TerraformError, Workspace
from tfproof.terraform.diagnostics import _REMEDIES, Diagnostic, from_event, from_text, remedy_for

BOXED = """
\x1b[31m╷\x1b[0m\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[1m\x1b[31mError: \x1b[0m\x1b[0m\x1b[1mInvalid reference\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[0m  with module.a["x y"].terraform_data.x[0],
\x1b[31m│\x1b[0m \x1b[0m\x1b[0m  on a folder/main.tf line 12, in resource "terraform_data" "x":
\x1b[31m│\x1b[0m \x1b[0m  12:   input = \x1b[4mnope\x1b[0m\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m    \x1b[90m├────────────────\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[0m    \x1b[90m│\x1b[0m \x1b[1mvar.x\x1b[0m is "a"
\x1b[31m│\x1b[0m \x1b[0m
\x1b[31m│\x1b[0m \x1b[0mA reference to a resource type must be followed by at least one attribute
\x1b[31m│\x1b[0m \x1b[0maccess, specifying the resource name:
\x1b[31m│\x1b[0m \x1b[0m
\x1b[31m│\x1b[0m \x1b[0m  12: on the second line 3
\x1b[31m╵\x1b[0m\x1b[0m
\x1b[33m╷\x1b[0m\x1b[0m
\x1b[33m│\x1b[0m \x1b[0m\x1b[1m\x1b[33mWarning: \x1b[0m\x1b[0m\x1b[1mDeprecated\x1b[0m
\x1b[33m│\x1b[0m \x1b[0m
\x1b[33m│\x1b[0m \x1b[0mDo not.
\x1b[33m╵\x1b[0m\x1b[0m
"""

EXPECTED = [
    Diagnostic(
        severity="error",
        summary="Invalid reference",
        detail="A reference to a resource type must be followed by at least one attribute\n"
        "access, specifying the resource name:\n\n  12: on the second line 3",
        address='module.a["x y"].terraform_data.x[0]',
        filename="a folder/main.tf",
        line=12,
        snippet="  input = nope",
    ),
    Diagnostic(severity="warning", summary="Deprecated", detail="Do not."),
]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    "text",
    [
        BOXED,
        plain(BOXED),
        plain(BOXED).replace("│ ", "").replace("│", "").replace("╷", "").replace("╵", ""),
        BOXED.replace("\n", "\r\n"),
        "some noise before\n" + BOXED,
    ],
    ids=["boxed and coloured", "boxed", "plain", "CRLF", "after noise"],
)
def test_the_human_output_is_read_whatever_it_is_dressed_in(text: str) -> None:
    assert from_text(text) == EXPECTED


@pytest.mark.parametrize(
    ("text", "summaries"),
    [
        ("", []),
        ("no diagnostics here\nan Error: in the middle", []),
        ("Error: one", ["one"]),
        ("\nError: one\n\n\nError: two\n", ["one", "two"]),
        ("Error: Failed to install provider\n\nError while installing hashicorp/aws", ["Failed to install provider"]),
    ],
)
def test_short_output_is_read_too(text: str, summaries: list[str]) -> None:
    assert [item.summary for item in from_text(text)] == summaries


@given(st.text())
def test_no_text_makes_the_reading_raise(text: str) -> None:
    from_text(text)
    from_text(f"Error: {text}\n\n  on {text} line 1\n   1: {text}")


def test_a_real_error_is_read_from_both_kinds_of_output_alike(configure: Callable[..., Workspace]) -> None:
    workspace = configure({"main.tf": 'resource "terraform_data" "x" {}\n'})
    (workspace.root / "main.tf").write_text('resource "terraform_data" "x" {\n  input = nope.a\n}\n', encoding="utf-8")
    with pytest.raises(TerraformError) as stream:
        workspace.plan()
    with pytest.raises(TerraformError) as text:
        workspace.run("plan")

    for error in (stream.value, text.value):
        (found,) = error.diagnostics
        assert (found.severity, found.summary) == ("error", "Reference to undeclared resource")
        assert (Path(found.filename).name, found.line) == ("main.tf", 2)
        assert found.snippet.strip() == "input = nope.a"
        assert "has not been declared in the root" in found.detail
    assert error.exit_code_of_terraform == 1


EVENT: dict[str, Any] = {
    "@level": "error",
    "type": "diagnostic",
    "diagnostic": {
        "severity": "warning",
        "summary": "S",
        "detail": "D",
        "address": "a.b",
        "range": {"filename": "m.tf", "start": {"line": 3, "column": 1, "byte": 9}, "end": {}},
        "snippet": {"context": "c", "code": "  x = 1", "start_line": 3, "values": []},
    },
}


def test_an_event_is_read() -> None:
    found = from_event(EVENT)

    assert found == Diagnostic("warning", "S", "D", "a.b", "m.tf", 3, "  x = 1")
    assert found is not None
    assert not found.is_error
    assert str(found) == "Warning: S  (a.b)\n  on m.tf:3: x = 1\n  D"


@pytest.mark.parametrize(
    "event",
    [{}, {"type": "diagnostic"}, {"type": "diagnostic", "diagnostic": None}, {"type": "log", "diagnostic": {}},
     {"diagnostic": {"summary": "S"}}, {"type": "diagnostic", "diagnostic": "S"}],
)  # fmt: skip
def test_what_is_no_diagnostic_is_none(event: Mapping[str, Any]) -> None:
    assert from_event(event) is None


@pytest.mark.parametrize("missing", ["range", "snippet", "address", "detail", "severity", "summary"])
@pytest.mark.parametrize("null", [True, False])
def test_an_event_may_lack_anything(missing: str, *, null: bool) -> None:
    diagnostic = {name: value for name, value in EVENT["diagnostic"].items() if name != missing}
    if null:
        diagnostic[missing] = None

    found = from_event({"type": "diagnostic", "diagnostic": diagnostic})

    assert found is not None
    assert "None" not in str(found)


# Messages as Terraform, the AWS provider and AWS give them, wrapped as on a terminal of 78 columns, and a piece of the
# remedy that they must bring.
# fmt: off
MESSAGES = (
    ("Error: Failed to query available provider packages\n\nCould not retrieve the list of available versions for "
     "provider hashicorp/aws:\ncould not connect to registry.terraform.io: failed to request discovery\ndocument: Get "
     '"https://registry.terraform.io/.well-known/terraform.json": dial\ntcp: lookup '
     "registry.terraform.io: no such host",
     "--provider-mirror"),
    ("Error: Failed to query available provider packages\n\nCould not retrieve the list of available versions for "
     "provider hashicorp/aws: no\navailable releases match the given constraints >= 5.80.0, < 5.90.0", "no mirror has"),
    ("Error: Unsupported Terraform Core version\n\n  on versions.tf line 2, in terraform:\n   2:   required_version = "
     '">= 9"\n\nThis configuration does not support Terraform version 1.11.4.', "--terraform PATH"),
    ("Error: Required plugins are not installed\n\nThe installed provider plugins are not consistent with the packages "
     "selected in\nthe dependency lock file:", "run again"),
    ("Error: Failed to install provider from shared cache\n\nError while importing hashicorp/aws v5.100.0 from the "
     "shared cache directory: the\nprovider cache at .terraform/providers has a copy that doesn't match any of the\n"
     "checksums recorded in the dependency lock file.", "run again"),
    ("Error: Failed to install provider\n\nthe current package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't "
     "match\nany of the checksums previously recorded in the dependency lock file", "run again"),
    ("Error: Inconsistent dependency lock file\n\nThe following dependency selections recorded in the lock file are\n"
     "inconsistent with the current configuration:", "run again"),
    ("Error: Failed to save state\n\nError saving state: write terraform.tfstate: no space left on device", "TMPDIR"),
    ("Error: waiting for S3 Bucket Lifecycle Configuration (b) create: timeout while\nwaiting for state to become "
     "'true' (last state: 'false', timeout: 3m0s)", "lifecycle rules"),
    ("Error: creating S3 Bucket (b) Lifecycle Configuration\n\nWhile waiting, the following error occurred: timeout "
     "while waiting for state to\nbecome 'true' (last state: 'false', timeout: 3m0s)", "lifecycle rules"),
    ("Error: creating KMS Key: operation error KMS: CreateKey, exceeded maximum number\nof attempts, 25, https "
     "response "
     'error StatusCode: 0, RequestID: , request send\nfailed, Post "http://127.0.0.1:4566/": dial tcp 127.0.0.1:4566: '
     "connect: connection\nrefused", "stopped answering"),
    ("Error: reading S3 Bucket (b): read tcp 127.0.0.1:1->127.0.0.1:2: read: connection\nreset by peer",
     "stopped answering"),
    ("Error: validating provider credentials: retrieving caller identity from STS:\nInvalidClientTokenId: The security "
     "token included in the request is invalid.", "credentials"),
    ("Error: listing: ExpiredToken: The security token included in the request is expired", "credentials"),
    ("Error: Error acquiring the state lock\n\nError message: operation error DynamoDB: PutItem, "
     "ConditionalCheckFailedException\nLock Info:\n  ID:        0b7d", "force-unlock"),
    ("Error: deleting S3 Bucket (b): operation error S3: DeleteBucket, https response\nerror StatusCode: 409, api "
     "error BucketNotEmpty: The bucket you tried to delete is\nnot empty. You must delete all versions in the bucket.",
     "runbook"),
    ("Error: deleting DynamoDB Table (t): operation error DynamoDB: DeleteTable, api\nerror ValidationException: "
     "Resource cannot be deleted as it is currently\nprotected against deletion. Disable deletion\nprotection first.",
     "protected against deletion"),
)
# fmt: on


@pytest.mark.parametrize(("message", "remedy"), MESSAGES, ids=[remedy for _, remedy in MESSAGES])
def test_a_known_cause_brings_its_remedy(message: str, remedy: str) -> None:
    assert remedy in remedy_for(from_text(message))
    assert remedy in remedy_for([], message)


def test_every_remedy_has_a_message_that_brings_it() -> None:
    brought = {remedy_for(from_text(message)) for message, _ in MESSAGES}

    assert {remedy for _, remedy in _REMEDIES} == brought


@pytest.mark.parametrize(
    "message",
    [
        "Error: Reference to undeclared resource",
        "Error: putting object: InvalidRequest: Value for x-amz-checksum-crc32 header is invalid.",
        "Error: creating S3 Bucket (connection): BucketAlreadyExists",
        "Warning: connection refused",
        "",
    ],
)
def test_an_unknown_cause_brings_none(message: str) -> None:
    assert remedy_for(from_text(message)) == ""
