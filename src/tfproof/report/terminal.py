"""A proof on the terminal: progress while Terraform works, then every check by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.status import Status
from rich.text import Text

import tfproof
from tfproof.backend_use.use import BackendUse
from tfproof.checks.catalogue import FULL_DEPTH_CHECKS
from tfproof.checks.finding import Finding, Layer
from tfproof.proof.coverage import AttributeCoverage
from tfproof.proof.proof import CheckResult, Outcome, Proof, Step
from tfproof.report.backend_use import LEGEND, permission_lines, state_lines, table_lines
from tfproof.report.failure import Locate, failure_lines

__all__ = ["TerminalReport"]

_MARKS: Final = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "bold red"),
    Outcome.UNDECIDED: ("?", "yellow"),
    Outcome.NOT_APPLICABLE: ("-", "dim"),
}
_IN_PROGRESS: Final = 3
_STEP_WIDTH: Final = 26


class TerminalReport:
    """An observer that shows the journey on a terminal; on a pipe, one plain line a step.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._working: dict[str, float] = {}
        self._progress = ""

    def header(self, proof: Proof) -> None:
        """What is proved, and with what."""
        self._console.print(Text.assemble((f"tfproof {tfproof.__version__}", "bold"), f"  {proof.module}"))
        if proof.module_copy is not None:
            style = "dim" if proof.module_copy.is_as_released else "yellow"
            self._line(f"  {'module':<11}", style, str(proof.module_copy))
        for name, value in (
            ("target", f"{proof.target} ({proof.target_kind})"),
            ("terraform", proof.terraform),
            ("providers", proof.providers),
        ):
            self._line(f"  {name:<11}", "dim", value)
        self._console.print()

    def step_started(self, name: str) -> None:
        """Shows what is being done; a step that runs beside another joins it."""
        with self._lock:
            self._running.append(name)
            if self._status is None and self._console.is_terminal:
                self._status = self._console.status("")
                self._status.start()
            self._show_status()

    def event(self, event: dict[str, Any]) -> None:
        """Shows which resources Terraform is waiting for."""
        hook = event.get("hook") or {}
        address = (hook.get("resource") or {}).get("addr", "")
        kind = event.get("type")
        if kind in ("apply_start", "refresh_start"):
            self._working[address] = time.monotonic()
        elif kind in ("apply_complete", "apply_errored", "refresh_complete"):
            self._working.pop(address, None)
        if kind in ("apply_start", "apply_progress", "apply_complete"):
            with self._lock:
                self._show_status()

    def progress(self, text: str) -> None:
        """Shows how far a long step is, beside what Terraform waits for."""
        with self._lock:
            self._progress = text
            self._show_status()

    def step_done(self, step: Step) -> None:
        """One line for a step that is done."""
        with self._lock:
            if step.name in self._running:
                self._running.remove(step.name)
            if not self._running:
                self._stop_status()
            self._show_status()
        line = Text.assemble(("  ✓ ", "green"), f"{step.name:<{_STEP_WIDTH}}", (f"{step.seconds:6.1f} s  ", "dim"))
        self._console.print(line.append(step.detail), soft_wrap=True, highlight=False)

    def audited(self, layer: Layer, findings: Sequence[Finding]) -> None:
        """One line when a layer shows something wrong; the whole story follows at the end."""
        failed = sorted({finding.check_id for finding in findings if finding.verdict == "failed"})
        if failed:
            self._line(f"  ✗ {layer.value} shows: ", "bold red", ", ".join(failed))

    def stop(self) -> None:
        """Takes the progress off the terminal, whatever happens next."""
        self._stop_status()

    def results(self, proof: Proof, locate: Locate) -> None:
        """Every check with its verdict, then what failed and why, then the verdict of the whole."""
        results = proof.results
        # What is judged at the end of a run may belong to a section that came long before.
        sections: dict[str, list[CheckResult]] = {}
        for result in results:
            sections.setdefault(result.check.section, []).append(result)
        for section, of_it in sections.items():
            self._console.print(Text(f"\n  {section}", style="bold"))
            for result in of_it:
                self._result_line(result)
        if proof.use is not None:
            self._use(proof.use)
        if proof.coverage is not None:
            self._coverage(proof.coverage)
        for done in proof.interventions:
            self._line("\n  by hand: " if done is proof.interventions[0] else "           ", "dim", done)
        for note in proof.notes:
            self._line("\n  note: ", "yellow", note)
        for result in results:
            if result.outcome in (Outcome.FAILED, Outcome.UNDECIDED):
                self._failure(result, locate)
        self._verdict(proof, results)

    def _result_line(self, result: CheckResult) -> None:
        mark, style = _MARKS[result.outcome]
        where = result.outcome.value if result.outcome is not Outcome.PASSED else " ".join(map(str, result.layers))
        if result.outcome is Outcome.NOT_APPLICABLE and result.check in FULL_DEPTH_CHECKS:
            where = "tried with --depth full"
        self._console.print(
            Text.assemble((f"    {mark} ", style), result.check.title, (f"  [{result.check.id}: {where}]", "dim")),
            soft_wrap=True,
            highlight=False,
        )

    def _use(self, use: BackendUse) -> None:
        """The state object that Terraform wrote, and each permission with the operations that need it."""
        sections: list[tuple[str, Iterable[str]]] = [
            ("states that Terraform wrote", state_lines(use)),
            (f"permissions: calls of {use.role} by operation", permission_lines(use)),
        ]
        sections += [("permissions: what breaks without", table_lines(table)) for table in use.tables]
        for title, lines in sections:
            self._console.print(Text(f"\n  {title}", style="bold"))
            for line in lines:
                self._console.print(Text(f"    {line}"), soft_wrap=True, highlight=False)
        if use.tables:
            self._line("    ", "dim", LEGEND)

    def _coverage(self, coverage: AttributeCoverage) -> None:
        """What is planned and no check looked at, by type of resource."""
        self._console.print(Text("\n  planned attributes that a check looked at", style="bold"))
        for kind, planned, seen, others in coverage.rows():
            line = f"    {kind:<52} {seen:>3} of {planned:>3}"
            self._line(line, "", f"   not: {others}" if others else "")

    def _failure(self, result: CheckResult, locate: Locate) -> None:
        _, style = _MARKS[result.outcome]
        self._console.print()
        for number, line in enumerate(failure_lines(result, locate)):
            kind = line.lstrip()[:2]
            line_style = style if number == 0 else {"- ": "green", "+ ": "red"}.get(kind, "")
            self._console.print(Text(line, style=line_style), soft_wrap=True, highlight=False)

    def _verdict(self, proof: Proof, results: list[CheckResult]) -> None:
        counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
        parts = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
        word, style = ("PROVED", "bold green") if proof.proved else ("NOT PROVED", "bold red")
        self._console.print()
        self._line(word, style, f"  {parts}; {proof.seconds:.0f} s")

    def _line(self, head: str, style: str, text: str) -> None:
        self._console.print(Text.assemble((head, style), text), soft_wrap=True, highlight=False)

    def _show_status(self) -> None:
        if self._status is not None:
            names = sorted(self._working, key=self._working.__getitem__)[:_IN_PROGRESS]
            waiting = ", ".join(f"{name} {time.monotonic() - self._working[name]:.0f} s" for name in names)
            waiting = ", ".join(text for text in (waiting, self._progress) if text)
            self._status.update(Text(f"{', '.join(self._running)} ... {waiting}"))

    def _stop_status(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
