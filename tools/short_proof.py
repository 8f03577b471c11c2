"""A proof of the module without its lifecycle rules, for which the provider waits a minute; judged by its evidence."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from environments import ROOT
from waited import waited

__all__ = ["LIFECYCLE", "ShortProof", "short_proof"]

LIFECYCLE: Final = frozenset({"incomplete-uploads", "lock-file-versions", "noncurrent-versions"})
"""The checks that fail without the rules, and are expected to."""


@dataclass(frozen=True, slots=True)
class ShortProof:
    """What came of it.

    Attributes:
        seconds: Wall time.
        evidence: What `tfproof prove --evidence` wrote; empty when it could not run.
        said: What it complained of.
    """

    seconds: float
    evidence: dict[str, Any] = field(default_factory=dict)
    said: str = ""

    @property
    def failed(self) -> list[str]:
        """Ids of the checks that did not pass though they should have, lifecycle rules or not."""
        return [
            check["id"]
            for check in self.evidence.get("checks", [])
            if check["outcome"] in ("failed", "undecided") and check["id"] not in LIFECYCLE
        ]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check["outcome"] == "passed" for check in self.evidence.get("checks", []))

    @property
    def use(self) -> dict[str, Any]:
        """What came of using the module as a backend."""
        return self.evidence.get("backend_use") or {}

    @property
    def problem(self) -> str:
        """What is wrong, in one line; `""` when all is as it should be."""
        if not self.evidence.get("complete"):
            return f"could not run: {' '.join(self.said.split())[:300] or 'no evidence'}"
        details = {
            check["id"]: next((item["found"] for item in check["findings"] if item["verdict"] != "passed"), "")
            for check in self.evidence["checks"]
        }
        return "; ".join(f"{name}: {details[name][:200]}" for name in self.failed)

    def keep(self, file: Path) -> None:
        """Writes the evidence to a file, and as a page beside it; nothing when there is none."""
        if self.evidence:
            file.write_text(json.dumps(self.evidence, indent=1) + "\n", encoding="utf-8")
            page = str(file.with_suffix(".html"))
            waited([sys.executable, "-m", "tfproof.cli", "report", str(file), "--output", page], quiet=True)


def short_proof(python: str | Path, *arguments: str) -> ShortProof:
    """Proves the module with the tfproof of an interpreter's environment.

    Args:
        python: The interpreter.
        *arguments: Further arguments of `tfproof prove`.
    """
    return _prove([str(python), "-m", "tfproof.cli", "prove", "modules/state-backend", *arguments])


def _prove(command: Sequence[str]) -> ShortProof:
    with tempfile.TemporaryDirectory(prefix="tfproof-matrix-") as folder:
        evidence = Path(folder) / "evidence.json"
        variables = ("--var", "bucket_name=tfproof-state", "--var", "lifecycle_enabled=false")
        started = time.monotonic()
        done = waited([*command, *variables, "--evidence", str(evidence)], cwd=ROOT, quiet=True)
        found = json.loads(evidence.read_text(encoding="utf-8")) if evidence.is_file() else {}
        return ShortProof(time.monotonic() - started, found, done.stderr)
