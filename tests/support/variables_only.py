"""Asks Terraform whether it accepts values for the module's variables, with nothing but variables.tf: no provider."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tfproof.terraform import Terraform, TerraformError, run
from tfproof.terraform.environment import base_environment

__all__ = ["VariablesOnly"]


class VariablesOnly:
    """A root module that has the variables of a module and nothing else; planning it takes a tenth of a second."""

    def __init__(self, module: Path, folder: Path, terraform: Terraform) -> None:
        self._folder = folder
        self._terraform = terraform
        shutil.copy(module / "variables.tf", folder)

    def refusals(self, **values: Any) -> list[str]:
        """What Terraform says against these values; nothing when it accepts them."""
        (self._folder / "values.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
        try:
            run(
                self._terraform.path,
                ["plan", "-json", "-lock=false", "-var-file=values.tfvars.json"],
                cwd=self._folder,
                environment=base_environment(self._folder),
                stream=True,
            )
        except TerraformError as error:
            return [f"{item.summary} {item.detail}" for item in error.diagnostics if item.is_error]
        return []
