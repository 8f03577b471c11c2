"""`terraform validate` of a module, in a copy of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tfproof.interrupts import Held
from tfproof.proof.run_folder import RunFolder
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.diagnostics import Diagnostic, from_event
from tfproof.terraform.provider_mirror import find_provider_source
from tfproof.terraform.workspace import Workspace

__all__ = ["validate"]


def validate(
    modules: Sequence[Path], *, terraform: str | None = None, provider_mirror: str | None = None
) -> dict[Path, list[Diagnostic]]:
    """Errors and warnings that `terraform validate` has for each module, by its folder.

    Raises:
        UsageError: A folder is no module.
        TerraformError: `terraform init` failed.
    """
    with Held():
        return _validate(modules, terraform, provider_mirror)


def _validate(
    modules: Sequence[Path], terraform: str | None, provider_mirror: str | None
) -> dict[Path, list[Diagnostic]]:
    run_folder = RunFolder()
    folder = run_folder.path
    try:
        binary, source = find_terraform(terraform), find_provider_source(provider_mirror)
        found = {}
        for number, module in enumerate(modules):
            workspace = Workspace(
                folder / str(number), module, terraform=binary, providers=source, environment={}, complete=False
            )
            workspace.init()
            answer = json.loads(workspace.run("validate", "-json", ok=(0, 1)).stdout)
            events = ({"type": "diagnostic", "diagnostic": item} for item in answer.get("diagnostics", []))
            found[module] = [item for event in events if (item := from_event(event)) is not None]
        return found
    finally:
        run_folder.remove()
