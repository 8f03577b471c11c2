"""Finds a Java that can run DynamoDB Local, and a compiler for the agent that LocalStack starts it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem

__all__ = ["find_compiler", "find_java_home"]

_OLDEST: Final = 17
_SECONDS: Final = 30.0
_PROPERTY: Final = re.compile(r"^\s*(java\.home|java\.specification\.version) = (.+?)\s*$", re.MULTILINE)
_REMEDY: Final = (
    f"LocalStack keeps tables in DynamoDB Local, which is Java. Install a JDK {_OLDEST} or newer "
    "(`apt-get install default-jdk-headless`), or name one in JAVA_HOME."
)


def find_java_home() -> Path:
    """The home of the first Java 17 or newer: that of JAVA_HOME, or the one on PATH.

    Raises:
        EnvironmentProblem: There is none.
    """
    looked = []
    for java in _candidates("java"):
        home, version = _asked(java)
        if home is not None and version >= _OLDEST and (home / "bin" / "java").exists():
            return home
        looked.append(f"{java} ({f'Java {version}' if version else 'does not run'})")
    raise EnvironmentProblem(
        f"no Java {_OLDEST} or newer was found; looked at: {', '.join(looked) or 'nothing'}", remedy=_REMEDY
    )


def find_compiler() -> Path:
    """`javac`: that of JAVA_HOME, the one on PATH, or the one beside the Java that was found.

    Raises:
        EnvironmentProblem: There is none, or no Java.
    """
    beside = find_java_home() / "bin" / "javac"
    for javac in (*_candidates("javac"), beside):
        if javac.exists():
            return javac
    raise EnvironmentProblem(f"no javac was found; looked at: {beside}", remedy=_REMEDY)


def _candidates(program: str) -> Iterator[Path]:
    said = os.environ.get("JAVA_HOME")
    if said and (Path(said) / "bin" / program).exists():
        yield Path(said) / "bin" / program
    on_path = shutil.which(program)
    if on_path is not None:
        yield Path(on_path)


def _asked(java: Path) -> tuple[Path | None, int]:
    """Its home and its version, as it says itself; (None, 0) when it does not run."""
    try:
        answer = subprocess.run(
            [str(java), "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None, 0
    said = dict(_PROPERTY.findall(answer.stdout + answer.stderr))
    version = said.get("java.specification.version", "0").removeprefix("1.")  # Java 8 calls itself 1.8
    return Path(said["java.home"]) if "java.home" in said else None, int(version) if version.isdigit() else 0
