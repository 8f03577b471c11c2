"""Drives the Terraform command line. Knows nothing of AWS or pytest."""

from __future__ import annotations

from tfproof.terraform.binary import MINIMUM_VERSION, Terraform, find_terraform
from tfproof.terraform.command import Completed, run
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.errors import TerraformError, TerraformTimeout
from tfproof.terraform.plan import Change, OutputValue, Plan
from tfproof.terraform.provider_mirror import ProviderSource, find_provider_source
from tfproof.terraform.resource import Resource, ResourceNotFound, Resources
from tfproof.terraform.source import Location, ModuleSource
from tfproof.terraform.state import State
from tfproof.terraform.workspace import Workspace

__all__ = [
    "MINIMUM_VERSION",
    "Change",
    "Completed",
    "Diagnostic",
    "Location",
    "ModuleSource",
    "OutputValue",
    "Plan",
    "ProviderSource",
    "Resource",
    "ResourceNotFound",
    "Resources",
    "State",
    "Terraform",
    "TerraformError",
    "TerraformTimeout",
    "Workspace",
    "find_provider_source",
    "find_terraform",
    "run",
]
