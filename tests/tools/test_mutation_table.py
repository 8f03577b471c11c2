"""The table of mutants in the docs is that of a whole run."""

from __future__ import annotations

import json
from pathlib import Path

import mutation_table
import pytest

from tfproof.errors import EnvironmentProblem

MUTANTS = [
    {"id": "a", "operator": "widen", "outcome": "killed", "layer": "plan", "by": ["policy-tls"], "seconds": 1.4},
    {
        "id": "b",
        "operator": "widen",
        "outcome": "survived",
        "layer": "apply",
        "by": [],
        "seconds": 60.2,
        "reason": "why",
    },
    {"id": "c", "operator": "repoint", "outcome": "invalid", "layer": "plan", "by": ["Cycle: x"], "seconds": 1.0},
]
PAGE = "before\n<!-- BEGIN mutants -->\nold\n<!-- END mutants -->\nafter\n"


def write(folder: Path, *, whole: bool, page: str = PAGE) -> str:
    report, written = folder / "mutants.json", folder / "page.md"
    report.write_text(json.dumps({"whole": whole, "mutants": MUTANTS}), encoding="utf-8")
    written.write_text(page, encoding="utf-8")
    mutation_table.main(str(report), str(written))
    return written.read_text(encoding="utf-8")


def test_whole_run_is_written_between_the_marks(tmp_path: Path) -> None:
    text = write(tmp_path, whole=True)

    assert text.startswith("before\n<!-- BEGIN mutants -->\n3 mutants; decided by variables: 0, plan: 2, apply: 0.\n")
    assert "| widen | 2 | 1 | 1 | 0 | 0 | 62 |" in text
    assert "| **all** | 3 | 1 | 1 | 0 | 1 | 63 |" in text
    assert "Checks, by how many mutants each kills: `policy-tls` 1." in text
    assert text.endswith("- survives: `b`: why\n<!-- END mutants -->\nafter\n")


def test_part_of_a_run_leaves_the_page_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(tmp_path, whole=False) == PAGE
    assert "is left as it is" in capsys.readouterr().out


def test_page_without_its_marks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="must be there once each"):
        write(tmp_path, whole=True, page="before\n<!-- BEGIN mutants -->\nold\nafter\n")
