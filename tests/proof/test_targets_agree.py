"""Two emulators of different make, one journey: they must come to the same findings and the same calls."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localstack_process import serving_localstack

pytestmark = [pytest.mark.localstack_host, pytest.mark.xdist_group("localstack")]

# Without the lifecycle, which takes a minute at each: its three checks fail at both.
VARIABLES = ("--var", "lifecycle_enabled=false")


def evidence(root: Path, folder: Path, *target: str) -> dict[str, Any]:
    """What a proof of the module finds at a target."""
    (folder / "tmp").mkdir(parents=True)
    file = folder / "evidence.json"
    done = subprocess.run(
        [sys.executable, "-m", "tfproof.cli", "prove", "modules/state-backend", "--var", "bucket_name=tfproof-agree",
         *VARIABLES, *target, "--evidence", str(file)],
        cwd=root,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert document["complete"]
    return document


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    folder, root = tmp_path_factory.mktemp("agree"), request.config.rootpath
    (folder / "localstack").mkdir()
    embedded = evidence(root, folder / "at-embedded")
    with serving_localstack(folder / "localstack") as host:
        where = ("--target", "localstack", "--endpoint-url", host.endpoint)
        yield [embedded, evidence(root, folder / "at-localstack", *where)]


def same_names(text: str) -> str:
    """A text without what is another in every run, and without the emulators' own words for a refusal."""
    for pattern, name in (
        (r"tfproof-trial-\d+", "TRIAL"),
        (r"\b\d{12}\b", "ACCOUNT"),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
        # Long messages are cut short, and where depends on how long an emulator's request id is.
        (r'RequestID: [^"\\]*', "REQUEST"),
    ):
        text = re.sub(pattern, name, text)
    return text


def test_they_are_two(both: list[dict[str, Any]]) -> None:
    assert [found["target"]["kind"] for found in both] == ["embedded", "localstack"]


def test_every_check_has_the_same_outcome(both: list[dict[str, Any]]) -> None:
    embedded, localstack = ({check["id"]: check["outcome"] for check in found["checks"]} for found in both)

    assert localstack == embedded
    assert {name for name, outcome in embedded.items() if outcome == "failed"} == {
        "noncurrent-versions",
        "incomplete-uploads",
        "lock-file-versions",
    }


def test_every_finding_is_the_same(both: list[dict[str, Any]]) -> None:
    def text(finding: dict[str, Any]) -> str:
        # Made of the rest, names and all.
        return same_names(json.dumps({**finding, "fingerprint": ""}, sort_keys=True))

    def findings(found: dict[str, Any]) -> dict[str, list[str]]:
        return {check["id"]: sorted(map(text, check["findings"])) for check in found["checks"]}

    embedded, localstack = map(findings, both)
    different = {
        name: set(embedded[name]) ^ set(localstack[name]) for name in embedded if embedded[name] != localstack[name]
    }

    assert different == {}


def test_backend_does_the_same(both: list[dict[str, Any]]) -> None:
    def use(found: dict[str, Any]) -> Any:
        return json.loads(same_names(json.dumps(found["backend_use"])))

    embedded, localstack = map(use, both)

    assert localstack == embedded
