"""A Terraform command that did not do what was asked."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from tfproof.errors import TfproofError
from tfproof.terraform.diagnostics import Diagnostic, remedy_for

__all__ = ["TerraformCrash", "TerraformError", "TerraformTimeout"]

_SHOWN_DIAGNOSTICS = 20
_SHOWN_TEXT = 4000


class TerraformError(TfproofError):
    """A Terraform command ended with an exit code that was not asked for, or by a signal.

    Args:
        command: The sub-command, such as `apply`; never its arguments, which may hold secrets.
        exit_code_of_terraform: Its exit code; minus the number of the signal that ended it.
        diagnostics: What Terraform itself said.
        output: The tail of its standard error, for what came without a diagnostic.
    """

    def __init__(
        self, command: str, exit_code_of_terraform: int, diagnostics: list[Diagnostic], output: str = ""
    ) -> None:
        self.command = command
        self.exit_code_of_terraform = exit_code_of_terraform
        self.diagnostics = diagnostics
        self.output = output
        errors = [item for item in diagnostics if item.is_error]
        lines = [f"terraform {command} {describe_exit(exit_code_of_terraform)}"]
        lines += [str(item) for item in errors[:_SHOWN_DIAGNOSTICS]]
        if len(errors) > _SHOWN_DIAGNOSTICS:
            lines.append(f"... and {len(errors) - _SHOWN_DIAGNOSTICS} more errors")
        if not errors and output.strip():
            lines.append(output.strip()[-_SHOWN_TEXT:])
        super().__init__("\n".join(lines), remedy=remedy_for(diagnostics, output))

    def located(self, original: Callable[[str], Path]) -> Self:
        """The same error with the files of its diagnostics named by `original`, as the user knows them."""
        diagnostics = [
            replace(item, filename=str(original(item.filename))) if item.filename else item for item in self.diagnostics
        ]
        return type(self)(self.command, self.exit_code_of_terraform, diagnostics, self.output)


class TerraformCrash(TerraformError):
    """Terraform itself broke down.

    Go's runtime then ends the process with 2, which `terraform plan -detailed-exitcode` says for a plan with changes.
    """


class TerraformTimeout(TerraformError):
    """A Terraform command took longer than it was given and was ended."""


def describe_exit(code: int) -> str:
    """An exit code in words: `exited with 1`, or `was ended by SIGKILL`."""
    if code >= 0:
        return f"exited with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
