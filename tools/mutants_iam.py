"""Mutates the IAM simulator with mutmut in a copy, and says how many mutants its tests kill.

Left out are the tests of what the package imports and of what it costs: a mutant imports mutmut, and takes its time.
And those that try thousands of drawn inputs, half a minute each: what they alone would kill counts as survived.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from waited import exit_code, waited

ROOT: Final = Path(__file__).resolve().parent.parent
IGNORED: Final = ("test_imports.py", "test_cost.py", "test_properties.py")
DESELECTED: Final = ("test_shapes.py::test_every_case_agrees_through_the_api_in_shapes_of_the_model",)


KILLED: Final = frozenset({"killed", "timeout", "segfault"})
"""As mutmut names what became of a mutant."""
NOT_DECIDED: Final = frozenset({"not checked", "skipped", "check was interrupted by user"})
SHOWN: Final = 60


def configuration(files: list[str]) -> str:
    """The settings of mutmut, for the copy."""
    arguments = ["-p", "no:cacheprovider", "-n0", "-q", *(f"--ignore=tests/iam/{name}" for name in IGNORED)]
    arguments += [f"--deselect=tests/iam/{name}" for name in DESELECTED]
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
    parser.add_argument("--sample", type=int, help="decide on so many only, the same ones in every run")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: %(default)s)")
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
    run = [*mutmut, "run", "--max-children", str(options.workers)]
    if options.sample:
        # mutmut names its mutants when it first makes them: one is decided on for that.
        waited([*run, "tfproof.iam.arn.*__mutmut_1"], cwd=folder)
        names = sorted(outcomes(folder))
        chosen = random.Random(options.seed).sample(names, min(options.sample, len(names)))  # noqa: S311  # no secret
    else:
        chosen = []
    waited([*run, *chosen], cwd=folder)
    every = outcomes(folder)
    counted = Counter(every[name] for name in chosen or every)
    killed = sum(count for outcome, count in counted.items() if outcome in KILLED)
    decided = sum(count for outcome, count in counted.items() if outcome not in NOT_DECIDED)
    share = 100 * killed / max(decided, 1)
    print(f"{killed} of {decided} mutants killed: {share:.1f}%; there are {len(every)}")
    for name in sorted(name for name in chosen or every if every[name] not in KILLED | NOT_DECIDED)[:SHOWN]:
        print(f"  survives: {name}")
    (folder / "outcomes.json").write_text(json.dumps({name: every[name] for name in chosen or every}, indent=1) + "\n")
    return 0 if decided and share >= options.least else 1


def outcomes(folder: Path) -> dict[str, str]:
    """By mutant, what became of it, as mutmut names that."""
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415  # its import looks for its settings

    codes: dict[str, int | None] = {}
    for file in folder.glob("mutants/src/tfproof/iam/*.meta"):
        codes |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: str(status_by_exit_code[code]) for name, code in codes.items()}


if __name__ == "__main__":
    sys.exit(exit_code(main))
