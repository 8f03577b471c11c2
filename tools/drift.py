"""Runs the suite with newer packages than are pinned, and names those it fails with.

Usage: drift.py [--package NAME]... [--list] -- LOCK COMMAND ...

The lock command is that of `make lock`, without --upgrade and -o. It is run on a copy of requirements/lock.txt: for the
packages that are named, or for all. The suite then runs in an environment of its own in the cache folder; neither the
pins nor .venv change. Exit 0: nothing is newer, or nothing breaks. Exit 1: the suite fails. Exit 2: bad usage. Exit 3:
the newer packages could not be had.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from environments import ROOT, cache, environment
from waited import exit_code, waited

from tfproof.errors import EnvironmentProblem

__all__ = ["changes", "main"]

_PIN: Final = re.compile(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
_SUITE: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="drift.py", description="Run the suite with newer packages.")
    parser.add_argument("--package", action="append", default=[], help="make this one newer, and what it needs newer")
    parser.add_argument("--list", action="store_true", help="only say what is newer")
    parser.add_argument("lock", nargs="+", metavar="COMMAND", help="the command of `make lock`, after --")
    options = parser.parse_args(arguments)
    bad = [name for name in options.package if not _NAME.fullmatch(name)]
    if bad:
        parser.error(f"--package {bad[0]!r} is not the name of a package")
    pinned = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    strangers = [name for name in options.package if name not in dict(_PIN.findall(pinned))]
    if strangers:
        parser.error(f"--package {strangers[0]!r} is not in requirements/lock.txt")
    try:
        with tempfile.TemporaryDirectory(prefix="tfproof-drift-") as folder:
            lock = Path(folder) / "lock.txt"
            shutil.copy(ROOT / "requirements" / "lock.txt", lock)
            _upgrade(options.lock, options.package, lock)
            newer = changes(pinned, lock.read_text(encoding="utf-8"))
            print(f"drift: {', '.join(newer) or 'nothing is newer'}", flush=True)
            if options.list or not newer:
                return 0
            python = environment(cache("drift", "-".join(options.package) or "all"), sys.executable, lock)
        return _suite(python, newer)
    except EnvironmentProblem as problem:
        _red(f"could not be tried: {problem}")
        return 3


def changes(before: str, after: str) -> list[str]:
    """What differs between two lock files: `moto 5.2.5 -> 5.2.6`, `new 1.0 (new)`, `old 2.0 (gone)`."""
    old, new = dict(_PIN.findall(before)), dict(_PIN.findall(after))
    found = [f"{name} {old[name]} -> {new[name]}" for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    found += [f"{name} {new[name]} (new)" for name in sorted(new.keys() - old.keys())]
    return found + [f"{name} {old[name]} (gone)" for name in sorted(old.keys() - new.keys())]


def _upgrade(command: Sequence[str], packages: Sequence[str], lock: Path) -> None:
    how = [part for name in packages for part in ("--upgrade-package", name)] or ["--upgrade"]
    try:
        done = subprocess.run([*command, *how, "-o", str(lock)], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EnvironmentProblem(f"{command[0]}: {error.strerror or error}") from error
    if done.returncode:
        raise EnvironmentProblem(f"{' '.join(command[:3])} exited with {done.returncode}: {done.stderr.strip()[-500:]}")


def _suite(python: Path, newer: Sequence[str]) -> int:
    pip = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "-e", ".")
    for command in (pip, _SUITE):
        if waited([str(python), *command], cwd=ROOT).returncode:
            _red(f"the suite fails with {', '.join(newer)}")
            return 1
    print(f"drift: the suite passes with {', '.join(newer)}")
    return 0


def _red(line: str) -> None:
    marks = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    sys.stderr.write(f"{marks[0]}drift: {line}{marks[1]}\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
