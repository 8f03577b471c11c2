"""The mutation score of the simulator: what counts as killed, which mutants a sample has, and that a run goes on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import mutants_iam
import pytest

NAMES = [f"tfproof.iam.arn.x_read_arn__mutmut_{number}" for number in range(500)]


def test_what_counts_as_killed() -> None:
    outcomes = {
        "a": "killed",
        "b": "survived",
        "c": "no tests",
        "d": "suspicious",
        "e": "timeout",
        "f": "check was interrupted by user",
        "g": "not checked",
    }
    score = mutants_iam.scored(outcomes)
    assert score == mutants_iam.Score(killed=3, too_long=1, survivors=("b", "c", "d"), undecided=("g",))
    assert score.percent == 50.0
    assert mutants_iam.scored({"g": "not checked"}).percent == 0.0


def test_a_sample_is_the_same_in_every_run_and_nearly_so_when_mutants_come_and_go() -> None:
    sample = mutants_iam.sampled(NAMES, 100, 0)
    assert mutants_iam.sampled(reversed(NAMES), 100, 0) == sample
    assert mutants_iam.sampled(NAMES, 100, 1) != sample
    assert len(set(sample)) == 100
    without = mutants_iam.sampled([name for name in NAMES if name != sample[0]], 100, 0)
    assert len(set(sample) - set(without)) == 1
    assert mutants_iam.sampled(NAMES, 1000, 0) == sorted(NAMES)


def test_a_run_goes_on_only_with_the_same_sources_and_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, folder = tmp_path / "root", tmp_path / "copy"
    for name in ("src/tfproof/iam/arn.py", "tests/iam/test_arn.py", "conftest.py", "pytest.ini"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    plugin = root / f"tools/{mutants_iam.PLUGIN}.py"
    plugin.parent.mkdir()
    plugin.write_text("")
    monkeypatch.setattr(mutants_iam, "ROOT", root)
    files = ["src/tfproof/iam"]
    assert not mutants_iam.prepared(folder, files)
    assert not mutants_iam.prepared(folder, files)  # it ended before all mutants were made
    stats = folder / "mutants/mutmut-stats.json"
    stats.write_text("")
    assert mutants_iam.prepared(folder, files)
    assert stats.exists()
    for changed in ("src/tfproof/iam/arn.py", "tests/iam/test_arn.py"):
        (root / changed).write_text("changed\n")
        assert not mutants_iam.prepared(folder, files)
        assert not stats.exists()
        assert (folder / changed).read_text() == (folder / "mutants" / changed).read_text() == "changed\n"
        stats.write_text("")
    assert not mutants_iam.prepared(folder, ["src/tfproof/iam/arn.py"])


def test_the_settings_are_mutmuts() -> None:
    settings = tomllib.loads(mutants_iam.configuration(["src/tfproof/iam"]))["tool"]["mutmut"]
    assert settings["paths_to_mutate"] == ["src/tfproof/iam"]
    assert settings["pytest_add_cli_args"][:2] == ["-p", mutants_iam.PLUGIN]
    for name in mutants_iam.IGNORED:
        assert (mutants_iam.ROOT / "tests/iam" / name).is_file()
    for name in mutants_iam.DESELECTED:
        file, _, test = name.partition("::")
        assert f"def {test}(" in (mutants_iam.ROOT / "tests/iam" / file).read_text()
