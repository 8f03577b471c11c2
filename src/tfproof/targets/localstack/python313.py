"""Finds a Python 3.13: LocalStack 4.14.0 says 3.10 is enough, and then uses syntax of 3.12."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem

__all__ = ["find_python"]

_WANTED: Final = "3.13"
_OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"
_SECONDS: Final = 20.0
_PROBE: Final = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"


def find_python() -> Path:
    """The first Python 3.13 that can make environments: this one, one on PATH, or one of pyenv's.

    Raises:
        EnvironmentProblem: There is none.
    """
    looked = []
    for candidate in _candidates():
        if _is_wanted(candidate):
            return candidate
        looked.append(str(candidate))
    raise EnvironmentProblem(
        f"no Python {_WANTED} that can make environments was found; looked at: {', '.join(looked) or 'nothing'}",
        remedy=f"LocalStack in host mode needs one: `pyenv install {_WANTED}`, or a package python{_WANTED} with "
        f"python{_WANTED}-venv.",
    )


def _candidates() -> Iterator[Path]:
    if _OURS == _WANTED:
        yield Path(sys.executable)
    on_path = shutil.which(f"python{_WANTED}")
    if on_path is not None:
        yield Path(on_path)
    versions = _pyenv_root() / "versions"
    yield from sorted(versions.glob(f"{_WANTED}.*/bin/python{_WANTED}"), reverse=True)


def _pyenv_root() -> Path:
    said = os.environ.get("PYENV_ROOT")
    if said:
        return Path(said)
    pyenv = shutil.which("pyenv")
    if pyenv is not None:
        try:
            answer = subprocess.run([pyenv, "root"], capture_output=True, text=True, timeout=_SECONDS, check=True)
            return Path(answer.stdout.strip())
        except (OSError, subprocess.SubprocessError):
            pass
    return Path.home() / ".pyenv"


def _is_wanted(python: Path) -> bool:
    # Run, not only looked at: pyenv puts a python3.13 on PATH that refuses to start while another version is chosen.
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _PROBE], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == _WANTED
