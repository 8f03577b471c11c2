"""What is to be audited: files, standard input, folders, objects in S3."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfproof.audit.document import STANDARD_INPUT
from tfproof.audit.errors import DocumentError, OtherDocument
from tfproof.errors import UsageError

__all__ = ["Input", "expand", "history_name"]

_ENDINGS: Final = (".tfstate", ".tfplan", ".json", ".backup", ".plan")
_LEFT_OUT: Final = frozenset({".git", ".hg", ".venv", "node_modules"})
_OF_TERRAFORM: Final = frozenset({"providers", "modules"})
"""In `.terraform`: programs, and copies of modules. Anywhere else they are folders of the user's."""
_CONFIGURATION: Final = tuple(f".{kind}.json" for kind in ("tf", "tfvars", "tofu", "tftest", "tfquery"))
"""Names by which Terraform itself takes a file for configuration."""
_LARGEST: Final = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to audit.

    Attributes:
        name: What the user calls it.
        read: Gives its bytes; raises DocumentError.
        file: Where it stands; None for standard input and S3.
        was_named: Whether the user named it, and did not only name its folder.
    """

    name: str
    read: Callable[[], bytes]
    file: Path | None = None
    was_named: bool = True


def expand(arguments: Sequence[str], s3: Callable[[str], Input]) -> Iterator[Input]:
    """The inputs that arguments stand for, in their order.

    Args:
        arguments: Files, folders, `-`, `s3://bucket/key`.
        s3: Makes the input of an S3 address.

    Raises:
        UsageError: One does not exist, or is nothing that can be read.
    """
    for argument in arguments:
        if argument == "-":
            yield Input(STANDARD_INPUT, sys.stdin.buffer.read)
        elif argument.startswith("s3://"):
            yield s3(argument)
        else:
            path = Path(argument)
            if path.is_dir():
                yield from _folder(path)
            else:
                yield _file(path, was_named=True)


def history_name(file: Path) -> str:
    """What a state and its backups have in common: the state's own path."""
    name = file.name
    if name.endswith(".backup"):
        name = name.removesuffix(".backup")
        stem, _, number = name.rpartition(".")
        if number.isdigit():
            name = stem
    return str(file.parent / name)


def _file(path: Path, *, was_named: bool) -> Input:
    def read() -> bytes:
        try:
            if path.stat().st_size > _LARGEST:
                raise OtherDocument(f"{path}: larger than 4 GiB: no plan or state")
            return path.read_bytes()
        except OSError as error:
            raise DocumentError(f"{path}: cannot be read: {_why(path, error)}") from None

    if was_named and not os.path.lexists(path):
        raise UsageError(
            f"{str(path)!r} does not exist", remedy="Name a plan, a state, a folder with some, s3://BUCKET/KEY, or -."
        )
    return Input(str(path), read, path, was_named)


def _why(path: Path, error: OSError) -> str:
    try:
        mode = path.stat().st_mode
    except OSError:
        return error.strerror or "no reason given"
    return "a socket" if stat.S_ISSOCK(mode) else error.strerror or "no reason given"


def _folder(folder: Path) -> Iterator[Input]:
    """The files below a folder that may be states or plans. Links are not followed: they lead out, or round."""

    def cannot(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot be listed: {error.strerror}")

    found = False
    for here, folders, files in os.walk(folder, onerror=cannot):
        left_out = _LEFT_OUT | _OF_TERRAFORM if Path(here).absolute().name == ".terraform" else _LEFT_OUT
        folders[:] = sorted(name for name in folders if name not in left_out)
        for name in sorted(files):
            path = Path(here) / name
            wanted = name.endswith(_ENDINGS) or ".tfstate" in name or name == "tfplan"
            if wanted and not name.endswith(_CONFIGURATION) and stat.S_ISREG(path.lstat().st_mode):
                found = True
                yield _file(path, was_named=False)
    if not found:
        raise UsageError(
            f"{str(folder)!r}: no state or plan in this folder",
            remedy="Files called *.tfstate, *.tfplan, *.plan, *.json and their backups are looked at.",
        )
