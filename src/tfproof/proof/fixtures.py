"""What the pytest fixtures give: the run as one process of it sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.live import LiveBackend
from tfproof.checks.second_plan_empty import judge
from tfproof.interrupts import Held
from tfproof.proof import interventions
from tfproof.proof.naming import make_run_id, named
from tfproof.proof.run_folder import RunFolder
from tfproof.proof.sharing import RemoteStacks, StackServer
from tfproof.proof.stacks import Stacks, StackSettings, StackSpec
from tfproof.proof.target_choice import TargetChoice, target_at
from tfproof.targets.target import Target
from tfproof.terraform.binary import Terraform
from tfproof.terraform.guard import Guard
from tfproof.terraform.plan import Plan
from tfproof.terraform.provider_mirror import ProviderSource
from tfproof.terraform.state import State
from tfproof.terraform.workspace import Workspace

__all__ = ["Applied", "Run", "SecondPlan"]


@dataclass(frozen=True)
class Applied:
    """A stack that is applied.

    Attributes:
        plan: The plan it was made by.
        state: What Terraform remembers of it.
        target: Where it stands.
    """

    plan: Plan
    state: State
    target: Target

    @property
    def outputs(self) -> dict[str, Any]:
        """Output values by name; sensitive ones are `Sensitive`."""
        return {name: output.value for name, output in self.state.outputs.items()}

    @cached_property
    def backend(self) -> Backend:
        """The state backend in the state."""
        return Backend(self.state)

    @cached_property
    def live(self) -> LiveBackend:
        """The state backend at the target, read through boto3."""
        return LiveBackend(self.target.client, self.backend)


@dataclass(frozen=True)
class SecondPlan:
    """Another plan of an applied stack.

    Attributes:
        changes: What it changes, a sentence each.
        events: The events of Terraform's `-json` stream.
    """

    changes: tuple[str, ...]
    events: tuple[dict[str, Any], ...]

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not self.changes

    def __repr__(self) -> str:
        return f"<SecondPlan: {'; '.join(self.changes) or 'no changes'}>"


class Run:
    """The stacks of a pytest run, as one of its processes sees them.

    Args:
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        keep_folder: Whether the run folder is kept.
        keep_provider: Whether one provider process may serve many commands.
        ignore_backend: Whether a `backend` block is replaced by a local one rather than refused.
        owner: Address of the process that owns the stacks; None makes this one the owner.
        choice: Which target stacks are applied at.
        say: Is told what takes long.

    Attributes:
        problems: What went wrong in clearing up.
        run_id: Six characters, the same in all processes of the run, for names that no other run may have.
    """

    def __init__(
        self,
        *,
        terraform: str | None,
        provider_mirror: str | None,
        keep_folder: bool,
        keep_provider: bool,
        ignore_backend: bool,
        owner: Mapping[str, str] | None,
        choice: TargetChoice,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.problems: list[str] = []
        self._run_folder: RunFolder | None = None
        self._server: StackServer | None = None
        self._own: Stacks | None = None
        self._remote: RemoteStacks | None = None
        self._finished = False
        self._plans: dict[str, Plan] = {}
        self._applied: dict[str, Applied] = {}
        if owner is not None:
            self._remote = RemoteStacks(owner["port"], owner["authkey"])
            self.folder = Path(owner.get("folder", ""))
            self.run_id = owner["run_id"]
            return
        self.run_id = make_run_id()
        self._run_folder = RunFolder(keep=keep_folder)
        self.folder = self._run_folder.path
        self._own = Stacks(
            StackSettings(
                folder=self._run_folder,
                target=choice,
                run_id=self.run_id,
                say=say,
                terraform=terraform,
                provider_mirror=provider_mirror,
                keep_provider=keep_provider,
                ignore_backend=ignore_backend,
            )
        )

    @property
    def stacks(self) -> Stacks | RemoteStacks:
        """Whoever answers for stacks."""
        owner = self._own or self._remote
        assert owner is not None  # noqa: S101  # one of the two is made above
        return owner

    def share(self) -> dict[str, str]:
        """Lets other processes ask; answers how."""
        if self._server is None:
            assert self._own is not None  # noqa: S101  # only the owner has workers
            self._server = StackServer(self._own)
        return {**self._server.address, "folder": str(self.folder), "run_id": self.run_id}

    @cached_property
    def _tools(self) -> tuple[Terraform, ProviderSource]:
        if self._remote is not None:
            terraform, source = self._remote.ask("tools")
            return terraform, source
        assert self._own is not None  # noqa: S101
        return self._own.terraform, self._own.provider_source

    @property
    def terraform(self) -> Terraform:
        """The binary of the run."""
        return self._tools[0]

    @cached_property
    def target(self) -> Target:
        """The target; an owner's own, or a connection to it."""
        return self._own.target if self._own is not None else target_at(self.stacks.target_address())

    def named(self, value: Any) -> Any:
        """A value of a variable with the run's id for every `{run}` in it, in lists and objects too."""
        return named(value, self.run_id)

    def plan(self, spec: StackSpec) -> Plan:
        """The plan of a stack."""
        if spec.name not in self._plans:
            self._plans[spec.name] = Plan(_json(self.stacks.plan_document(spec)))
        return self._plans[spec.name]

    def applied(self, spec: StackSpec) -> Applied:
        """An applied stack."""
        if spec.name not in self._applied:
            state = State(_json(self.stacks.state_document(spec)))
            self._applied[spec.name] = Applied(plan=self.plan(spec), state=state, target=self.target)
        return self._applied[spec.name]

    def replan(self, spec: StackSpec, *, refresh: bool) -> SecondPlan:
        """Another plan of an applied stack."""
        events = self.stacks.replan(spec, refresh)
        changes = tuple(answer.found for answer in judge(events, refreshed=refresh) if answer.verdict == "failed")
        return SecondPlan(changes, tuple(events))

    def workspace(self, folder: Path, module: Path, variables: Mapping[str, Any]) -> Workspace:
        """A workspace of one test's own, initialised."""
        terraform, source = self._tools
        workspace = Workspace(
            folder,
            module,
            terraform=terraform,
            providers=source,
            environment=self.target.environment(),
            variables=self.named(variables),
            watch=self.target.check_alive,
            guard=Guard(owner=self.target.owner_tag),
        )
        workspace.init()
        workspace.attach(self.stacks.prepare(str(workspace.root), workspace.environment))
        return workspace

    def clear(self, workspace: Workspace) -> None:
        """Destroys what a test left applied in its workspace."""
        state = workspace.state()
        if state.managed:
            interventions.release(self.target, state)
            workspace.destroy()

    def finish(self) -> list[str]:
        """Ends everything that belongs to this process, once; answers what went wrong."""
        if self._finished:
            return self.problems
        self._finished = True
        with Held():
            if self._own is not None:
                self.problems = self._own.close()
                if self._server is not None:
                    self._server.close()
                if self._run_folder is not None:
                    self._run_folder.remove()
        return self.problems


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
