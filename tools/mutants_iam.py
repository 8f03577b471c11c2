"""Mutates the IAM simulator with mutmut in a copy, and says how many mutants its tests kill.

Left out are the tests of what the package imports and of what it costs: a mutant imports mutmut, and takes its time.
And those that try thousands of drawn inputs, half a minute each: what they alone would kill counts as survived.

A run that was interrupted goes on where it ended, as long as the sources and the tests are the same ones, and so does a
sample with another seed, or the whole after a sample.

Exit codes: 0 enough are killed, 1 fewer than `--least`, 3 mutmut broke down or left mutants undecided, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from waited import exit_code, red, waited

ROOT: Final = Path(__file__).resolve().parent.parent
COPIED: Final = ("src", "tests", "conftest.py", "pytest.ini")
PLUGIN: Final = "mutants_fresh_imports"
IGNORED: Final = ("test_imports.py", "test_cost.py", "test_properties.py")
DESELECTED: Final = ("test_shapes.py::test_every_case_agrees_through_the_api_in_shapes_of_the_model",)

TOO_LONG: Final = "timeout"
"""A mutant that never ends: mutmut waits fifteen times as long as its tests take, and a second."""
INTERRUPTED: Final = "check was interrupted by user"
"""What mutmut calls pytest's exit code 2: in a run that nobody interrupted, a test file that cannot be imported."""
KILLED: Final = frozenset({"killed", "segfault", TOO_LONG, INTERRUPTED})
"""As mutmut names what became of a mutant. `no tests` and `suspicious` are no kills."""
UNDECIDED: Final = frozenset({"not checked", "skipped"})
SHOWN: Final = 60


class Score(NamedTuple):
    """What became of some mutants: how many are `killed`, how many of those `too_long`; names of all the others."""

    killed: int
    too_long: int
    survivors: tuple[str, ...]
    undecided: tuple[str, ...]

    @property
    def percent(self) -> float:
        """The share of the decided mutants that is killed."""
        decided = self.killed + len(self.survivors)
        return 100 * self.killed / decided if decided else 0.0


def scored(outcomes: Mapping[str, str]) -> Score:
    """Counts outcomes by mutant, as mutmut names them."""
    counted = Counter(outcomes.values())
    others = sorted(name for name, outcome in outcomes.items() if outcome not in KILLED)
    return Score(
        sum(counted[outcome] for outcome in KILLED),
        counted[TOO_LONG],
        tuple(name for name in others if outcomes[name] not in UNDECIDED),
        tuple(name for name in others if outcomes[name] in UNDECIDED),
    )


def sampled(names: Iterable[str], size: int, seed: int) -> list[str]:
    """So many of the names, the same ones in every run: a mutant that comes or goes moves no more than one other."""
    ranked = sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    return sorted(ranked[:size])


def configuration(files: list[str]) -> str:
    """The settings of mutmut, for the copy."""
    arguments = ["-p", PLUGIN, "-p", "no:cacheprovider", "-n0", "-q"]
    arguments += [f"--ignore=tests/iam/{name}" for name in IGNORED]
    arguments += [f"--deselect=tests/iam/{name}" for name in DESELECTED]
    return (
        "[tool.mutmut]\n"
        f"paths_to_mutate = {json.dumps(files)}\n"
        'tests_dir = ["tests/iam"]\n'
        "also_copy = []\n"
        f"pytest_add_cli_args = {json.dumps(arguments)}\n"
    )


def digest(files: list[str]) -> str:
    """Of everything that decides what a mutant is and what kills it."""
    found = hashlib.sha256(f"{sys.version} {configuration(files)}".encode())
    paths = [path for name in ("src/tfproof", "tests/iam", "tests/support") for path in (ROOT / name).rglob("*")]
    paths += [ROOT / name for name in ("conftest.py", "pytest.ini", f"tools/{PLUGIN}.py")]
    for path in sorted(path for path in paths if path.is_file() and "__pycache__" not in path.parts):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def prepared(folder: Path, files: list[str]) -> bool:
    """Makes the copy, unless it is there with the same content and all of its mutants; whether it was."""
    mark, held = folder / "digest", digest(files)
    # mutmut notes which test calls what when it has made every mutant.
    if mark.is_file() and mark.read_text() == held and (folder / "mutants/mutmut-stats.json").is_file():
        return True
    shutil.rmtree(folder, ignore_errors=True)
    # What is to be mutated, and where: mutmut would copy it anew in each run, and mutate it anew.
    for into in (folder, folder / "mutants"):
        into.mkdir(parents=True)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, into / name)
        shutil.copy2(ROOT / f"tools/{PLUGIN}.py", into)
    (folder / "pyproject.toml").write_text(configuration(files), encoding="utf-8")
    mark.write_text(held)
    return False


def main() -> int:
    """Runs mutmut, and prints the score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--into", type=Path, default=ROOT / "build/mutants-iam", help="folder of the copy")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.0, help="percent of the mutants that must be killed")
    parser.add_argument("--sample", type=int, help="decide on so many only, the same ones in every run")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: %(default)s)")
    parser.add_argument("files", nargs="*", default=["src/tfproof/iam"], help="what is mutated (default: all of it)")
    options = parser.parse_args()
    folder: Path = options.into
    if prepared(folder, options.files):
        print(f"going on with {folder}: the sources and the tests are the same ones")
    run = [sys.executable, "-m", "mutmut", "run", "--max-children", str(options.workers)]
    if options.sample:
        if not outcomes(folder):
            # mutmut names its mutants when it first makes them: one of a function is decided on for that.
            only = Path(options.files[0])
            module = only.stem if only.suffix else "arn"
            waited([*run, f"tfproof.iam.{module}.*__mutmut_1"], cwd=folder)
        chosen = sampled(outcomes(folder), options.sample, options.seed)
        # What is named to mutmut is decided again, so only what is left is named.
        left = [name for name in chosen if outcomes(folder)[name] in UNDECIDED]
        broke = bool(left) and waited([*run, *left], cwd=folder).returncode != 0
    else:
        broke = waited(run, cwd=folder).returncode != 0
        chosen = sorted(outcomes(folder))
    every = outcomes(folder)
    score = scored({name: every[name] for name in chosen})
    decided = score.killed + len(score.survivors)
    (folder / "outcomes.json").write_text(json.dumps({name: every[name] for name in chosen}, indent=1) + "\n")
    for name in score.survivors[:SHOWN]:
        print(f"  {every[name]}: {name}")
    print(
        f"{score.killed} of {decided} mutants killed: {score.percent:.1f}%, {score.too_long} of them because they did "
        f"not end; there are {len(every)}"
    )
    if broke or score.undecided or not decided:
        red("mutants_iam", f"mutmut broke down, or left {len(score.undecided)} of {len(chosen)} mutants undecided")
        return 3
    return 0 if score.percent >= options.least else 1


def outcomes(folder: Path) -> dict[str, str]:
    """By mutant, what became of it, as mutmut names that."""
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415  its import looks for its settings

    codes: dict[str, int | None] = {}
    for file in sorted(folder.glob("mutants/src/tfproof/iam/*.meta")):
        codes |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: str(status_by_exit_code[code]) for name, code in codes.items()}


if __name__ == "__main__":
    sys.exit(exit_code(main))
