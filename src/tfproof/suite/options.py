"""What the suite is about, as the command line says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tfproof.checks.output_mapping import check_output_names, parse_output_names
from tfproof.errors import UsageError
from tfproof.terraform.source import ModuleSource
from tfproof.terraform.variables import check_variables, parse_assignments

__all__ = ["OPTIONS", "SuiteOptions", "read_options"]


@dataclass(frozen=True, slots=True)
class SuiteOptions:
    """The module that the suite proves.

    Attributes:
        module: Its folder.
        variables: Values of its variables.
        variable_files: `.tfvars` files for it.
        output_names: Its own names of outputs, by the names that the checks know.
    """

    module: Path
    variables: Mapping[str, Any]
    variable_files: tuple[Path, ...]
    output_names: Mapping[str, str]


OPTIONS: Final[pytest.StashKey[SuiteOptions]] = pytest.StashKey()
"""Where a run's configuration keeps them."""


def read_options(config: pytest.Config) -> SuiteOptions:
    """The options, once everything that needs no Terraform is known to be right.

    Raises:
        UsageError: No module was named, it is none, or what was given does not fit it.
    """
    named = config.getoption("--module")
    if not named:
        raise UsageError(
            "tfproof.suite needs a module to prove: --module was not given",
            remedy="pytest --pyargs tfproof.suite --module ./vendor/state-backend --module-var-file prod.tfvars",
        )
    # As seen from where pytest was called: the root of the tests may be another folder.
    here = config.invocation_params.dir
    module = here / named
    if not module.is_dir() or not any(module.glob("*.tf*")):
        what = "has no Terraform files" if module.is_dir() else "is not a folder"
        raise UsageError(f"module={named!r} {what}", remedy="Name the folder of the module: --module PATH.")
    source = ModuleSource(module)
    output_names = parse_output_names(config.getoption("--output-name"))
    check_output_names(output_names, source)
    variables = parse_assignments(config.getoption("--module-var"), option="--module-var")
    files = tuple(here / file for file in config.getoption("--module-var-file"))
    check_variables(source, variables, files, option="--module-var")
    return SuiteOptions(module, variables, files, output_names)
