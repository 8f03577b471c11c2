"""Fifty secrets of different kinds, planted wherever a document has room: none comes out of anything tfproof writes."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import jsonschema
import pytest
from canaries import CANARIES
from documents import as_bytes, change, plan, resource, state, state_bucket

from tfproof import cli
from tfproof.audit.scrub import Scrubber, environment_secrets
from tfproof.report.formats import FORMATS
from tfproof.report.model import schema

ALL = list(CANARIES.values())
BY_LOOKS = [value for name, value in CANARIES.items() if not name.startswith(("password", "phrase", "unicode"))]
"""Those that can be told from other texts wherever they stand."""


def seen(text: str) -> list[str]:
    """The canaries in a text, however the format writes it."""
    found = []
    for name, value in CANARIES.items():
        for part in (value, *(line for line in value.splitlines() if len(line) > 10)):
            written = {
                part,
                json.dumps(part)[1:-1],
                json.dumps(part, ensure_ascii=False)[1:-1],
                escape(part),
                quote(part),
            }
            if any(form in text for form in written):
                found.append(name)
                break
    return found


def planted_state() -> dict[str, Any]:
    """Each canary in an attribute that says secret, in one that is marked, in an output, and by its looks anywhere."""
    resources = [state_bucket()]
    for number, value in enumerate(ALL):
        mark = [[{"type": "get_attr", "value": "result"}]]
        resources += [
            resource(f"random_password.r{number}", {"result": value}, sensitive_attributes=mark),
            resource(f"aws_db_instance.d{number}", {"password": value}, status="tainted"),
        ]
    for number, value in enumerate(BY_LOOKS):
        resources.append(resource(f"aws_instance.i{number}", {"user_data": f"x={value}", "tags": {value: value}}))
        resources.append(resource(f"aws_instance.k{number}", {"id": "i"}, index_key=value, status="tainted"))
    outputs = {f"o{n}": {"value": value, "type": "string", "sensitive": True} for n, value in enumerate(ALL)}
    outputs |= {f"open{n}": {"value": [value], "type": ["list", "string"]} for n, value in enumerate(BY_LOOKS)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": BY_LOOKS[0], "Effect": "Deny"}]})
    resources.append(resource("aws_s3_bucket_policy.tf_state", {"bucket": "acme-tfstate", "policy": policy}))
    return state(resources, outputs=outputs)


def planted_plan() -> dict[str, Any]:
    """Each canary in a variable, in what is marked, in what says secret, and in what Terraform itself says."""
    changes = []
    for number, value in enumerate(ALL):
        marks: dict[str, Any] = {"before_sensitive": {"value": True}, "after_sensitive": {"value": True}}
        changes += [
            change(f"aws_ssm_parameter.p{number}", {"value": value}, {"value": value + "x"}, **marks),
            change(f"aws_db_instance.d{number}", {"password": value}, None),
            # A setting that is compared, and shown when it gets weaker.
            change(
                f"aws_dynamodb_table.t{number}",
                {"server_side_encryption": [{"enabled": True, "kms_key_arn": value}]},
                {"server_side_encryption": [{"enabled": True, "kms_key_arn": None}]},
                before_sensitive={"server_side_encryption": [{"kms_key_arn": True}]},
            ),
        ]
    variables = {f"v{number}": {"value": value} for number, value in enumerate(ALL)}
    declared = {name: {"sensitive": True} for name in variables}
    checks = [{"instances": [{"problems": [{"message": value}]}]} for value in ALL]
    return plan(
        changes,
        variables=variables,
        configuration={"root_module": {"variables": declared}},
        output_changes={
            f"o{n}": {"actions": ["create"], "after": value, "after_sensitive": True} for n, value in enumerate(ALL)
        },
        checks=checks,
    )


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("made", [planted_state, planted_plan], ids=["state", "plan"])
def test_no_canary_of_a_document_comes_out(
    made: Any, shape: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    document = made()
    file = tmp_path / "document.json"
    file.write_bytes(as_bytes(document))
    assert len(seen(json.dumps(document))) == len(CANARIES) == 50  # they are in there, and would be recognised

    assert cli.main(["audit", str(file), "--format", shape]) == 1

    told = capfd.readouterr()
    assert len(told.out) > 1000
    assert seen(told.out + told.err + caplog.text) == []


def test_no_canary_of_the_environment_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # The worst case: the secret is also the name of what is audited.
    for number, value in enumerate(ALL):
        monkeypatch.setenv(f"TF_VAR_canary_{number}_secret", value)
        monkeypatch.setenv(f"CANARY_{number}_PASSWORD", value)
    name = CANARIES["password 1"]
    file = tmp_path / f"{name}.json"
    file.write_bytes(as_bytes(state([state_bucket(name)])))

    assert cli.main(["audit", str(file), "--format", "json", "--bucket", name]) == 1
    assert cli.main(["audit", str(tmp_path / name)]) == 2

    told = capfd.readouterr()
    assert "(redacted)" in told.out
    assert "(redacted)" in told.err
    assert seen(told.out + told.err) == []


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_no_canary_comes_out_of_an_error_about_a_broken_document(
    cut: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document.json"
    for made in (planted_state(), planted_plan()):
        data = as_bytes(made)
        for broken in (data[: int(len(data) * cut)], data.replace(b'"mode"', b'"mode', 1), data + data):
            file.write_bytes(broken)
            cli.main(["audit", str(file)])

    told = capfd.readouterr()
    assert seen(told.out + told.err) == []


def test_no_canary_is_in_a_traceback_with_the_values_of_its_frames(tmp_path: Path) -> None:
    from tfproof.audit.audited import audit_bytes  # noqa: PLC0415

    broken = planted_plan()
    broken["resource_changes"][5]["change"]["actions"] = 7
    del tmp_path
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whichever it is
        audit_bytes(as_bytes(broken), "plan.json")

    assert seen("".join(traceback.format_exception(caught.value))) == []


OUR_WORDS = ["secret", "passed", "failed", "undecided", "medium", "state-tainted", "reason", "tfproof", "remedy"]


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("word", OUR_WORDS)
def test_a_secret_that_is_one_of_our_own_words_leaves_the_report_as_it_is(
    word: str, shape: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mark = [[{"type": "get_attr", "value": "password"}]]
    sound = resource("aws_db_instance.db", {"password": word}, sensitive_attributes=mark)
    tainted = resource("aws_instance.web", {"id": "i-1"}, index_key=f"x {word} y", status="tainted")
    for name, resources, code in (("good", [sound], 0), ("bad", [sound, tainted], 1)):
        file = tmp_path / f"{name}.tfstate"
        file.write_bytes(as_bytes(state(resources)))

        assert cli.main(["audit", str(file), "--format", shape]) == code

        told = capfd.readouterr().out
        assert f"x {word} y" not in told
        if shape == "json":
            evidence = json.loads(told)
            jsonschema.validate(evidence, schema())
            outcomes = {check["id"]: check["outcome"] for check in evidence["checks"]}
            assert outcomes["state-tainted"] == ("failed" if code else "passed")


# Nothing tells these from other texts.
PLAIN = ("quoted", "lines", "hex")


@pytest.mark.parametrize("name", [name for name in CANARIES if CANARIES[name] in BY_LOOKS and name not in PLAIN])
def test_the_last_look_takes_out_what_can_be_told_by_its_looks(name: str) -> None:
    assert seen(Scrubber().text(f"before {CANARIES[name]} after")) == []


def test_the_environment_names_its_secrets() -> None:
    secret = {"DB_PASSWORD": "a", "TF_VAR_api_key": "b", "AWS_SECRET_ACCESS_KEY": "c", "TF_TOKEN_x": "d"}
    plain = {"HOME": "e", "PATH": "f", "TF_VAR_region": "g", "AWS_ACCESS_KEY_ID": "h"}

    assert sorted(environment_secrets({**plain, **secret})) == ["a", "b", "c", "d"]
