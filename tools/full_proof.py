"""Proves a module at full depth, and keeps the evidence and every AWS call that was made.

Usage: full_proof.py --into FOLDER -- ARGUMENTS OF tfproof prove ...

Writes `<target>.json`, the same as a page, and `<target>-calls.jsonl` into the folder. Exit code: that of `tfproof
prove`; 2 for bad usage.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from waited import exit_code, waited

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="full_proof.py", description="Prove a module at full depth.")
    parser.add_argument("--into", type=Path, required=True, help="folder for evidence and calls")
    parser.add_argument("prove", nargs="+", metavar="ARGUMENT", help="for tfproof prove, after --")
    options = parser.parse_args(arguments)
    target = options.prove[options.prove.index("--target") + 1] if "--target" in options.prove[:-1] else "embedded"
    try:
        options.into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--into {str(options.into)!r}: {error.strerror}")
    # The run folder is kept for its log of calls, in a folder that goes: it holds plans and states in clear.
    with tempfile.TemporaryDirectory(prefix="tfproof-full-") as folder:
        evidence = options.into.resolve() / f"{target}.json"
        command = [sys.executable, "-m", "tfproof.cli", "prove", *options.prove]
        command += ["--depth", "full", "--keep", "--evidence", str(evidence)]
        code = waited(command, environment=os.environ | {"TMPDIR": folder}).returncode
        if evidence.is_file():
            page = str(evidence.with_suffix(".html"))
            report = [sys.executable, "-m", "tfproof.cli", "report", str(evidence), "--output", page]
            # What the proof said counts, whether or not it can be shown.
            waited(report)
        for log in Path(folder).glob("tfproof-run-*/calls.jsonl"):
            shutil.copy(log, options.into / f"{target}-calls.jsonl")
    return code


if __name__ == "__main__":
    sys.exit(exit_code(main))
