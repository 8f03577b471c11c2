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
from tfproof.audit.errors import DocumentError
from tfproof.audit.scrub import Scrubber, environment_secrets
from tfproof.report.excerpt import without_literals
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


def test_no_canary_is_in_the_traceback_of_an_error_or_of_what_caused_it() -> None:
    from tfproof.audit.audited import audit_bytes  # noqa: PLC0415

    broken = planted_plan()
    broken["resource_changes"][5]["change"]["actions"] = 7
    with pytest.raises(DocumentError) as caught:
        audit_bytes(as_bytes(broken), "plan.json")

    # The values of the frames are the document itself: nothing of tfproof prints those.
    assert seen("".join(traceback.format_exception(caught.value))) == []
    assert caught.value.__context__ is not None
    assert seen("".join(traceback.format_exception(caught.value.__context__))) == []


def test_no_canary_comes_out_of_a_fault_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document.json"
    file.write_bytes(as_bytes(planted_state()))
    monkeypatch.setattr("tfproof.audit.audited.find_backends", lambda *_, **__: 1 // 0)

    assert cli.main(["audit", str(file)]) == 3

    told = capfd.readouterr().err
    assert "ZeroDivisionError" in told
    assert "audited.py" in told
    assert seen(told) == []


PHRASE = "correct horse battery"
VALUE_MARK = [[{"type": "get_attr", "value": "value"}]]


@pytest.mark.parametrize("shape", ["json", "html", "sarif"])
@pytest.mark.parametrize("options", [[], ["--no-secrets"]], ids=["", "no-secrets"])
def test_what_a_state_marks_is_not_shown_where_the_source_writes_it(
    options: list[str], shape: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parameter = resource(
        "aws_ssm_parameter.db", {"value": PHRASE}, sensitive_attributes=VALUE_MARK, status="tainted", deposed="ab"
    )
    parameter["instances"].append({**parameter["instances"][0]})
    del parameter["instances"][1]["deposed"]
    source, file = tmp_path / "src", tmp_path / "a.tfstate"
    source.mkdir()
    (source / "main.tf").write_text(
        f'resource "aws_ssm_parameter" "db" {{\n  value = "{PHRASE}"\n  password = "hunter2 and more"\n}}\n'
    )
    file.write_bytes(as_bytes(state([parameter])))

    assert cli.main(["audit", str(file), "--format", shape, "--source", str(source), *options]) == 1

    told = capfd.readouterr().out
    assert "aws_ssm_parameter" in told
    assert PHRASE not in told
    assert "hunter2" not in told


@pytest.mark.parametrize("options", [[], ["--no-secrets"]], ids=["", "no-secrets"])
@pytest.mark.parametrize(
    ("secret", "holders"),
    [
        ("of an output", {"outputs": {"x": {"value": "of an output", "type": "string", "sensitive": True}}}),
        ("Hans", {"outputs": {"x": {"value": {"a": ["Hans"]}, "type": "string", "sensitive": True}}}),
        ("of a name", {"resources": [resource("a.b", {"list": [{"db_password": "of a name"}]})]}),
        ("named list", {"resources": [resource("a.b", {"auth_token": ["named list"]})]}),
        ("named output", {"outputs": {"db_password": {"value": "named output", "type": "string"}}}),
        ("in an output", {"outputs": {"db": {"value": {"password": "in an output"}, "type": "string"}}}),
        (
            "in a block",
            {
                "resources": [
                    resource(
                        "a.b",
                        {"list": [{"plain": "in a block"}]},
                        sensitive_attributes=[
                            [
                                {"type": "get_attr", "value": "list"},
                                {"type": "index", "value": {"value": 0, "type": "number"}},
                                {"type": "get_attr", "value": "plain"},
                            ]
                        ],
                    )
                ]
            },
        ),
    ],
)
def test_what_is_hidden_is_not_shown_as_an_index_key(
    secret: str, holders: dict[str, Any], options: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tainted = resource("aws_instance.web", {"id": "i-1"}, index_key=secret, status="tainted")
    file = tmp_path / "a.tfstate"
    resources = [*holders.get("resources", []), tainted]
    file.write_bytes(as_bytes(state(resources, outputs=holders.get("outputs", {}))))

    assert cli.main(["audit", str(file), "--format", "json", *options]) == 1

    told = capfd.readouterr().out
    assert secret not in told
    assert 'aws_instance.web[\\"(redacted)\\"]' in told


def test_secrets_are_not_shown_however_many_there_are(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    many = {f"p{number}": f"a value of many {number}" for number in range(21_000)}
    marks = [[{"type": "get_attr", "value": name}] for name in many]
    first = state([resource("aws_x.many", many, sensitive_attributes=marks)])
    last = state(
        [
            resource("aws_ssm_parameter.db", {"value": PHRASE}, sensitive_attributes=VALUE_MARK),
            resource("aws_instance.web", {"id": "i-1"}, index_key=PHRASE, status="tainted"),
        ]
    )
    for name, document in (("a", first), ("b", last)):
        (tmp_path / f"{name}.tfstate").write_bytes(as_bytes(document))

    assert cli.main(["audit", str(tmp_path), "--format", "json"]) == 1

    assert PHRASE not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("env prod", "env (redacted)"),
        ("production, prod.", "production, (redacted)."),
        ("abc", "abc"),
        ("my-longer", "my-(redacted)"),
        ("xlongerx", "x(redacted)x"),
        ("longer one", "(redacted)"),
    ],
)
def test_short_secrets_are_taken_out_as_words_and_longer_ones_anywhere(text: str, shown: str) -> None:
    assert Scrubber(["abc", "prod", "longer", "longer one"]).text(text) == shown


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (['password = "a b"'], ['password = "(redacted)"']),
        (['  master_password   = "a\\"b" # c'], ['  master_password   = "(redacted)" # c']),
        (['"auth_token": "abcdef",'], ['"auth_token": "(redacted)",']),
        (['x = { name = "n", token = "t" }'], ['x = { name = "n", token = "(redacted)" }']),
        (['password = var.a ? "b" : "c"'], ['password = var.a ? "(redacted)" : "(redacted)"']),
        (['password = "no end'], ['password = "(redacted)"']),
        (['password = "${var.password}"'], ['password = "${var.password}"']),
        (['password = "x${var.a}"'], ['password = "(redacted)"']),
        (["password = var.password"], ["password = var.password"]),
        (['password_length = "16"'], ['password_length = "16"']),
        (['count = var.password == "x" ? 1 : 0'], ['count = var.password == "x" ? 1 : 0']),
        (["private_key = <<-EOT", "line", "  EOT", "line"], ["private_key = <<-EOT", "(redacted)", "  EOT", "line"]),
        (["policy = <<EOT", "line", "EOT"], ["policy = <<EOT", "line", "EOT"]),
        (
            ['variable "db_password" {', '  default = "x"', "}", 'default = "y"'],
            ['variable "db_password" {', '  default = "(redacted)"', "}", 'default = "y"'],
        ),
    ],
)
def test_what_the_source_assigns_to_a_name_that_says_secret_is_blanked(lines: list[str], shown: list[str]) -> None:
    assert without_literals(lines) == shown


OUR_WORDS = [
    "secret",
    "passed",
    "failed",
    "undecided",
    "medium",
    "state-tainted",
    "reason",
    "tfproof",
    "remedy",
    "audit",
    "high",
]


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
