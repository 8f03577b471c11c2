"""Environments for other Terraforms and Pythons, in the cache folder: made once, used again while they fit."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tfproof.errors import EnvironmentProblem

__all__ = ["ROOT", "cache", "environment", "find_python", "replaced"]

ROOT = Path(__file__).parents[1]


def cache(*names: str) -> Path:
    """A folder in `$XDG_CACHE_HOME/tfproof`, by default under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    above = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return above.joinpath("tfproof", *names)


def environment(folder: Path, python: str | Path, requirements: Path) -> Path:
    """The interpreter of an environment with these requirements, which are pinned with hashes.

    Raises:
        EnvironmentProblem: It cannot be made or filled.
    """
    stamp = folder / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    inside = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Alone, of all runs on this machine.
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if inside.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return inside
        shutil.rmtree(folder, ignore_errors=True)
        _run(python, "-m", "venv", folder)
        _run(
            inside, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r", requirements
        )
        stamp.write_text(wanted, encoding="utf-8")
    return inside


def find_python(version: str) -> Path | None:
    """A Python of this version, such as `3.12`: this one, one on PATH, or one of pyenv's; None when there is none."""
    candidates = [Path(sys.executable)]
    candidates += [Path(found) for found in [shutil.which(f"python{version}")] if found]
    root = os.environ.get("PYENV_ROOT") or _said("pyenv", "root")
    if root:
        candidates += sorted(Path(root).glob(f"versions/{version}.*/bin/python{version}"), reverse=True)
    # Run, not only looked at: pyenv has programs on PATH that refuse to start while another version is chosen.
    probe = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"
    return next((python for python in candidates if _said(python, "-I", "-c", probe) == version), None)


def replaced(document: Path, name: str, text: str) -> None:
    """Writes a text between `<!-- BEGIN name -->` and `<!-- END name -->` of a document.

    Raises:
        EnvironmentProblem: The marks are not there once each.
    """
    begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
    old = document.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1:
        raise EnvironmentProblem(f"{document}: {begin} and {end} must be there once each")
    before, _, rest = old.partition(begin)
    document.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def _run(*command: str | Path) -> None:
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    except OSError as error:
        raise EnvironmentProblem(f"{command[0]}: {error.strerror or error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise EnvironmentProblem(
            f"{' '.join(map(str, command[:4]))} exited with {done.returncode}: {' '.join(said[-2:])}"
        )


def _said(*command: str | Path) -> str:
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
