"""Proves a module from nothing: finds Terraform and the providers, starts a target, takes the journey, clears up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfproof.backend_use.use import Depth
from tfproof.checks.output_mapping import check_output_names
from tfproof.errors import UsageError
from tfproof.interrupts import Held
from tfproof.proof.giving_back import given_back
from tfproof.proof.journey import Journey
from tfproof.proof.naming import has_run, make_run_id, named
from tfproof.proof.observer import Observer
from tfproof.proof.proof import Proof
from tfproof.proof.providers import Providers
from tfproof.proof.released_module import compare
from tfproof.proof.run_folder import RunFolder
from tfproof.proof.target_choice import TargetChoice
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.command import Running
from tfproof.terraform.guard import Guard
from tfproof.terraform.provider_mirror import find_provider_source
from tfproof.terraform.source import ModuleSource
from tfproof.terraform.workspace import Workspace

__all__ = ["Settings", "prove"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked to do.

    Attributes:
        module: Folder of the root module.
        variables: Values of its variables; `{run}` in them becomes the run's id.
        variable_files: `.tfvars` files for it.
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        target: Which target it is applied at.
        region: Region of the run.
        keep: Whether the run folder is kept.
        keep_provider: Whether one provider process may serve all commands.
        ignore_backend: Whether a `backend` block is replaced by a local one, in the copy, rather than refused.
        depth: How much is tried with the module as a backend.
        output_names: The module's own name of each output that it calls otherwise than `modules/state-backend` does.
    """

    module: Path
    variables: Mapping[str, Any] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    terraform: str | None = None
    provider_mirror: str | None = None
    target: TargetChoice = field(default_factory=TargetChoice)
    region: str = "us-east-1"
    keep: bool = False
    keep_provider: bool = True
    ignore_backend: bool = False
    depth: Depth = Depth.QUICK
    output_names: Mapping[str, str] = field(default_factory=dict)


def prove(
    settings: Settings,
    observer: Observer,
    *,
    started: Callable[[Proof, Workspace, Path], None] = lambda _proof, _workspace, _folder: None,
    say: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Takes the journey of one module.

    Args:
        settings: What to prove, and with what.
        observer: Who is told on the way.
        started: Called once everything was found, before the first step, with proof, workspace and run folder.
        say: Is told what takes long before that.

    Raises:
        UsageError: The settings cannot be meant.
        TfproofError: Something needed is missing, or a step that had to work did not.
        KeyboardInterrupt: After everything that was started has been ended.
    """
    with Held():
        return _prove(settings, observer, started, say)


def _prove(
    settings: Settings,
    observer: Observer,
    started: Callable[[Proof, Workspace, Path], None],
    say: Callable[[str], None],
) -> Proof:
    if settings.target.name == "aws" and not has_run(settings.variables):
        raise UsageError(
            "target='aws': no variable carries the run's id, so names may be those of something that is in use",
            remedy="Put {run} into the name of the bucket: --var bucket_name='acme-tfproof-{run}'.",
        )
    if settings.output_names and settings.module.is_dir():
        check_output_names(settings.output_names, ModuleSource(settings.module))
    run_folder = RunFolder(keep=settings.keep)
    folder = run_folder.path
    kept = Providers(run_folder, keep=settings.keep_provider)
    try:
        # The server starts while Terraform says its version and the mirror is looked for.
        run_id = make_run_id()
        target = settings.target.start(run_folder, run_id=run_id, region=settings.region, say=say)
        try:
            with ThreadPoolExecutor(2) as pool:
                terraform = pool.submit(find_terraform, settings.terraform)
                providers = pool.submit(find_provider_source, settings.provider_mirror)
            workspace = Workspace(
                folder / "run",
                settings.module,
                terraform=terraform.result(),
                providers=providers.result(),
                environment=target.environment(),
                variables=named(settings.variables, run_id),
                variable_files=settings.variable_files,
                guard=Guard(ignore_backend=settings.ignore_backend, owner=target.owner_tag),
                running=Running(run_folder.process_started, run_folder.process_ended),
                watch=target.check_alive,
            )
            run_folder.target_is(target.address())
            proof = Proof(
                module=str(settings.module),
                module_copy=compare(settings.module),
                target=target.description,
                target_kind=target.kind,
                terraform=terraform.result().name,
                providers=str(providers.result()),
            )
            started(proof, workspace, folder)
            journey = Journey(
                workspace,
                target,
                proof,
                providers=kept,
                observer=observer,
                depth=settings.depth,
                output_names=settings.output_names,
            )
            with given_back(target, run_folder):
                return journey.run()
        finally:
            try:
                kept.stop()
            finally:
                target.stop()
    finally:
        run_folder.remove()
