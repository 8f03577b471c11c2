"""Mutates the IAM simulator with mutmut in a copy, and says how many mutants its tests kill.

Left out are the tests of what the package imports and of what it costs: a mutant imports mutmut, and takes its time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
IGNORED: Final = ("test_imports.py", "test_cost.py")


def configuration(files: list[str]) -> str:
    """The settings of mutmut, for the copy."""
    arguments = ["-p", "no:cacheprovider", "-n0", "-q", *(f"--ignore=tests/iam/{name}" for name in IGNORED)]
    return (
        "[tool.mutmut]\n"
        f"paths_to_mutate = {json.dumps(files)}\n"
        'tests_dir = ["tests/iam"]\n'
        'also_copy = ["src", "tests", "conftest.py", "pytest.ini"]\n'
        f"pytest_add_cli_args = {json.dumps(arguments)}\n"
    )


def main() -> int:
    """Runs mutmut; the exit code is 1 when fewer are killed than `--least` asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "build/mutants-iam", help="folder of the copy")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.0, help="percent of the decided mutants that must be killed")
    parser.add_argument("files", nargs="*", default=["src/tfproof/iam"], help="what is mutated (default: all of it)")
    options = parser.parse_args()
    folder: Path = options.into
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text(configuration(options.files), encoding="utf-8")
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run", "--max-children", str(options.workers)], cwd=folder, check=True)
    subprocess.run([*mutmut, "export-cicd-stats"], cwd=folder, check=True)
    found: dict[str, Any] = json.loads((folder / "mutants/mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    killed = found["killed"] + found.get("timeout", 0)
    decided = killed + found["survived"] + found.get("no_tests", 0)
    share = 100 * killed / max(decided, 1)
    print(f"{killed} of {decided} mutants killed: {share:.1f}%")
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
