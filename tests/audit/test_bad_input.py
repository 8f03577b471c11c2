"""Files that are no plan or state, or not whole: a clear error or finding each, and the exit code as documented."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from documents import GOOD, as_bytes, change, plan, resource, state

from tfproof import cli
from tfproof.audit.audited import audit_bytes
from tfproof.audit.errors import DocumentError

ENCRYPTED = {"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "c2VjcmV0", "encryption_version": "v0"}

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "white space": (b" \n\t ", "empty"),
    "cut short": (GOOD[:-40], "cut short"),
    "cut in a name": (GOOD[:20], "not JSON"),
    "not JSON": (b"resource {}", "not JSON"),
    "a list": (b"[1, 2]", "not JSON: '{' expected"),
    "a number": (b"7", "expected"),
    "two documents": (GOOD + GOOD, "follows the end"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "Latin-1": ('{"version": 4, "lineage": "é"}'.encode("latin-1"), "not UTF-8, at byte"),
    "gzip": (gzip.compress(GOOD), "gzip"),
    "bzip2": (b"BZh91AY&SY", "compressed"),
    "a name twice at the top": (b'{"version": 4, "serial": 1, "serial": 2, "lineage": "x"}', "'serial' stands twice"),
    "a name twice below": (
        b'{"version": 4, "serial": 1, "outputs": {"a": {"value": 1}, "a": {"value": 2}}}',
        "'a' twice",
    ),
    "NaN": (b'{"version": 4, "serial": 1, "lineage": "x", "outputs": {"a": {"value": NaN}}}', "NaN is no JSON"),
    "Infinity": (b'{"version": 4, "serial": 1, "x": -Infinity}', "-Infinity is no JSON"),
    "10 000 deep": (b'{"version": 4, "serial": 1, "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested deeper"),
    "a number of 5000 digits": (b'{"version": 4, "serial": ' + b"9" * 5000 + b"}", "more digits"),
    "encrypted by OpenTofu": (as_bytes(ENCRYPTED), "tofu state pull"),
    "a state of version 2": (as_bytes({"version": 2, "serial": 1}), "version 2"),
    "a state of version 3": (as_bytes({"version": 3, "modules": []}), "version 3"),
    "a version that is text": (as_bytes({"version": "4", "serial": 1}), "version"),
    "a version that is true": (as_bytes({"version": True, "serial": 1}), "version"),
    "a plan of format 2.0": (as_bytes(plan(format_version="2.0")), "format 2.0"),
    "a plan of format 0.2": (as_bytes(plan(format_version="0.2")), "Terraform 1.1 or newer"),
    "a plan without a format": (as_bytes({"resource_changes": []}), "neither a plan nor a state"),
    "providers' schemas": (as_bytes({"format_version": "1.0", "provider_schemas": {}}), "providers schema"),
    "other JSON": (as_bytes({"name": "left-pad"}), "neither a plan nor a state"),
    "version 4 of something else": (as_bytes({"version": 4, "services": {}}), "nothing of a state"),
    "resources that are no list": (as_bytes(state() | {"resources": {}}), "resources is not a list"),
    "a resource that is text": (as_bytes(state() | {"resources": ["x"]}), "resource 1: a resource is no object"),
    "a resource without a type": (as_bytes(state() | {"resources": [{"mode": "managed"}]}), "mode, type and name"),
    "instances that are no list": (as_bytes(state([resource("a.b", {}) | {"instances": 1}])), "instances is no list"),
    "an index that is a list": (as_bytes(state([resource("a.b", {}, index_key=[1])])), "index_key"),
    "attributes that are text": (as_bytes(state([resource("aws_s3_bucket.b", "x")])), "attributes"),
    "outputs that are a list": (as_bytes(state(outputs=[1])), "outputs is no object"),
    "an output that is text": (as_bytes(state(outputs={"a": "b"})), "an output has no value"),
    "a serial that is text": (as_bytes(state(serial="7")), "serial is no number"),
    "changes that are no list": (as_bytes(plan() | {"resource_changes": {"a": 1}}), "not as Terraform writes"),
    "a change without actions": (
        as_bytes(plan([{"address": "a.b", "type": "a", "name": "b", "change": {}}])),
        "not as",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_that_was_named_is_an_error_with_exit_code_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, said = BAD[name]
    file = tmp_path / "bad.json"
    file.write_bytes(data)

    assert cli.main(["audit", str(file)]) == 2

    told = capsys.readouterr()
    assert said in told.err
    assert str(file) in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


OF_OTHERS = {"a list", "a number", "providers' schemas", "other JSON", "version 4 of something else"}
"""Strict JSON that is something else: under a name that many programs use, it was not meant to be audited."""


BAD_FOUND = [(name, "bad.tfstate") for name in BAD] + [(name, "plan.json") for name in BAD if name not in OF_OTHERS]


@pytest.mark.parametrize(("name", "file"), BAD_FOUND)
def test_a_bad_file_that_was_found_in_a_folder_is_a_finding_and_the_others_are_audited(
    name: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_bytes(BAD[name][0])
    (tmp_path / "good.tfstate").write_bytes(as_bytes(state()))

    assert cli.main(["audit", "--format", "json", str(tmp_path)]) == 1

    found = json.loads(capsys.readouterr().out)
    checks = {check["id"]: check for check in found["checks"]}
    assert [item["subject"] for item in checks["input-readable"]["findings"]] == [str(tmp_path / file)]
    assert checks["state-tainted"]["counts"] == {"passed": 1}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("standard input", "... | gunzip | tfproof audit -"),
        ("s3://acme/a b.tfstate", "aws s3 cp 's3://acme/a b.tfstate' - | gunzip | tfproof audit -"),
        ("a b.tfstate.gz", "gunzip -c -- 'a b.tfstate.gz' | tfproof audit -"),
    ],
)
def test_how_a_compressed_file_is_unpacked_is_told_of_wherever_it_is(name: str, command: str) -> None:
    with pytest.raises(DocumentError) as caught:
        audit_bytes(gzip.compress(GOOD), name)

    assert caught.value.remedy == f"Unpack it first: {command}"


PLAN = as_bytes(plan([change("aws_s3_bucket.this", {}, None)]))


@pytest.mark.parametrize("length", [1, 10, 30, 100, len(PLAN) - 1])
def test_a_plan_in_a_folder_that_was_cut_anywhere_is_a_finding(
    length: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_bytes(PLAN[:length])

    assert cli.main(["audit", str(tmp_path)]) == 1
    assert "input-readable" in capsys.readouterr().out


OTHERS: dict[str, Any] = {
    **{name.replace(" ", "-") + ".json": json.loads(BAD[name][0]) for name in sorted(OF_OTHERS)},
    "package.json": {"name": "left-pad", "version": "1.3.0"},
    "package-lock.json": {"name": "left-pad", "version": "1.3.0", "lockfileVersion": 3, "packages": {}},
    "composer.json": {"version": "4.0", "require": {}},
    "source.map.json": {"version": 3, "sources": [], "mappings": ""},
    "template.json": {"contentVersion": "1.0.0.0", "resources": [{"type": "Microsoft.Storage", "name": "x"}]},
    "rest.json": {"version": "v1", "resources": {"files": {}}},
    "version.json": {"terraform_version": "1.11.4", "platform": "linux_amd64", "provider_selections": {}},
    "validate.json": {"format_version": "1.0", "valid": True, "diagnostics": []},
    "outputs.json": {"bucket": {"sensitive": False, "type": "string", "value": "acme"}},
    "places.json": [{"type": "Feature"}] * 1000,
    "null.json": None,
}


def test_json_of_other_programs_in_a_folder_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, document in OTHERS.items():
        (tmp_path / name).write_bytes(as_bytes(document))
    # Configuration by its name, whatever is in it.
    (tmp_path / "main.tf.json").write_bytes(b'{"resource": {}, "resource": {}}')
    (tmp_path / "good.tfstate").write_bytes(as_bytes(state()))

    assert cli.main(["audit", "--format", "json", str(tmp_path)]) == 0
    kinds = {Path(item["name"]).name: item["kind"] for item in json.loads(capsys.readouterr().out)["inputs"]}
    assert kinds == {"good.tfstate": "state", **dict.fromkeys(OTHERS, "other")}


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b"{} {}", b"[1, 2", b'["a" 1]', b"[1] x"])
def test_json_in_a_folder_that_is_not_strict_is_a_finding(
    text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.json").write_bytes(text)

    assert cli.main(["audit", str(tmp_path)]) == 1
    assert "input-readable" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["modules", "providers", "envs/modules/a", ".terraform/a/modules"])
def test_folders_called_as_those_in_terraforms_own_are_walked(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "terraform.tfstate").write_bytes(b"")

    assert cli.main(["audit", str(tmp_path)]) == 1
    assert "input-readable" in capsys.readouterr().out


@pytest.mark.parametrize("here", [".", ".terraform"])
def test_copies_of_modules_and_providers_are_left_out(
    here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / ".terraform"
    for name in ("modules", "providers"):
        (own / name / "a").mkdir(parents=True)
        (own / name / "a" / "terraform.tfstate").write_bytes(b"")
    (own / "good.tfstate").write_bytes(as_bytes(state()))
    monkeypatch.chdir(tmp_path / here)

    assert cli.main(["audit", "--format", "json", "."]) == 0
    assert len(json.loads(capsys.readouterr().out)["inputs"]) == 1


def test_a_number_of_400_digits_is_read() -> None:
    number = b"9" * 400
    data = as_bytes(state([resource("aws_instance.web", {"weight": 0})])).replace(
        b'"weight": 0', b'"weight": ' + number
    )

    assert audit_bytes(data, "s").facts["resources"] == 1


def test_a_byte_order_mark_does_not_matter() -> None:
    assert audit_bytes(b"\xef\xbb\xbf" + GOOD, "s").kind == "state"


def test_a_folder_with_a_socket_a_pipe_and_a_loop_of_links_is_walked_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "loop.tfstate").symlink_to(tmp_path / "a" / "loop.tfstate")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.tfstate")
    (tmp_path / "good.tfstate").write_bytes(as_bytes(state()))
    here = Path.cwd()
    os.chdir(tmp_path)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.tfstate")

            assert cli.main(["audit", "--format", "json", "."]) == 0
    finally:
        os.chdir(here)

    assert [item["name"] for item in json.loads(capsys.readouterr().out)["inputs"]] == ["good.tfstate"]


@pytest.mark.parametrize("named", ["nowhere.tfstate", "folder", "loop", "socket"])
def test_what_cannot_be_read_is_bad_usage(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")

        assert cli.main(["audit", named]) == 2

    assert named in capsys.readouterr().err


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(as_bytes(state()))))

    assert cli.main(["audit", "-"]) == 0
    assert "standard input" in capsys.readouterr().out


def test_a_plan_file_without_its_folder_says_how_to_show_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "tfplan", "w") as archive:
        archive.writestr("tfplan", "x")

    assert cli.main(["audit", str(tmp_path / "tfplan")]) == 2
    assert "terraform show -json" in capsys.readouterr().err
