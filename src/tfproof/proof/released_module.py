"""Whether a module is `modules/state-backend` as this version was released with it, or a copy that was changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfproof.terraform.source import ModuleSource

__all__ = ["RELEASED", "ModuleCopy", "compare", "file_hashes"]

RELEASED: Final = Path(__file__).parents[1] / "released_module.json"
"""The hashes of the released module's files; `tools/released_module.py` writes it."""

_ENDINGS: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
_OURS: Final = ("aws_kms_key", "tf_state")


@dataclass(frozen=True, slots=True)
class ModuleCopy:
    """A copy of the released module.

    Attributes:
        version: The version of tfproof that it is compared with.
        changed: Files that are not as released.
        added: Files that are not in the release.
        missing: Files of the release that are not there.
    """

    version: str
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_as_released(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed or self.added or self.missing)

    def __str__(self) -> str:
        if self.is_as_released:
            return f"as released in tfproof {self.version}"
        kinds = (("changed", self.changed), ("added", self.added), ("missing", self.missing))
        parts = [f"{', '.join(files)} ({kind})" for kind, files in kinds if files]
        return f"differs from tfproof {self.version} in {', '.join(parts)}"


def compare(module: Path, released: Path = RELEASED) -> ModuleCopy | None:
    """How a module differs from the released one; None when it is another module altogether.

    A module counts as a copy when it has the resource `aws_kms_key.tf_state`.

    Args:
        module: Folder of the module.
        released: The hashes to compare with.
    """
    if not module.is_dir() or ModuleSource(module).find("resource", *_OURS) is None:
        return None
    document: Mapping[str, Any] = json.loads(released.read_text(encoding="utf-8"))
    there, ours = file_hashes(module), document["files"]
    return ModuleCopy(
        version=document["version"],
        changed=tuple(sorted(name for name in there if name in ours and there[name] != ours[name])),
        added=tuple(sorted(set(there) - set(ours))),
        missing=tuple(sorted(set(ours) - set(there))),
    )


def file_hashes(module: Path) -> dict[str, str]:
    """SHA-256 of each Terraform file in a module's folder, by name.

    Line endings and trailing blanks do not count: version control and editors change those by themselves.
    """
    return {
        file.name: _hash(file.read_bytes())
        for file in sorted(module.iterdir())
        if file.name.endswith(_ENDINGS) and not file.name.startswith((".", "#")) and file.is_file()
    }


def _hash(content: bytes) -> str:
    lines = [line.rstrip(b" \t\r") for line in content.split(b"\n")]
    return hashlib.sha256(b"\n".join(lines).rstrip(b"\n")).hexdigest()
