"""Where the providers of a run come from: the registry, or a filesystem mirror of it.

Terraform looks into its own implied mirror folders by itself. When the registry cannot be reached, a folder with the
layout of a mirror is also looked for one level under the folders in which systems keep additional software.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem, UsageError

__all__ = ["VARIABLE", "ProviderSource", "find_provider_source", "provider_versions"]

VARIABLE: Final = "TFPROOF_PROVIDER_MIRROR"
"""Environment variable that names a filesystem mirror."""
_REGISTRY: Final = "registry.terraform.io"
_SOFTWARE_FOLDERS: Final = ("/opt", "/usr/local", "/usr/local/lib", "/usr/local/share", "/usr/share", "/srv")
_REACH_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class ProviderSource:
    """Where providers come from.

    Attributes:
        mirror: Folder of the filesystem mirror, or None for the registry.
        reason: Why this one, for people.
    """

    mirror: Path | None
    reason: str

    def __str__(self) -> str:
        return f"mirror {self.mirror} ({self.reason})" if self.mirror else f"{_REGISTRY} ({self.reason})"

    def write_cli_config(self, folder: Path) -> Path:
        """Writes the CLI configuration of a run into `folder` and answers its path."""
        path = folder / "terraform.tfrc"
        if self.mirror is None:
            cache = _cache_folder()
            text = f"plugin_cache_dir = {json.dumps(str(cache))}\n"
        else:
            # As Terraform does with its implied mirrors: what the mirror has comes from it, the rest from the registry.
            found = json.dumps(sorted(_providers_in(self.mirror)))
            text = (
                "provider_installation {\n"
                f"  filesystem_mirror {{\n    path    = {json.dumps(str(self.mirror))}\n    include = {found}\n  }}\n"
                f"  direct {{\n    exclude = {found}\n  }}\n}}\n"
            )
        path.write_text(text, encoding="utf-8")
        return path


def find_provider_source(explicit: str | os.PathLike[str] | None = None) -> ProviderSource:
    """Where the providers of a run come from.

    In this order: the mirror named by argument or environment; one of Terraform's implied ones; the registry when it
    answers; a mirror found under the system's software folders; the registry all the same.

    Raises:
        UsageError: The mirror that was named is no folder, or has not the layout of a mirror.
        EnvironmentProblem: The mirror that was named can be written by others.
    """
    for named, by in ((explicit, "--provider-mirror"), (os.environ.get(VARIABLE) or None, VARIABLE)):
        if named is not None:
            return ProviderSource(_examined(Path(named).expanduser(), by), f"named by {by}")
    for folder in _implied():
        if _has_mirror_layout(folder) and _is_safe(folder):
            return ProviderSource(folder, "one of Terraform's implied mirrors")
    if _registry_answers():
        return ProviderSource(None, "it answers")
    for folder in _under_software_folders():
        return ProviderSource(folder, f"found; {_REGISTRY} cannot be reached")
    return ProviderSource(None, "it does not answer, and no mirror was found")


def _examined(folder: Path, by: str) -> Path:
    if not folder.is_dir():
        raise UsageError(
            f"{by}={str(folder)!r} is not a folder", remedy="Name the folder that holds HOSTNAME/NAMESPACE/TYPE."
        )
    if not _has_mirror_layout(folder):
        raise UsageError(
            f"{by}={str(folder)!r} has not the layout of a provider mirror",
            remedy=f"It must hold {_REGISTRY}/NAMESPACE/TYPE/VERSION/OS_ARCH/ (unpacked) or .../TYPE/*.zip (packed); "
            "`terraform providers mirror FOLDER` makes one.",
        )
    try:
        others = _writable_by_others(folder)
    except OSError as error:
        raise EnvironmentProblem(
            f"{by}={str(folder)!r} cannot be read: {error}", remedy="Make it readable, or name another mirror."
        ) from error
    if others is not None:
        raise EnvironmentProblem(
            f"{by}={str(folder)!r}: {others} can be written by others, who could replace the provider that gets "
            "your credentials",
            remedy=f"chmod go-w {others}, or name another mirror.",
        )
    return folder.resolve()


def _implied() -> Iterator[Path]:
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME")
    yield home / ".terraform.d" / "plugins"
    yield Path(data) / "terraform" / "plugins" if data else home / ".local" / "share" / "terraform" / "plugins"
    yield Path("/usr/local/share/terraform/plugins")
    yield Path("/usr/share/terraform/plugins")


def _under_software_folders() -> Iterator[Path]:
    for software in map(Path, _SOFTWARE_FOLDERS):
        try:
            children = sorted(software.iterdir())
        except OSError:
            continue
        for child in children:
            if _has_mirror_layout(child) and _owned_by_root_or_us(child) and _is_safe(child):
                yield child


def _has_mirror_layout(folder: Path) -> bool:
    """Whether it holds the registry's providers, unpacked or packed, for any version."""
    try:
        return (folder / _REGISTRY).is_dir() and any(True for _ in (folder / _REGISTRY).glob("*/*/*"))
    except OSError:
        return False


def provider_versions(mirror: Path) -> list[str]:
    """The versions of hashicorp/aws that a mirror holds, unpacked or packed."""
    folder = mirror / _REGISTRY / "hashicorp" / "aws"
    unpacked = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    packed = {path.name.split("_")[1] for path in folder.glob("terraform-provider-aws_*.zip")}
    return sorted(unpacked | packed, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])


def _providers_in(folder: Path) -> Iterator[str]:
    """Addresses of the providers a mirror holds, such as `registry.terraform.io/hashicorp/aws`."""
    for provider in (folder / _REGISTRY).glob("*/*"):
        yield f"{_REGISTRY}/{provider.parent.name}/{provider.name}"


def _provider_paths(folder: Path) -> Iterator[Path]:
    """The mirror's folder and everything in it that decides which program is run, links followed to where they lead."""
    waiting = [folder.resolve(), (folder / _REGISTRY).resolve()]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        if path.is_dir() and path != folder.resolve():
            waiting.extend(child.resolve() if child.is_symlink() else child for child in path.iterdir())


def _writable_by_others(folder: Path) -> Path | None:
    for path in _provider_paths(folder):
        if path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return path
    return None


def _is_safe(folder: Path) -> bool:
    """Whether all of it can be looked at, and nobody else can write it."""
    try:
        return _writable_by_others(folder) is None
    except OSError:
        return False


def _owned_by_root_or_us(folder: Path) -> bool:
    try:
        return all(path.stat().st_uid in (0, os.getuid()) for path in _provider_paths(folder))
    except OSError:
        return False


@lru_cache(maxsize=1)
def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen(
            f"https://{_REGISTRY}/.well-known/terraform.json",
            timeout=_REACH_SECONDS,
            context=ssl.create_default_context(),
        ) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's OK
    except (OSError, ValueError):
        return False


def _cache_folder() -> Path:
    """Downloads are kept outside the tree: a provider is 150 MB packed."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "tfproof" / "providers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
