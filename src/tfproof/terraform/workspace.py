"""A run folder with a copy of a module, and the Terraform commands run in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError, UsageError
from tfproof.terraform.binary import Terraform
from tfproof.terraform.command import Completed, EventHandler, run
from tfproof.terraform.environment import base_environment
from tfproof.terraform.plan import Plan
from tfproof.terraform.provider_mirror import ProviderSource
from tfproof.terraform.source import Location, ModuleSource, module_folders
from tfproof.terraform.state import State
from tfproof.terraform.variables import write_variables

__all__ = ["Workspace"]

_NOT_COPIED: Final = (
    ".terraform",
    "*.tfstate",
    "*.tfstate.*",
    "*.tfplan",
    "*.auto.tfvars",
    "*.auto.tfvars.json",
    "terraform.tfvars",
    "terraform.tfvars.json",
    ".terraform.lock.hcl",
    ".git",
    ".venv*",
    "node_modules",
    "crash.log",
    "errored.tfstate",
)


class Workspace:
    """A private copy of a root module and the modules it calls by relative paths, and Terraform run in it.

    The user's tree is only read. Values that the user's folder would supply by itself (`terraform.tfvars`,
    `*.auto.tfvars`) are left out: a run uses the variables it is given.

    Args:
        folder: The run folder; made with mode 0700, since plans and states hold secrets.
        module: The root module's folder.
        terraform: The binary.
        providers: Where providers come from.
        environment: What the target adds to the environment: endpoint and credentials.
        variables: Values of the root module's variables; an `Expression` is read as Terraform reads `-var`.
        variable_files: `.tfvars` files to use.

    Raises:
        UsageError: `module` is no folder, or has no Terraform files; the variables are not as `write_variables` wants.
    """

    def __init__(
        self,
        folder: Path,
        module: Path,
        *,
        terraform: Terraform,
        providers: ProviderSource,
        environment: Mapping[str, str],
        variables: Mapping[str, Any] | None = None,
        variable_files: tuple[Path, ...] = (),
    ) -> None:
        self.folder = folder
        self.module = module
        self.terraform = terraform
        self.source = _source_of(module)
        self._prepare_folder()
        self._copies = _copy_modules(module.resolve(), folder / "module")
        self.root = self._copies[module.resolve()]
        self.log = folder / "terraform.log"
        self._environment = base_environment(
            folder / "home", cli_config=providers.write_cli_config(folder), extra=environment
        )
        self._variable_arguments = write_variables(folder, self.source, variables or {}, variable_files)

    # -- the commands, in the order of a run ------------------------------------------------------------------------

    def init(self) -> Completed:
        """`terraform init`: installs providers and modules."""
        return self._run("init", "-json", "-no-color", stream=True)

    def plan(
        self, *, refresh: bool = True, destroy: bool = False, on_event: EventHandler | None = None, name: str = "plan"
    ) -> Completed:
        """`terraform plan` into a plan file; its exit code is 0 for an empty plan and 2 for one with changes."""
        return self._run(
            "plan",
            "-json",
            "-detailed-exitcode",
            f"-out={self.plan_file(name)}",
            *(() if refresh else ("-refresh=false",)),
            *(("-destroy",) if destroy else ()),
            *self._variable_arguments,
            ok=(0, 2),
            stream=True,
            on_event=on_event,
        )

    def show(self, name: str = "plan") -> Plan:
        """The plan in a plan file, read through `terraform show -json`."""
        return Plan(_parsed(self._run("show", "-json", str(self.plan_file(name))).stdout, "show"))

    def apply(self, *, name: str = "plan", on_event: EventHandler | None = None) -> Completed:
        """`terraform apply` of a plan file, without planning again."""
        return self._run("apply", "-json", str(self.plan_file(name)), stream=True, on_event=on_event)

    def destroy(self, *, on_event: EventHandler | None = None) -> Completed:
        """`terraform destroy` of all there is."""
        return self._run("destroy", "-json", "-auto-approve", *self._variable_arguments, stream=True, on_event=on_event)

    def state(self) -> State:
        """The state, by `terraform state pull`, which starts no provider."""
        text = self._run("state", "pull").stdout
        return State(_parsed(text, "state pull") if text.strip() else {})

    def run(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> Completed:
        """Any other command, in this workspace's environment."""
        return self._run(*arguments, ok=ok)

    def attach(self, reattach: str | None) -> None:
        """Sets the `TF_REATTACH_PROVIDERS` of the commands from now on; None lets Terraform start its own providers."""
        self._environment.pop("TF_REATTACH_PROVIDERS", None)
        if reattach is not None:
            self._environment["TF_REATTACH_PROVIDERS"] = reattach

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        return dict(self._environment)

    # -- where things are -------------------------------------------------------------------------------------------

    def plan_file(self, name: str = "plan") -> Path:
        """The path of a plan file of this workspace."""
        return self.folder / f"{name}.tfplan"

    def locate(self, address: str, path: str = "") -> Location | None:
        """Where in the user's tree a resource or output is written, or None when it is not written at all."""
        return self.source.locate(address, path)

    def original(self, filename: str) -> Path:
        """The user's file for a file name that Terraform reports relative to the copied root module."""
        file = (self.root / filename).resolve()
        for original, copy in self._copies.items():
            if file.is_relative_to(copy):
                return original / file.relative_to(copy)
        return file

    # -- parts ------------------------------------------------------------------------------------------------------

    def _run(
        self,
        *arguments: str,
        ok: tuple[int, ...] = (0,),
        stream: bool = False,
        on_event: EventHandler | None = None,
    ) -> Completed:
        return run(
            self.terraform.path,
            arguments,
            cwd=self.root,
            environment=self._environment,
            ok=ok,
            stream=stream,
            on_event=on_event,
            log=self.log,
        )

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "home").mkdir(exist_ok=True)
        except OSError as error:
            raise TfproofError(
                f"folder={str(self.folder)!r}: the run folder cannot be made: {error.strerror}",
                remedy="Set TMPDIR to a folder that can be written.",
            ) from error


def _source_of(module: Path) -> ModuleSource:
    if not module.is_dir():
        raise UsageError(
            f"module={str(module)!r} is not a folder", remedy="Name the folder of a Terraform root module."
        )
    if not any(module.glob("*.tf")) and not any(module.glob("*.tf.json")):
        raise UsageError(
            f"module={str(module)!r} has no .tf or .tf.json file", remedy="Name the folder of a Terraform root module."
        )
    return ModuleSource(module)


def _copy_modules(root: Path, destination: Path) -> dict[Path, Path]:
    """Copies the root module and every module it calls by a relative path, keeping their places to each other."""
    folders = module_folders(root)
    common = Path(os.path.commonpath([str(folder) for folder in folders]))
    copies: dict[Path, Path] = {}
    for folder in sorted(folders, key=lambda path: len(path.parts)):
        copy = destination / folder.relative_to(common)
        copies[folder] = copy
        if not copy.exists():
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED), ignore_dangling_symlinks=True)
    return copies


def _parsed(text: str, command: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise TfproofError(f"terraform {command} did not print JSON: {error}") from error
    if not isinstance(document, dict):
        raise TfproofError(f"terraform {command} printed {type(document).__name__}, not an object")
    return document
