"""A run folder with a copy of a module, and the Terraform commands run in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError, UsageError
from tfproof.terraform.binary import Terraform
from tfproof.terraform.command import Completed, EventHandler, Running, run
from tfproof.terraform.environment import base_environment
from tfproof.terraform.errors import TerraformError
from tfproof.terraform.guard import Guard
from tfproof.terraform.plan import Plan
from tfproof.terraform.provider_mirror import ProviderSource
from tfproof.terraform.source import Location, ModuleSource, installed_modules, module_folders
from tfproof.terraform.state import State
from tfproof.terraform.tftest_adapter import TftestAdapter
from tfproof.terraform.variables import write_variables

__all__ = ["Workspace", "copy_modules", "is_copied"]

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

_WATCHED: Final = frozenset({"apply", "destroy", "import", "plan", "refresh"})
"""Commands that depend on the target; reading a state must work without it."""


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
        complete: Whether every variable without a default must have a value, as a plan needs it.
        running: Where its commands are kept while they run; one of its own by default.
        watch: Called once a second while a command runs; what it raises ends the command.
        guard: What is refused before Terraform starts; None only for configurations of tfproof's own making.

    Raises:
        GuardError: The configuration, or the endpoint, could reach past the target.
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
        complete: bool = True,
        guard: Guard | None = Guard(),  # noqa: B008  # frozen
        running: Running | None = None,
        watch: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self.module = module
        self.terraform = terraform
        self.source = _source_of(module)
        self._guard = guard
        if guard is not None:
            if environment.get("AWS_ENDPOINT_URL"):
                guard.check_endpoint(environment["AWS_ENDPOINT_URL"])
            guard.check_source(module_folders(module), module.resolve())
        self._prepare_folder()
        self._copies = copy_modules(module.resolve(), folder / "module")
        self.root = self._copies[module.resolve()]
        self.log = folder / "terraform.log"
        self._running = running or Running()
        self._watch = watch
        self._environment = base_environment(
            folder / "home", cli_config=providers.write_cli_config(folder), extra=environment
        )
        self._variable_arguments = write_variables(
            folder, self.source, variables or {}, variable_files, complete=complete
        )

    # -- the commands, in the order of a run ------------------------------------------------------------------------

    def init(self) -> Completed:
        """`terraform init`: installs providers and modules.

        Raises:
            GuardError: A module that was fetched does what the guard refuses.
        """
        if self._guard is not None:
            self._guard.write_override(self.root)
        done = self._run("init", "-json", "-no-color", stream=True)
        if self._guard is not None:
            self._guard.check_source(installed_modules(self.root), self.root)
        return done

    def plan(
        self,
        *,
        refresh: bool = True,
        destroy: bool = False,
        lock: bool = True,
        on_event: EventHandler | None = None,
        name: str = "plan",
    ) -> Completed:
        """`terraform plan` into a plan file; its exit code is 0 for an empty plan and 2 for one with changes.

        Args:
            refresh: Whether the target is asked first.
            destroy: Whether to plan the destruction of everything.
            lock: Whether to lock the state; without, plans of one workspace can be made side by side.
            on_event: Called with each event.
            name: Of the plan file.
        """
        done = self._run(
            "plan",
            "-json",
            "-detailed-exitcode",
            f"-out={self.plan_file(name)}",
            *(() if refresh else ("-refresh=false",)),
            *(() if lock else ("-lock=false",)),
            *(("-destroy",) if destroy else ()),
            *self._variable_arguments,
            ok=(0, 2),
            stream=True,
            on_event=on_event,
        )
        self._check_written(self.plan_file(name), done)
        return done

    @staticmethod
    def _check_written(plan_file: Path, done: Completed) -> None:
        """Sees that there is a plan: with a full disk Terraform 1.11 has been seen to end with exit code 2 and none."""
        if plan_file.is_file() and plan_file.stat().st_size > 0:
            return
        said = " ".join(str(event.get("@message", "")) for event in done.events[-3:])
        raise TfproofError(
            f"terraform plan exited with {done.exit_code} and wrote no plan to {str(plan_file)!r}. "
            f"It said last: {said} {done.stderr[-500:]}".strip(),
            remedy="Free space in its folder, or set TMPDIR.",
        )

    def show(self, name: str = "plan") -> Plan:
        """The plan in a plan file, read through `terraform show -json`."""
        return Plan(_parsed(self._run("show", "-json", str(self.plan_file(name))).stdout, "show"))

    def apply(self, *, name: str = "plan", parallelism: int = 10, on_event: EventHandler | None = None) -> Completed:
        """`terraform apply` of a plan file, without planning again.

        Raises:
            GuardError: The plan does what the guard refuses.
        """
        if self._guard is not None:
            self._guard.check_plan(lambda: self.show(name))
        return self._run(
            "apply",
            "-json",
            f"-parallelism={parallelism}",
            str(self.plan_file(name)),
            stream=True,
            on_event=on_event,
        )

    def destroy(self, *, refresh: bool = True, on_event: EventHandler | None = None) -> Completed:
        """`terraform destroy` of all there is; without a refresh, of all the state says there is."""
        return self._run(
            "destroy",
            "-json",
            "-auto-approve",
            *(() if refresh else ("-refresh=false",)),
            *self._variable_arguments,
            stream=True,
            on_event=on_event,
        )

    def state(self) -> State:
        """The state, by `terraform state pull`, which starts no provider."""
        text = self._run("state", "pull").stdout
        return State(_parsed(text, "state pull") if text.strip() else {})

    def run(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> Completed:
        """Any other command, in this workspace's environment."""
        return self._run(*arguments, ok=ok)

    def interrupt(self) -> None:
        """Ends the commands that run, in whatever thread, and those that start from now on."""
        self._running.interrupt()

    def attach(self, reattach: str | None) -> None:
        """Sets the `TF_REATTACH_PROVIDERS` of the commands from now on; None lets Terraform start its own providers."""
        self._environment.pop("TF_REATTACH_PROVIDERS", None)
        if reattach is not None:
            self._environment["TF_REATTACH_PROVIDERS"] = reattach

    def as_tftest(self) -> TftestAdapter:
        """The same workspace with the methods and view classes of the package tftest."""
        return TftestAdapter(self)

    @property
    def running(self) -> Running:
        """Where its commands are kept while they run; others that belong to it may join."""
        return self._running

    @property
    def variable_arguments(self) -> tuple[str, ...]:
        """The arguments that give its variables to a command."""
        return self._variable_arguments

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
        """The user's file for a file name that Terraform reports relative to the copied root module.

        Relative to the working folder where it is below it, so that it is short and can be clicked on.
        """
        file = (self.root / filename).resolve()
        for module, copy in self._copies.items():
            if file.is_relative_to(copy.resolve()):
                file = module / file.relative_to(copy.resolve())
                break
        here = Path.cwd()
        return file.relative_to(here) if file.is_relative_to(here) else file

    # -- parts ------------------------------------------------------------------------------------------------------

    def _run(
        self,
        *arguments: str,
        ok: tuple[int, ...] = (0,),
        stream: bool = False,
        on_event: EventHandler | None = None,
    ) -> Completed:
        try:
            return run(
                self.terraform.path,
                arguments,
                cwd=self.root,
                environment=self._environment,
                ok=ok,
                stream=stream,
                on_event=on_event,
                log=self.log,
                running=self._running,
                watch=self._watch if arguments[0] in _WATCHED else None,
            )
        except TerraformError as error:
            raise error.located(self.original) from None

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


def is_copied(path: Path) -> bool:
    """Whether a file is copied with its module; its path is relative to the module's folder."""
    return not any(fnmatch(part, pattern) for part in path.parts for pattern in _NOT_COPIED)


def copy_modules(root: Path, destination: Path) -> dict[Path, Path]:
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
