"""The hooks for pre-commit: which files they take, and that what they run runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # publishes no types
from documents import as_bytes, resource, state

from tfproof import cli


@pytest.fixture
def hooks(pytestconfig: pytest.Config) -> dict[str, dict[str, Any]]:
    text = (pytestconfig.rootpath / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    return {hook["id"]: hook for hook in yaml.safe_load(text)}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a/terraform.tfstate", {"tfproof-audit", "tfproof-no-state"}),
        ("terraform.tfstate.backup", {"tfproof-audit", "tfproof-no-state"}),
        ("terraform.tfstate.1690000000.backup", {"tfproof-no-state"}),
        ("prod/plan.json", {"tfproof-audit"}),
        ("prod.tfplan.json", {"tfproof-audit"}),
        ("prod.tfplan", {"tfproof-no-state"}),
        ("prod/tfplan", {"tfproof-no-state"}),
        ("tfplan.out", {"tfproof-no-state"}),
        ("prod/plan.out", {"tfproof-no-state"}),
        ("errored.tfstate", {"tfproof-audit", "tfproof-no-state"}),
        ("tfplan.json", {"tfproof-audit"}),
        ("prod.plan.json", {"tfproof-audit"}),
        ("terraform-plan.json", {"tfproof-audit"}),
        ("seating-plan.json", set()),
        ("floorplan.json", set()),
        ("explan.out", set()),
        ("mytfplan", set()),
        ("main.tf", set()),
        ("package.json", set()),
        ("docs/tfstate.md", set()),
    ],
)
def test_a_hook_takes_the_files_it_is_about(hooks: dict[str, dict[str, Any]], name: str, taken: set[str]) -> None:
    assert {hook for hook, entry in hooks.items() if re.search(entry["files"], name)} == taken


def test_the_command_of_the_hook_fails_on_a_bad_state_and_passes_a_good_one(
    hooks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    program, *arguments = hooks["tfproof-audit"]["entry"].split()
    good, bad = tmp_path / "good.tfstate", tmp_path / "bad.tfstate"
    good.write_bytes(as_bytes(state()))
    bad.write_bytes(as_bytes(state([resource("aws_instance.web", {"id": "i-1"}, status="tainted")])))

    assert program == "tfproof"
    assert cli.main([*arguments, str(good)]) == 0
    assert cli.main([*arguments, str(good), str(bad)]) == 1
