"""The evidence of a proof: follows the published schema, and names the statement that allowed a state's write."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tfproof import cli
from tfproof.backend_use.encryption import WrittenState
from tfproof.backend_use.operations import operation_by_name
from tfproof.backend_use.scratch import Ran
from tfproof.backend_use.trial import Trial
from tfproof.backend_use.use import BackendUse
from tfproof.checks.catalogue import check_by_id
from tfproof.checks.finding import Answer, Layer, Verdict
from tfproof.gateway.call import Call
from tfproof.gateway.call_log import CallLog
from tfproof.gateway.needs.need import Basis, Need
from tfproof.proof.proof import Proof, Step
from tfproof.report.evidence import evidence
from tfproof.report.model import schema

ROLE = "arn:aws:iam::123456789012:role/terraform"
KEY = "arn:aws:kms:us-east-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1"
OBJECT = "arn:aws:s3:::acme-states/terraform.tfstate"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "States", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::acme-states/*"},
            {"Sid": "Key", "Effect": "Allow", "Action": "kms:*", "Resource": KEY},
        ],
    }
)


def call(
    number: int, service: str, operation: str, need: Need, *, decision: str = "allowed", caused_by: int = 0
) -> Call:
    return Call(
        number=number,
        time=0.0,
        seconds=0.0,
        principal=ROLE,
        access_key="x",
        service=service,
        operation=operation,
        needs=(need,),
        decision=decision,
        reason="" if decision == "allowed" else "denied by DenyUnsupportedEncryptionAlgorithm",
        implied=caused_by > 0,
        caused_by=caused_by,
    )


def proof(*, refused: bool = False) -> Proof:
    put = Need("s3:PutObject", OBJECT, {"s3:x-amz-server-side-encryption": "AES256" if refused else "aws:kms"})
    use_key = Need("kms:GenerateDataKey", KEY, {}, Basis.MODELLED, implied=True)
    calls = [call(1, "s3", "PutObject", put, decision="explicitDeny" if refused else "allowed")]
    calls += [] if refused else [call(2, "kms", "GenerateDataKey", use_key, caused_by=1)]
    trial = Trial(
        operation=operation_by_name("apply"),
        ran=Ran(0, "", "", 1.0),
        calls=CallLog(calls),
        lock_left=False,
        state_changed=True,
        digest_right=True,
        errored=False,
        policies=(POLICY,),
    )
    setting = "encrypt alone" if refused else "encrypt and kms_key_id"
    written = WrittenState(setting, ROLE, "acme-states", (), CallLog(calls), 0, "")
    key = "aws_kms_key.tf_state"
    answer = Answer(Verdict.FAILED, key, "enable_key_rotation", "true", "false", key)
    return Proof(
        module="modules/state-backend",
        target="moto",
        target_kind="embedded",
        terraform="terraform 1.11.4",
        providers="a mirror",
        steps=[Step("plan", 1.0)],
        findings=[check_by_id("key-rotation").finding(Layer.PLAN, answer)],
        use=BackendUse("dynamodb", ROLE, [written], {"apply": trial}),
        complete=True,
    )


@pytest.mark.parametrize("refused", [False, True])
def test_it_follows_the_published_schema(refused: bool) -> None:  # noqa: FBT001
    jsonschema.validate(evidence(proof(refused=refused)), schema())


def test_the_statements_that_allowed_the_write_and_the_key_are_named() -> None:
    (state,) = evidence(proof())["backend_use"]["states"]

    assert [(item["action"], item["basis"], item["statements"]) for item in state["allowed_by"]] == [
        ("s3:PutObject", "observed", ["States"]),
        ("kms:GenerateDataKey", "modelled", ["Key"]),
    ]


def test_a_write_that_was_refused_was_allowed_by_nothing_and_says_why() -> None:
    (state,) = evidence(proof(refused=True))["backend_use"]["states"]

    assert state["allowed_by"] == []
    assert "DenyUnsupportedEncryptionAlgorithm" in state["reason"]


def test_the_line_of_what_failed_is_in_it(pytestconfig: pytest.Config) -> None:
    from tfproof.terraform import ModuleSource  # noqa: PLC0415

    source = ModuleSource(pytestconfig.rootpath / "modules" / "state-backend")
    checks = {check["id"]: check for check in evidence(proof(), source.locate)["checks"]}

    (finding,) = checks["key-rotation"]["findings"]
    assert checks["key-rotation"]["outcome"] == "failed"
    assert finding["source"]["file"].endswith("kms.tf")
    (line,) = [line["text"] for line in finding["source"]["lines"] if line["line"] == finding["source"]["line"]]
    assert line.strip().startswith("enable_key_rotation")


@pytest.mark.parametrize(
    ("shape", "part"), [("html", "How states are"), ("sarif", "key-rotation"), ("junit", "<failure")]
)
def test_the_evidence_is_shown_in_any_format(
    tmp_path: Path, shape: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence(proof())), encoding="utf-8")

    assert cli.main(["report", str(file), "--format", shape]) == 0
    assert part in capsys.readouterr().out


def test_evidence_that_cannot_be_read_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "evidence.json"
    file.write_text('{"format_version": "1.0"}', encoding="utf-8")

    assert cli.main(["report", str(file)]) == 2
    assert cli.main(["report", str(tmp_path / "nowhere")]) == 2
    assert "format 1.1" in capsys.readouterr().err
