"""What a state shows by itself, and its versions together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from documents import as_bytes, resource, state

from tfproof.audit.audited import audit_bytes
from tfproof.audit.inputs import expand
from tfproof.audit.run import Auditing, audit_all
from tfproof.audit.state_checks import StateVersion, history_findings
from tfproof.checks.finding import Verdict


def failed(document: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for finding in audit_bytes(as_bytes(document), "s").findings:
        if finding.verdict is Verdict.FAILED:
            found.setdefault(finding.check_id, []).append((finding.answer.subject, finding.answer.found))
    return found


def test_a_sound_state_fails_nothing() -> None:
    assert failed(state([resource("aws_instance.web", {"id": "i-1"})])) == {}


def test_tainted_and_deposed_instances_are_named() -> None:
    tainted = resource("module.a.aws_instance.web", {"id": "i-1"}, status="tainted", index_key="blue")
    deposed = resource("aws_instance.db", {"id": "i-2"}, deposed="00000001")

    assert failed(state([tainted, deposed])) == {
        "state-tainted": [('module.a.aws_instance.web["blue"]', "tainted")],
        "state-deposed": [("aws_instance.db", "a deposed object")],
    }


def test_an_address_that_stands_twice_is_named() -> None:
    twice = [resource("aws_instance.web", {"id": "i-1"}), resource("aws_instance.web", {"id": "i-2"})]

    assert failed(state(twice)) == {"state-addresses": [("aws_instance.web", "twice or more")]}


@pytest.mark.parametrize(
    ("provider", "verdict"),
    [
        ('provider["registry.terraform.io/hashicorp/aws"]', Verdict.PASSED),
        ('module.a.provider["registry.opentofu.org/hashicorp/aws"].replica', Verdict.PASSED),
        ('provider["registry.terraform.io/-/aws"]', Verdict.FAILED),
        ("provider.aws", Verdict.FAILED),
        ('provider["mirror.example.com/acme/thing"]', Verdict.UNDECIDED),
    ],
)
def test_providers_are_told_apart(provider: str, verdict: Verdict) -> None:
    entry = {**resource("aws_instance.web", {"id": "i-1"}), "provider": provider}
    (finding,) = [
        item for item in audit_bytes(as_bytes(state([entry])), "s").findings if item.check_id == "state-providers"
    ]

    assert finding.verdict is verdict


@pytest.mark.parametrize(
    ("versions", "paths"),
    [
        ([(1, "a"), (2, "a"), (2, "a"), (5, "a")], []),
        ([(1, "a"), (3, "a"), (2, "a")], ["serial"]),
        ([(1, "a"), (2, "b")], ["lineage"]),
        ([(1, "a"), (2, "b"), (1, "b")], ["lineage", "serial"]),
    ],
)
def test_serials_grow_and_the_lineage_stays(versions: list[tuple[int, str]], paths: list[str]) -> None:
    made = history_findings(StateVersion(f"v{n}", serial, lineage) for n, (serial, lineage) in enumerate(versions))

    assert [item.answer.path for item in made if item.verdict is Verdict.FAILED] == paths


@pytest.mark.parametrize("last", [b"", b"{", as_bytes({"version": 3, "serial": 1, "modules": []})])
def test_a_backup_that_cannot_be_read_hides_nothing_of_the_others(last: bytes, tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(as_bytes(state(serial=4)))
    (tmp_path / "terraform.tfstate.1690000000.backup").write_bytes(as_bytes(state(serial=9)))
    (tmp_path / "terraform.tfstate.backup").write_bytes(last)

    found = [
        (finding.check_id, finding.answer.found)
        for audited in audit_all(list(expand([str(tmp_path)], pytest.fail)), Auditing(jobs=1))
        for finding in audited.findings
        if finding.verdict is Verdict.FAILED
    ]

    assert ("state-history", "4") in found
    assert "input-readable" in {check for check, _ in found}


def test_a_state_is_compared_with_the_backups_beside_it(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(as_bytes(state(serial=4)))
    (tmp_path / "terraform.tfstate.backup").write_bytes(as_bytes(state(serial=9)))
    inputs = list(expand([str(tmp_path)], lambda _: pytest.fail("no S3 here")))

    found = [item for audited in audit_all(inputs, Auditing(jobs=1)) for item in audited.findings]

    (answer,) = [item.answer for item in found if item.check_id == "state-history"]
    assert answer.found == "4"
    assert answer.expected.startswith("9 or more")


def settings(**config: Any) -> dict[str, Any]:
    return {"version": 3, "serial": 1, "lineage": "x", "backend": {"type": "s3", "config": config, "hash": 1}}


@pytest.mark.parametrize(
    ("config", "failing"),
    [
        ({"encrypt": True, "kms_key_id": "arn:aws:kms:::key/1", "use_lockfile": True}, []),
        ({"encrypt": None, "kms_key_id": None, "dynamodb_table": "locks"}, []),
        ({"encrypt": True, "kms_key_id": None, "use_lockfile": True}, ["AES256"]),
        ({"encrypt": None, "kms_key_id": "arn:aws:kms:::key/1", "use_lockfile": True}, ["kms_key_id is ignored"]),
        ({"encrypt": True, "kms_key_id": "k"}, ["neither"]),
        ({"use_lockfile": True, "secret_key": "hunter2hunter2"}, ["secret_key in clear"]),
    ],
)
def test_backend_settings_that_bypass_the_key_or_do_not_lock(config: dict[str, Any], failing: list[str]) -> None:
    found = failed(settings(**config)).get("backend-settings", [])

    assert len(found) == len(failing)
    for (_, text), part in zip(found, failing, strict=True):
        assert part in text
        assert "hunter2" not in text
