"""Every format is made from the evidence, which follows its schema, as SARIF follows SARIF's."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from budget import at_night
from documents import as_bytes, change, plan, resource, state, state_bucket
from sample_evidence import audited, proved

from tfproof import cli
from tfproof.errors import UsageError
from tfproof.report.formats import FORMATS, render
from tfproof.report.model import read_evidence, schema

SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
MODULE = "modules/state-backend"
TRICKY = 'a|b`c*<script>alert("1")</script>&\u0007\ufffe[0]["x.y"]'


def documents() -> dict[str, dict[str, Any]]:
    policy = {"bucket": "acme", "policy": '{"Version": "2012-10-17", "Statement": []}'}
    return {
        "sound": state([resource("aws_instance.web", {"id": "i-1"})]),
        "open bucket": state([state_bucket()]),
        "tricky names": state([resource("aws_instance.web", {}, index_key=TRICKY, status="tainted")]),
        "nothing": state(),
        "plan": plan(
            [
                change("aws_s3_bucket_policy.tf_state", policy, {"bucket": "acme"}, after_unknown={"policy": True}),
                change("aws_kms_key.tf_state", {"deletion_window_in_days": 7}, None),
            ]
        ),
    }


def made(tmp_path: Path, name: str, shape: str, *options: str, root: Path | None = None) -> str:
    file, output = tmp_path / f"{name}.json", tmp_path / "out"
    file.write_bytes(as_bytes(documents()[name]))
    source = ["--source", str(root / MODULE)] if root is not None else []
    code = cli.main(["audit", str(file), "--format", shape, "--output", str(output), *source, *options])
    assert code in (0, 1)
    return output.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", documents())
def test_evidence_follows_its_published_schema(tmp_path: Path, name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())

    jsonschema.validate(json.loads(made(tmp_path, name, "json")), schema())


def test_the_schema_refuses_what_is_no_evidence(tmp_path: Path) -> None:
    good = json.loads(made(tmp_path, "open bucket", "json"))
    bad: list[dict[str, Any]] = [
        {**good, "verdict": "fine"},
        {**good, "format_version": "2.0"},
        {key: value for key, value in good.items() if key != "inputs"},
        {**good, "kind": "audit-backend"},
        {**good, "checks": [{**good["checks"][0], "outcome": "maybe"}]},
    ]
    for document in bad:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, schema())


@pytest.mark.parametrize("name", documents())
def test_sarif_follows_the_schema_of_sarif(tmp_path: Path, name: str) -> None:
    jsonschema.Draft4Validator(SARIF).validate(json.loads(made(tmp_path, name, "sarif")))


def test_every_check_is_a_rule_that_sarif_allows() -> None:
    from tfproof.audit.catalogue import AUDIT_CHECKS  # noqa: PLC0415
    from tfproof.checks.catalogue import JOURNEY_CHECKS  # noqa: PLC0415
    from tfproof.report.model import check_entry, head  # noqa: PLC0415

    checks = [check_entry(check, "passed", []) for check in (*AUDIT_CHECKS, *JOURNEY_CHECKS)]
    evidence = {**head("audit", "passed", 1.0), "checks": checks, "notes": []}

    jsonschema.Draft4Validator(SARIF).validate(json.loads(render(evidence, "sarif")))


def test_sarif_points_at_the_line_of_the_configuration(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    results = json.loads(made(tmp_path, "plan", "sarif", root=root))["runs"][0]["results"]
    by_rule = {result["ruleId"]: result for result in results}

    key = by_rule["plan-key-deletion"]["locations"][0]["physicalLocation"]
    assert key["artifactLocation"]["uri"].endswith(f"{MODULE}/kms.tf")
    assert key["region"]["snippet"]["text"] == 'resource "aws_kms_key" "tf_state" {'
    lines = (root / MODULE / "kms.tf").read_text(encoding="utf-8").splitlines()
    assert lines[key["region"]["startLine"] - 1] == key["region"]["snippet"]["text"]
    policy = by_rule["plan-widens-permissions"]
    assert (policy["kind"], policy["level"]) == ("review", "none")
    assert policy["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "aws_s3_bucket_policy.tf_state"


def test_sarif_without_the_source_points_at_what_was_audited(tmp_path: Path) -> None:
    (result,) = json.loads(made(tmp_path, "tricky names", "sarif"))["runs"][0]["results"]

    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == f"file://{tmp_path}/tricky%20names.json"


def test_fingerprints_are_the_same_in_every_run_and_differ_between_findings(tmp_path: Path) -> None:
    first, second = (json.loads(made(tmp_path, "open bucket", "sarif"))["runs"][0]["results"] for _ in range(2))
    prints = [result["partialFingerprints"]["tfproof/v1"] for result in first]

    assert prints == [result["partialFingerprints"]["tfproof/v1"] for result in second]
    assert len(set(prints)) == len(prints) > 10


def test_what_one_policy_allows_anew_is_told_apart(tmp_path: Path) -> None:
    def policy(*actions: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}

    file, output = tmp_path / "plan.json", tmp_path / "out"
    wider = change("aws_iam_policy.x", policy("s3:ListBucket"), policy("s3:ListBucket", "s3:GetObject", "kms:Decrypt"))
    file.write_bytes(as_bytes(plan([wider])))
    assert cli.main(["audit", str(file), "--format", "sarif", "--output", str(output)]) == 1

    results = json.loads(output.read_text(encoding="utf-8"))["runs"][0]["results"]
    prints = [result["partialFingerprints"]["tfproof/v1"] for result in results]
    assert len(set(prints)) == len(prints) > 1


def test_an_accepted_finding_is_suppressed_in_sarif_and_skipped_in_junit(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.toml"
    baseline.write_text('[[accepted]]\ncheck = "state-tainted"\nreason = "on Sunday"\nuntil = 2999-01-01\n')
    accepted = ("--baseline", str(baseline))

    (result,) = json.loads(made(tmp_path, "tricky names", "sarif", *accepted))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "on Sunday (until 2999-01-01)"}]
    (case,) = [
        item
        for item in ET.fromstring(made(tmp_path, "tricky names", "junit", *accepted)).iter("testcase")  # noqa: S314
        if item.get("name") == "state-tainted"
    ]
    assert [child.tag for child in case] == ["skipped"]


def test_of_a_check_that_is_accepted_in_part_junit_tells_the_open_findings(tmp_path: Path) -> None:
    baseline, file, output = tmp_path / "baseline.toml", tmp_path / "a.tfstate", tmp_path / "out"
    baseline.write_text(
        '[[accepted]]\ncheck = "state-tainted"\naddress = "a.known"\nreason = "x"\nuntil = 2999-01-01\n'
    )
    file.write_bytes(as_bytes(state([resource(f"a.{name}", {}, status="tainted") for name in ("known", "new")])))

    where = ["--baseline", str(baseline), "--format", "junit", "--output", str(output)]
    assert cli.main(["audit", str(file), *where]) == 1

    (failure,) = ET.fromstring(output.read_text()).iter("failure")  # noqa: S314
    assert "a.new" in str(failure.text)
    assert "a.known" not in str(failure.text)


@pytest.mark.parametrize(
    ("name", "options", "failures", "errors"),
    [
        ("tricky names", [], 1, 0),  # medium
        ("tricky names", ["--fail-on", "high"], 0, 0),
        ("plan", ["--select", "plan-widens-permissions"], 0, 0),  # undecided, and high
        ("plan", ["--select", "plan-widens-permissions", "--fail-on-undecided"], 0, 1),
        ("plan", ["--select", "plan-widens-permissions", "--fail-on-undecided", "--fail-on", "critical"], 0, 0),
    ],
)
def test_junit_counts_what_makes_the_audit_fail(
    tmp_path: Path, name: str, options: list[str], failures: int, errors: int
) -> None:
    file, output = tmp_path / "document.json", tmp_path / "out"
    file.write_bytes(as_bytes(documents()[name]))

    code = cli.main(["audit", str(file), "--format", "junit", "--output", str(output), *options])

    root = ET.fromstring(output.read_text(encoding="utf-8"))  # noqa: S314
    assert (root.get("failures"), root.get("errors")) == (str(failures), str(errors))
    assert (len(list(root.iter("failure"))), len(list(root.iter("error")))) == (failures, errors)
    assert code == (1 if failures + errors else 0)
    assert int(root.get("skipped") or 0) == len(list(root.iter("skipped")))
    if code == 0:
        assert any("expected" in str(item.text) for item in root.iter("skipped"))  # told all the same


@pytest.mark.parametrize("name", documents())
def test_junit_is_xml_whose_counts_are_those_of_its_cases(tmp_path: Path, name: str) -> None:
    root = ET.fromstring(made(tmp_path, name, "junit"))  # noqa: S314  # our own
    evidence = json.loads(made(tmp_path, name, "json"))

    cases = list(root.iter("testcase"))
    failures = [check["id"] for check in evidence["checks"] if check["outcome"] == "failed"]
    assert [case.get("name") for case in cases] == [check["id"] for check in evidence["checks"]]
    assert [case.get("name") for case in cases if case.find("failure") is not None] == failures
    assert int(root.get("failures") or 0) == len(failures)
    assert int(root.get("errors") or 0) == len([case for case in cases if case.find("error") is not None])


def test_markdown_lets_nothing_of_a_name_through_as_markup(tmp_path: Path) -> None:
    text = made(tmp_path, "tricky names", "markdown")

    for line in text.splitlines():
        outside = "".join(part for number, part in enumerate(line.split("``")) if number % 2 == 0)
        assert "<script>" not in outside
    assert "state-tainted" in text


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("name", documents())
def test_every_format_names_what_failed(tmp_path: Path, name: str, shape: str) -> None:
    evidence = json.loads(made(tmp_path, name, "json"))
    text = made(tmp_path, name, shape)

    for check in evidence["checks"]:
        if check["outcome"] == "failed":
            assert check["id"] in text


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"format_version": "1.0", "kind": "proof", "checks": []}'])
def test_what_is_no_evidence_cannot_be_rendered(text: str) -> None:
    with pytest.raises(UsageError):
        read_evidence(text, "evidence.json")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document; of a list the first."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*path, name))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*path, 0))


def _broken(document: dict[str, Any], path: tuple[Any, ...], how: Any) -> dict[str, Any]:
    made: Any = copy.deepcopy(document)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    if how is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = how
    return dict(made)


@pytest.mark.parametrize("kind", ["audit", "proof"])
@pytest.mark.parametrize("how", [None, "x", 7, [], {}, [None]][: at_night(6, 2)], ids=str)
def test_evidence_that_lacks_something_is_refused_or_rendered_and_never_a_traceback(
    kind: str, how: Any, tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"audit": audited, "proof": proved}[kind](tmp_path, pytestconfig.rootpath)
    file = tmp_path / "broken.json"
    codes = set()
    for path in _places(good):
        file.write_text(json.dumps(_broken(good, path, how)), encoding="utf-8")
        for shape in ("html", "sarif", "junit", "markdown")[: at_night(4, 2)]:
            codes.add(code := cli.main(["report", str(file), "--format", shape, "--output", str(tmp_path / "report")]))
            assert code in (0, 2), path
            if path in {("verdict",), ("seconds",), ("checks", 0, "severity")} and how != 7:
                assert code == 2, path
    assert codes == {0, 2}
    assert "Traceback" not in capsys.readouterr().err


def test_what_is_wrong_with_evidence_is_said(tmp_path: Path) -> None:
    good = json.loads(made(tmp_path, "open bucket", "json"))
    good["checks"][1]["findings"][0]["layer"] = "moon"

    with pytest.raises(UsageError, match=r"checks\[1\]\.findings\[0\]\.layer is none of"):
        read_evidence(json.dumps(good), "x")
