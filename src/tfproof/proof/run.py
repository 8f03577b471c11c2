"""Proves a module from nothing: finds Terraform and the providers, starts a target, takes the journey, clears up."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfproof.errors import TfproofError
from tfproof.proof.journey import Journey
from tfproof.proof.observer import Observer
from tfproof.proof.proof import Proof
from tfproof.proof.providers import Providers
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.provider_mirror import find_provider_source
from tfproof.terraform.workspace import Workspace

__all__ = ["Settings", "make_run_folder", "prove"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked to do.

    Attributes:
        module: Folder of the root module.
        variables: Values of its variables.
        variable_files: `.tfvars` files for it.
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        region: Region of the run.
        keep: Whether the run folder is kept.
        keep_provider: Whether one provider process may serve all commands.
    """

    module: Path
    variables: Mapping[str, Any] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    terraform: str | None = None
    provider_mirror: str | None = None
    region: str = "us-east-1"
    keep: bool = False
    keep_provider: bool = True


def make_run_folder() -> Path:
    """A new folder for a run, which only its owner can look into: plans and states hold secrets."""
    try:
        return Path(tempfile.mkdtemp(prefix="tfproof-"))
    except OSError as error:
        raise TfproofError(
            f"folder={tempfile.gettempdir()!r}: no run folder can be made there: {error.strerror}",
            remedy="Set TMPDIR to a folder that can be written.",
        ) from error


def prove(
    settings: Settings,
    observer: Observer,
    *,
    started: Callable[[Proof, Workspace, Path], None] = lambda _proof, _workspace, _folder: None,
) -> Proof:
    """Takes the journey of one module.

    Args:
        settings: What to prove, and with what.
        observer: Who is told on the way.
        started: Called once everything was found, before the first step, with proof, workspace and run folder.

    Raises:
        UsageError: The settings cannot be meant.
        TfproofError: Something needed is missing, or a step that had to work did not.
    """
    folder = make_run_folder()
    kept = Providers(folder / "p", keep=settings.keep_provider)
    try:
        # The server starts while Terraform says its version and the mirror is looked for.
        target = EmbeddedTarget(folder / "target.log", region=settings.region)
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
                variables=settings.variables,
                variable_files=settings.variable_files,
            )
            proof = Proof(
                module=str(settings.module),
                target=target.description,
                target_kind=target.kind,
                terraform=terraform.result().name,
                providers=str(providers.result()),
            )
            started(proof, workspace, folder)
            return Journey(workspace, target, proof, providers=kept, observer=observer).run()
        finally:
            kept.stop()
            target.stop()
    finally:
        if not settings.keep:
            shutil.rmtree(folder, ignore_errors=True)
