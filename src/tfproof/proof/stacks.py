"""Stacks: a module with its variables, planned and applied once for a whole run, however many ask for it.

Everything that has to be ended belongs to one `Stacks`, in the process that lives longest: the emulator, the provider
processes, what was applied. Others, such as the workers of pytest-xdist, ask it (`tfproof.proof.sharing`).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tfproof.errors import TfproofError
from tfproof.interrupts import Held
from tfproof.proof import interventions
from tfproof.proof.giving_back import give_back
from tfproof.proof.providers import Providers
from tfproof.proof.run_folder import RunFolder
from tfproof.proof.target_choice import TargetChoice
from tfproof.targets.fronted import FrontedEmulator
from tfproof.terraform.binary import Terraform, find_terraform
from tfproof.terraform.command import Completed, Running
from tfproof.terraform.guard import Guard
from tfproof.terraform.provider_mirror import ProviderSource, find_provider_source
from tfproof.terraform.workspace import Workspace

if TYPE_CHECKING:
    from tfproof.targets.aws import AwsTarget

__all__ = ["StackSettings", "StackSpec", "Stacks"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StackSpec:
    """A module and the values of its variables.

    Attributes:
        module: Folder of the root module.
        variables: Values of its variables, as JSON has them.
        variable_files: `.tfvars` files for it.
    """

    module: Path
    variables: Mapping[str, Any] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Short and the same for equal stacks: `state-backend-1f3a5b7c`."""
        files = [str(file.resolve()) for file in self.variable_files]
        text = json.dumps([str(self.module.resolve()), dict(self.variables), *files], sort_keys=True)
        return f"{self.module.resolve().name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What the stacks of a run are made with.

    Attributes:
        folder: The run folder, with its manifest.
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        target: Which target they are applied at.
        run_id: The run's id.
        say: Is told what takes long.
        region: Region of the run.
        keep_provider: Whether one provider process may serve many commands.
        ignore_backend: Whether a `backend` block is replaced by a local one rather than refused.
    """

    folder: RunFolder
    target: TargetChoice = field(default_factory=TargetChoice)
    run_id: str = ""
    say: Callable[[str], None] = lambda _: None
    ignore_backend: bool = False
    terraform: str | None = None
    provider_mirror: str | None = None
    region: str = "us-east-1"
    keep_provider: bool = True


@dataclass(slots=True)
class _Failure:
    """What went wrong with a stack: told in full to the first who asks, and in a line to the others."""

    error: TfproofError
    told: bool = False

    def tell(self, spec: StackSpec, what: str) -> TfproofError:
        if not self.told:
            self.told = True
            return self.error
        first = self.error.message.splitlines()[0]
        return StackFailed(
            f"stack {spec.name} failed to {what}: {first}",
            remedy="The first test that asked for it has the whole story.",
        )


class StackFailed(TfproofError):
    """A stack that somebody else has asked for before, and that failed then."""


class Stacks:
    """The stacks of one run, and all that runs for them.

    Every method may be called from many threads. What was done once is not done again, and neither is what failed:
    the same error is raised to everyone who asks.

    Args:
        settings: What to make them with.
    """

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self._results: dict[tuple[str, str], Any] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._workspaces: dict[str, Workspace] = {}
        self._applied: dict[str, StackSpec] = {}
        self._target: FrontedEmulator | AwsTarget | None = None
        self._running = Running(settings.folder.process_started, settings.folder.process_ended)
        self._providers = Providers(settings.folder, keep=settings.keep_provider)
        self._closing = False
        self._closed = False

    @cached_property
    def terraform(self) -> Terraform:
        """The binary."""
        return find_terraform(self.settings.terraform)

    @cached_property
    def provider_source(self) -> ProviderSource:
        """Where providers come from."""
        return find_provider_source(self.settings.provider_mirror)

    @property
    def target(self) -> FrontedEmulator | AwsTarget:
        """The target, started when it is first asked for."""
        with Held(), self._guard:
            if self._closed:
                raise TfproofError("the run is over: its target has been ended")
            if self._target is None:
                folder, settings = self.settings.folder, self.settings
                self._target = settings.target.start(
                    folder, run_id=settings.run_id, region=settings.region, say=settings.say
                )
                folder.target_is(self._target.address())
            return self._target

    def target_address(self) -> dict[str, str]:
        """What another process needs to talk to the target."""
        return self.target.address()

    def plan_document(self, spec: StackSpec) -> Path:
        """The plan of a stack as JSON, in a file."""
        return self._once(spec, "plan", lambda: self._plan(spec))

    def state_document(self, spec: StackSpec) -> Path:
        """The state of an applied stack as JSON, in a file."""
        return self._once(spec, "apply", lambda: self._apply(spec))

    def replan(self, spec: StackSpec, refresh: bool) -> list[dict[str, Any]]:  # noqa: FBT001  # crosses a process border
        """The events of another plan of an applied stack."""
        self.state_document(spec)
        with self._turn(spec):
            done: Completed = self._workspaces[spec.name].plan(refresh=refresh, name="second")
        return done.events

    def prepare(self, workspace_root: str, environment: Mapping[str, str]) -> str | None:
        """The `TF_REATTACH_PROVIDERS` value for a workspace somebody else has made, or None."""
        return self._providers.reattach_value(Path(workspace_root), environment)

    def close(self) -> list[str]:
        """Destroys what was applied, looks for what is left, and ends everything; answers what went wrong."""
        problems: list[str] = []
        self._come_to_rest()
        try:
            if self._target is not None:
                with ThreadPoolExecutor(4) as pool:
                    for problem in pool.map(self._destroy, list(self._applied.values())):
                        problems += [problem] if problem else []
                problems += [f"left at the target after destroy: {name}" for name in self._target.leftovers()]
        except TfproofError as error:
            problems.append(str(error))
        finally:
            self._closed = True
            self._providers.stop()
            if self._target is not None:
                not_given_back = give_back(self._target, self.settings.folder)
                problems += [not_given_back] if not_given_back else []
                self._target.stop()
        return problems

    def _come_to_rest(self) -> None:
        """Lets nothing new begin, and what is under way end in good order: an apply's state is kept."""
        with self._guard:
            self._closing = True
            locks = list(self._locks.values())
        self._running.interrupt()
        for lock in locks:
            with lock:
                pass
        self._running.resume()

    def _plan(self, spec: StackSpec) -> Path:
        folder = self.settings.folder.path / spec.name
        workspace = Workspace(
            folder,
            spec.module,
            terraform=self.terraform,
            providers=self.provider_source,
            environment=self.target.environment(),
            variables=spec.variables,
            variable_files=spec.variable_files,
            guard=Guard(ignore_backend=self.settings.ignore_backend, owner=self.target.owner_tag),
            running=self._running,
            watch=self.target.check_alive,
        )
        self._workspaces[spec.name] = workspace
        workspace.init()
        self._providers.serve(workspace)
        workspace.plan()
        return _write(folder / "plan.json", workspace.show().document)

    def _apply(self, spec: StackSpec) -> Path:
        self.plan_document(spec)
        workspace = self._workspaces[spec.name]
        self._applied[spec.name] = spec
        workspace.apply()
        return _write(workspace.folder / "state.json", workspace.state().document)

    def _destroy(self, spec: StackSpec) -> str:
        workspace = self._workspaces[spec.name]
        try:
            with self._lock(spec):
                state = workspace.state()
                if not state.managed:
                    return ""
                interventions.release(self.target, state)
                workspace.destroy()
        except TfproofError as error:
            return f"stack {spec.name} could not be destroyed: {error}"
        return ""

    def _once(self, spec: StackSpec, what: str, make: Callable[[], _T]) -> _T:
        with self._turn(spec):
            key = (spec.name, what)
            if key not in self._results:
                try:
                    self._results[key] = make()
                except TfproofError as error:
                    self._results[key] = _Failure(error)
            result = self._results[key]
            if isinstance(result, _Failure):
                raise result.tell(spec, what)
        return result  # type: ignore[no-any-return]  # one dictionary for results of several types

    @contextmanager
    def _turn(self, spec: StackSpec) -> Iterator[None]:
        with Held(), self._lock(spec):
            if self._closing:
                raise TfproofError("the run is over: its stacks are being destroyed")
            yield

    def _lock(self, spec: StackSpec) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(spec.name, threading.RLock())


def _write(path: Path, document: Mapping[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
