"""What runs while mutants are decided on: threads, Terraform, a target, provider processes; all of it ended."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Self, TypeVar

from tfproof.interrupts import raise_if_interrupted
from tfproof.mutation.settings import MutationSettings
from tfproof.proof.naming import make_run_id
from tfproof.proof.providers import Providers
from tfproof.proof.run_folder import RunFolder
from tfproof.proof.target_choice import TargetChoice
from tfproof.targets.aws import AwsTarget
from tfproof.targets.fronted import FrontedEmulator
from tfproof.terraform.binary import Terraform, find_terraform
from tfproof.terraform.command import Running
from tfproof.terraform.guard import Guard
from tfproof.terraform.provider_mirror import ProviderSource, find_provider_source
from tfproof.terraform.workspace import Workspace

__all__ = ["Workshop"]

_T = TypeVar("_T")
_LOOK: Final = 0.1
"""Seconds between two looks at whether Ctrl-C has come."""


class Workshop:
    """Threads, a target and provider processes, which end with the `with` block, however it is left.

    Args:
        settings: What the run is asked to do.
        run_folder: The run folder, with its manifest.
        say: Is told what takes long.

    Attributes:
        settings: The same.
        folder: The run folder.
        say: The same.
        running: Where Terraform's commands are kept while they run.
        stopped: Whether the run is to end: what comes out of commands now means nothing.
    """

    def __init__(self, settings: MutationSettings, run_folder: RunFolder, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.folder = run_folder.path
        self.say = say
        self.running = Running(run_folder.process_started, run_folder.process_ended)
        self.stopped = False
        self._run_folder = run_folder
        self._providers = Providers(run_folder)
        self._workspaces: list[Workspace] = []
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="mutants")
        self._target: FrontedEmulator | AwsTarget | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is not None:
            self._stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        try:
            self._providers.stop()
        finally:
            if self._target is not None:
                self._target.stop()

    def _stop(self) -> None:
        self.stopped = True
        self.running.interrupt()
        with self._lock:
            for workspace in self._workspaces:
                workspace.interrupt()

    @property
    def workers(self) -> int:
        """How many threads work side by side."""
        return max(self.settings.workers, 1)

    @cached_property
    def terraform(self) -> Terraform:
        """The binary."""
        return find_terraform(self.settings.terraform)

    @cached_property
    def providers(self) -> ProviderSource:
        """Where providers come from."""
        return find_provider_source(self.settings.provider_mirror)

    def start_target(self) -> None:
        """Starts the target that the module itself is applied at."""
        target = TargetChoice("embedded").start(self._run_folder, run_id=make_run_id(), say=self.say)
        self._target = target
        self._run_folder.target_is(target.address())

    def workspace(self, folder: Path, configuration: Path) -> Workspace:
        """An initialised workspace at the target, served by a provider process where that is safe."""
        assert self._target is not None  # noqa: S101  # started before any workspace is asked for
        workspace = Workspace(
            folder,
            configuration,
            terraform=self.terraform,
            providers=self.providers,
            environment=self._target.environment(),
            guard=Guard(ignore_backend=True),
            running=self.running,
            watch=self._target.check_alive,
        )
        workspace.init()
        self._providers.serve(workspace)
        return workspace

    def joined(self, workspace: Workspace) -> None:
        """Takes in a workspace that somebody else has made, so that Ctrl-C ends its commands too."""
        with self._lock:
            self._workspaces.append(workspace)
        if self.stopped:
            workspace.interrupt()

    def get(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """What a thread gives, unless Ctrl-C comes first."""
        return self._result(self._pool.submit(act, *arguments))

    def get_all(self, act: Callable[[int], _T], count: int) -> list[_T]:
        """What threads give for the numbers from 0."""
        futures = [self._pool.submit(act, number) for number in range(count)]
        return [self._result(future) for future in futures]

    def share(self, work: Sequence[_T], benches: Sequence[Any], take: Callable[[Any, _T], None]) -> None:
        """Lets every bench take of the work until there is none."""
        waiting: SimpleQueue[_T] = SimpleQueue()
        for item in work:
            waiting.put(item)

        def loop(bench: Any) -> None:
            with contextlib.suppress(Empty):
                while not self.stopped:
                    take(bench, waiting.get_nowait())

        futures = [self._pool.submit(loop, bench) for bench in benches]
        try:
            for future in futures:
                self._result(future)
        except BaseException:
            self._stop()
            raise

    @staticmethod
    def _result(future: Future[_T]) -> _T:
        while not wait([future], timeout=_LOOK).done:
            raise_if_interrupted()
        return future.result()
