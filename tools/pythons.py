"""Runs what needs no applied stack, and one short proof, on every supported Python; writes docs/compatibility.md.

Usage: pythons.py [--only VERSION]... [-- PYTEST ARGUMENTS]

Each Python gets an environment of its own in the cache folder, from requirements/lock.txt. With --only or arguments for
pytest nothing is written. Exit 1: something failed. Exit 2: bad usage. Exit 3: a Python could not be had.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from environments import ROOT, cache, environment, find_python, replaced
from short_proof import ShortProof, short_proof
from waited import exit_code, waited

from tfproof.errors import TfproofError

__all__ = ["PARTS", "Row", "main", "render", "supported"]

# Nothing here applies a stack of its own: what does is the same on every Python, and takes most of an hour in all.
PARTS: Final = (
    "tests/iam",
    "tests/gateway",
    "tests/terraform",
    "tests/checks",
    "tests/backend_use",
    "tests/audit",
    "tests/report",
    "tests/tools",
    "tests/proof/test_released_module.py",
    "tests/test_cli.py",
    "tests/test_errors.py",
    "tests/test_interrupts.py",
    "tests/test_values.py",
    "--ignore=tests/audit/test_backend.py",
    "--ignore=tests/audit/test_layouts.py",
    "--ignore=tests/audit/test_s3_object.py",
    "--ignore=tests/gateway/test_terraform.py",
    "--ignore=tests/gateway/test_transparency.py",
    # Is about the table that this writes.
    "--deselect=tests/tools/test_compatibility_tools.py::test_document_has_every_row",
)
_SUMMARY: Final = re.compile(r"^=* ?((?:\d+ \w+(?:, )?)+) in [\d.]+s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A Python, and what came of it.

    Attributes:
        version: Such as `3.12.1`, or the one that was wanted.
        tests: Pytest's summary.
        proof: The short proof; None when it was not run.
        problem: What is wrong, in one line.
    """

    version: str
    tests: str = "not run"
    proof: ShortProof | None = None
    problem: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="pythons.py", description="Test on every Python that is supported.")
    parser.add_argument("--only", action="append", choices=supported(), help="this one only; nothing is written")
    parser.add_argument("pytest", nargs="*", metavar="ARGUMENT", help="for pytest, instead of what is usually run")
    options = parser.parse_args(arguments)
    rows = [_row(version, options.pytest or PARTS) for version in options.only or supported()]
    table = render(rows)
    print(f"\n{table}")
    missing = any(row.proof is None for row in rows)
    if not (options.only or options.pytest or missing):
        replaced(ROOT / "docs" / "compatibility.md", "pythons", table)
    for row in rows:
        if row.problem:
            sys.stderr.write(f"pythons: Python {row.version}: {row.problem}\n")
    return 3 if missing else int(any(row.problem for row in rows))


def supported() -> list[str]:
    """The versions that the package says it supports, by its classifiers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text) for text in project["classifiers"])
    return [match[1] for match in found if match]


def render(rows: Sequence[Row]) -> str:
    """The table: a line for each Python."""
    lines = ["| Python | tests | proof |", "|---|---|---|"]
    for row in rows:
        proof = "not run" if row.proof is None else row.proof.problem or f"{row.proof.passed} checks"
        lines.append(f"| {row.version} | {row.tests} | {proof} |")
    return "\n".join(lines)


def _row(version: str, what: Sequence[str]) -> Row:
    found = find_python(version)
    if found is None:
        return Row(version, problem="there is none on PATH, and pyenv has none that can make environments")
    try:
        python = environment(cache("pythons", version), found, ROOT / "requirements" / "lock.txt")
    except TfproofError as error:
        return Row(version, problem=" ".join(str(error).split()))
    whole = _out(python, "-c", "import platform; print(platform.python_version())").stdout.strip()
    pip = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "-e", ".")
    installed = _out(python, *pip)
    if installed.returncode:
        return Row(whole, problem=f"tfproof cannot be installed: {' '.join(installed.stderr.split())[-300:]}")
    print(f"Python {whole}: tests ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="tfproof-pythons-") as folder:
        database = {"HYPOTHESIS_STORAGE_DIRECTORY": folder}  # two versions must not share what they remember
        tested = _out(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *what, **database)
    summary = _SUMMARY.findall(tested.stdout)
    tests = summary[-1] if summary else f"pytest exited with {tested.returncode}"
    print(f"Python {whole}: {tests}; proof ...", flush=True)
    if tested.returncode:
        print(tested.stdout[-4000:] + tested.stderr[-2000:], flush=True)
    proof = short_proof(python)
    print(f"Python {whole}: {proof.problem or f'{proof.passed} checks'}; {proof.seconds:.0f} s", flush=True)
    problem = proof.problem or (tests if tested.returncode else "")
    return Row(whole, tests, proof, problem)


def _out(python: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return waited([str(python), *arguments], cwd=ROOT, environment=os.environ | extra, quiet=True)


if __name__ == "__main__":
    sys.exit(exit_code(main))
