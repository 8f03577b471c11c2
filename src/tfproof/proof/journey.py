"""The journey: plan, apply, audit, plan again, try to destroy, destroy; every answer kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from tfproof.backend_use.use import BackendUse, Depth
from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.check import Check
from tfproof.checks.destroy_refused import CHECK as DESTROY_REFUSED
from tfproof.checks.destroy_refused import judge as judge_destroy
from tfproof.checks.finding import Answer, Finding, Layer
from tfproof.checks.live import LiveBackend
from tfproof.checks.nothing_left import CHECK as NOTHING_LEFT
from tfproof.checks.nothing_left import judge as judge_leftovers
from tfproof.checks.second_plan_empty import CHECK as SECOND_PLAN_EMPTY
from tfproof.checks.second_plan_empty import judge as judge_second_plan
from tfproof.interrupts import raise_if_interrupted
from tfproof.proof import interventions
from tfproof.proof.backend import can_be_used, judge_use, use_as_backend
from tfproof.proof.coverage import attribute_coverage
from tfproof.proof.observer import Observer, Silent
from tfproof.proof.proof import Proof, Step
from tfproof.proof.providers import Providers
from tfproof.targets.target import Target
from tfproof.terraform.command import Completed
from tfproof.terraform.errors import TerraformError
from tfproof.terraform.plan import Plan
from tfproof.terraform.state import State
from tfproof.terraform.workspace import Workspace

__all__ = ["Journey"]

_T = TypeVar("_T")
_LOOK: Final = 0.1
"""Seconds between two looks at whether Ctrl-C has come."""


class Journey:
    """One way through a module's life at a target.

    The methods are the steps; `run` takes them in order. Each may be called alone, as the pytest fixtures do.

    Args:
        workspace: The module's copy, and Terraform in it.
        target: Where it is applied.
        proof: What the findings are added to.
        providers: Where its provider process comes from.
        observer: Who is told on the way.
        depth: How much is tried with the module as a backend.
        output_names: The module's own name of each output that it calls otherwise than `modules/state-backend` does.
    """

    def __init__(
        self,
        workspace: Workspace,
        target: Target,
        proof: Proof,
        *,
        providers: Providers,
        observer: Observer | None = None,
        depth: Depth = Depth.QUICK,
        output_names: Mapping[str, str] | None = None,
    ) -> None:
        self._output_names = output_names
        self._depth = depth
        self._state: State | None = None
        self._providers = providers
        self.workspace = workspace
        self.target = target
        self.proof = proof
        self.observer = observer or Silent()

    def run(self) -> Proof:
        """All steps to the end. What does not depend on each other runs side by side.

        Raises:
            TerraformError: A command failed that had to work; what was found until then is in the proof.
            KeyboardInterrupt: After every Terraform that ran has ended in good order.
        """
        started = time.monotonic()
        with ThreadPoolExecutor(3, thread_name_prefix="journey") as beside:
            try:
                self.initialise()
                self.plan()
                # Reading the plan takes a provider's schema, a second of CPU: hidden behind what apply waits for.
                reading = beside.submit(self.read_plan)
                live = self.apply()
                plan = _result(reading)
                self.proof.coverage = attribute_coverage(plan, self._state, output_names=self._output_names)
                plans = [beside.submit(self.plan_again, refresh=refresh) for refresh in (False, True)]
                using = beside.submit(self.use_as_backend, live)
                self.audit_live(live)
                for step in (*plans, using):
                    _result(step)
                self.destroy(live)
            except BaseException:
                self.workspace.interrupt()
                raise
        self.proof.complete = True
        self.proof.seconds = time.monotonic() - started
        return self.proof

    def initialise(self) -> None:
        """`terraform init`, and a provider process for the commands after it."""
        self._step("init", self.workspace.init)
        if not self._providers.serve(self.workspace):
            self.proof.notes.append("Terraform starts its own providers: the configuration does not allow sharing one")

    def plan(self) -> None:
        """`terraform plan`."""
        self._step("plan", lambda: self.workspace.plan(on_event=self.observer.event), _plan_summary)

    def read_plan(self) -> Plan:
        """The plan as Terraform shows it, audited."""
        plan: Plan = self._step("read plan", self.workspace.show, lambda plan: f"{len(plan.resources)} resources")
        self.audit_configured(Backend(plan, output_names=self._output_names))
        return plan

    def apply(self) -> LiveBackend:
        """`terraform apply` of the plan, and the state read."""
        self._step("apply", lambda: self.workspace.apply(on_event=self.observer.event), _apply_summary)
        state: State = self._step("read state", self.workspace.state, lambda state: f"{len(state.resources)} resources")
        self._state = state
        backend = Backend(state, output_names=self._output_names)
        self.audit_configured(backend)
        return LiveBackend(self.target.client, backend)

    def audit_configured(self, backend: Backend) -> None:
        """Every check that a plan or a state can show."""
        self._found(backend.layer, (finding for check in CHECKS for finding in check.on_configured(backend)))

    def audit_live(self, live: LiveBackend) -> None:
        """Every check that the target can show, after an object was written."""

        def audit() -> list[Finding]:
            if live.bucket_name:
                self.proof.interventions.append(interventions.write_probe(self.target, live))
            return [finding for check in CHECKS for finding in check.on_live(live)]

        self._found(Layer.LIVE, self._step("audit target", audit, lambda found: f"{len(found)} findings"))

    def plan_again(self, *, refresh: bool) -> None:
        """A second plan, which must change nothing."""
        name = "second plan" if refresh else "second plan, no refresh"
        done: Completed = self._step(
            name,
            # The state is only read, so the two second plans need no lock against each other.
            lambda: self.workspace.plan(refresh=refresh, lock=False, name=f"second-{refresh}"),
            _plan_summary,
        )
        self._judged(SECOND_PLAN_EMPTY, judge_second_plan(done.events, refreshed=refresh))

    def use_as_backend(self, live: LiveBackend) -> None:
        """The module as a backend: real states, as a role with the module's own policies, enforced."""
        if self._depth is Depth.NONE:
            self.proof.notes.append("the module was not used as a backend: depth none was asked for")
            return
        if not can_be_used(self.target, live):
            self.proof.notes.append("the module was not used as a backend: no output backend_config says how")
            return

        def use() -> BackendUse:
            return use_as_backend(self.workspace, self.target, live, self._depth, self.observer.progress)

        self.proof.use = self._step("use as a backend", use, _use_summary)
        for check, answers in judge_use(self.proof.use, live):
            self._judged(check, answers)

    def destroy(self, live: LiveBackend) -> None:
        """A destroy that must be refused; then the run's own protections off, and one that must work."""
        before = interventions.count_versions(self.target, live)
        refusal: TerraformError | None = self._step("destroy, protected", self._try_destroy, _refusal_summary)
        after = interventions.count_versions(self.target, live)
        # Read again: what was there before the try says nothing about what it left.
        now = LiveBackend(self.target.client, live.state)
        self._judged(DESTROY_REFUSED, judge_destroy(refusal, now, before, after))
        if refusal is not None:
            self.proof.interventions += interventions.release(self.target, self.workspace.state())
            self._step("destroy", self._destroy_now, _apply_summary)
        self._judged(NOTHING_LEFT, judge_leftovers(self.target.leftovers()))

    def _destroy_now(self) -> Completed:
        # The second plan has just refreshed and found no change: refreshing again would tell nothing new.
        return self.workspace.destroy(refresh=False, on_event=self.observer.event)

    def _try_destroy(self) -> TerraformError | None:
        try:
            self._destroy_now()
        except TerraformError as error:
            if error.exit_code_of_terraform != 1:
                raise
            return error
        return None

    def _step(self, name: str, act: Callable[[], Any], summary: Callable[[Any], str] | None = None) -> Any:
        self.observer.step_started(name)
        started = time.monotonic()
        result = act()
        step = Step(name, time.monotonic() - started, summary(result) if summary is not None else "")
        self.proof.steps.append(step)
        self.observer.step_done(step)
        return result

    def _judged(self, check: Check, answers: Iterable[Answer]) -> None:
        self._found(Layer.RUN, (check.finding(Layer.RUN, answer) for answer in answers))

    def _found(self, layer: Layer, findings: Iterable[Finding]) -> None:
        found = list(findings)
        self.proof.findings.extend(found)
        self.observer.audited(layer, found)


def _result(of: Future[_T]) -> _T:
    """What a step beside this one gives, unless Ctrl-C comes first."""
    while not wait([of], timeout=_LOOK).done:
        raise_if_interrupted()
    return of.result()


def _use_summary(use: BackendUse) -> str:
    if use.too_old:
        return f"not with {use.too_old}: lock mode {use.lock_mode} needs 1.10 or newer"
    tables = sum(table.tried for table in use.tables)
    trials = len(use.documented) + len(use.as_user) + len(use.read_write) + len(use.read_only) + tables
    return f"{len(use.written)} states written, {trials} operations tried, lock mode {use.lock_mode}"


def _plan_summary(done: Completed) -> str:
    return _changes(done, "change_summary") or "no changes"


def _apply_summary(done: Completed) -> str:
    return _changes(done, "change_summary")


def _changes(done: Completed, event_type: str) -> str:
    events = done.events_of(event_type)
    if not events:
        return ""
    changes = events[-1].get("changes", {})
    words = {"add": "to add", "change": "to change", "remove": "to destroy"}
    if changes.get("operation") in ("apply", "destroy"):
        words = {"add": "added", "change": "changed", "remove": "destroyed"}
    parts = [f"{changes[name]} {word}" for name, word in words.items() if changes.get(name)]
    return ", ".join(parts) or "no changes"


def _refusal_summary(error: TerraformError | None) -> str:
    if error is None:
        return "went through"
    errors = [item for item in error.diagnostics if item.is_error]
    # The SDK's preamble (operation, status code, request id) says nothing to a reader; the service's own words do.
    return f"refused: {errors[0].summary.rpartition('api error ')[2]}" if errors else "refused"
