"""The provider processes of a run, shared by the workspaces that may share one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from tfproof.errors import TfproofError
from tfproof.interrupts import Held
from tfproof.proof.run_folder import RunFolder
from tfproof.terraform.provider_process import ProviderProcess, serving_key
from tfproof.terraform.workspace import Workspace

__all__ = ["Providers"]


class Providers:
    """Starts a provider process for each kind of configuration, and keeps it until the run's end.

    Args:
        folder: The run folder, for their sockets and the manifest.
        keep: Whether to keep any; without, Terraform starts its own for each command.
    """

    def __init__(self, folder: RunFolder, *, keep: bool = True) -> None:
        self._run_folder = folder
        self._folder = folder.path / "providers"
        self._keep = keep
        self._processes: dict[str, ProviderProcess] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def serve(self, workspace: Workspace) -> bool:
        """Attaches an initialised workspace to a process, when its configuration allows it.

        Returns:
            Whether it is attached; if not, Terraform starts its own providers.
        """
        value = self.reattach_value(workspace.root, workspace.environment)
        workspace.attach(value)
        return value is not None

    def reattach_value(self, root: Path, environment: Mapping[str, str]) -> str | None:
        """The `TF_REATTACH_PROVIDERS` value for an initialised root module, or None when no process may serve it."""
        key = serving_key(root, environment) if self._keep else None
        if key is None:
            return None
        # The lock is not left between a process's start and the moment it is kept: whoever stops them finds it.
        with Held(), self._lock:
            if self._stopped:
                raise TfproofError("the run is over: its provider processes have been ended")
            process = self._processes.get(key)
            if process is None or not process.is_alive:
                process = ProviderProcess(root, environment, self._folder / str(len(self._processes)))
                self._processes[key] = process
                self._run_folder.process_started(process.process_id, "provider")
        return process.reattach(root)

    def process_ids(self) -> list[int]:
        """Of the processes that run."""
        return [process.process_id for process in self._processes.values() if process.is_alive]

    def stop(self) -> None:
        """Ends them all, one that is just starting too; none starts afterwards."""
        with Held(), self._lock:
            self._stopped = True
            for process in self._processes.values():
                process.stop()
                self._run_folder.process_ended(process.process_id)
            self._processes.clear()
