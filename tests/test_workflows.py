"""What the workflows run is what anybody can run: make targets that exist, and nothing that is not pinned."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    return document


def commands(job: dict[str, Any]) -> Iterator[str]:
    """The `run` lines of a job, once for each of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    lists = {name: values for name, values in matrix.items() if name != "include"}
    combined = [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]
    for values, step in itertools.product(matrix.get("include", combined), job["steps"]):
        text = step.get("run", "")
        for name, value in values.items():
            text = text.replace(f"${{{{ matrix.{name} }}}}", str(value))
        yield from text.splitlines()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_commands_are_make_targets_that_exist(file: Path) -> None:
    for name, job in workflow(file.name)["jobs"].items():
        lines = list(commands(job))
        if name == "tell":
            assert not any(line.startswith("make") for line in lines)
            continue
        assert lines
        for line in lines:
            words = line.split()
            assert words[0] == ".ci/run" or (words[0] == "make" and words[1] in TARGETS), f"{file.name} {name}: {line}"


def test_what_ci_runs_exists_too() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert set(re.findall(r"^(?:.* )?make ([a-z-]+)", text, re.MULTILINE)) - TARGETS == set()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_jobs_have_a_limit_few_rights_and_pinned_actions(file: Path) -> None:
    document = workflow(file.name)

    assert document["permissions"] == {"contents": "read"}
    for name, job in document["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 360, name
        assert set(job.get("permissions", {})) <= ({"issues"} if name == "tell" else set()), name
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1")), step


def test_nightly_keeps_the_evidence_and_tells_of_every_job() -> None:
    jobs = workflow("nightly.yml")["jobs"]
    kept = [step["with"]["path"] for step in jobs["target"]["steps"] if "upload-artifact" in step.get("uses", "")]
    (told,) = (step for step in jobs["tell"]["steps"] if "gh issue create" in step.get("run", ""))

    assert kept == [re.findall(r"^EVIDENCE \?= (.+)$", MAKEFILE, re.MULTILINE)[0]]
    assert set(jobs["tell"]["needs"]) == set(jobs) - {"tell"}
    assert jobs["tell"]["permissions"] == {"issues": "write"}
    assert told["env"]["GH_TOKEN"] == "${{ secrets.GITHUB_TOKEN }}"  # noqa: S105  # its name, not a token


def test_night_on_this_machine_has_the_parts_of_the_night_there() -> None:
    parts = set(re.findall(r"^NIGHTLY := (.+)$", MAKEFILE, re.MULTILINE)[0].split())
    jobs = workflow("nightly.yml")["jobs"]
    there = {line.split()[1] for name, job in jobs.items() if name != "tell" for line in commands(job)}

    assert parts <= TARGETS
    # LocalStack in Docker needs Docker.
    assert there - {"test-localstack"} == parts - {"nightly-localstack"} | {"test-localstack-host"}
