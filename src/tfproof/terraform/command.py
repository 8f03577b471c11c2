"""Runs one Terraform command to its end, whatever happens on the way.

In its own process group, so that Ctrl-C reaches us first and Terraform once; with both pipes drained, so that
neither can fill up and stop it; with every exit code that was not asked for turned into an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tfproof.errors import EnvironmentProblem
from tfproof.interrupts import Held, interrupts, raise_if_interrupted
from tfproof.terraform.diagnostics import Diagnostic, from_event, from_text
from tfproof.terraform.errors import TerraformCrash, TerraformError, TerraformTimeout

__all__ = ["Completed", "Running", "run"]

_GRACE: Final = 30.0
"""Seconds Terraform gets to end in good order after SIGINT before its group is killed."""
_KILLS: Final = 2
"""How many times Ctrl-C must have come for the grace to be over."""
_LOOK: Final = 0.1
"""Seconds between two looks at whether a command has to end."""
_WATCH: Final = 1.0
"""Seconds between two looks at what a command depends on."""
_KEPT_STDERR: Final = 64 * 1024
"""Bytes of standard error kept in memory; all of it goes to the log."""

_CRASH: Final = re.compile(rb"(?:panic|fatal error): .*")
"""How Go's runtime begins to say that a program has broken down; the stacks of all its goroutines follow."""
_CRASHED: Final = 2
"""Its exit code then."""

EventHandler = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Completed:
    """A command that ended with an exit code that was asked for.

    Attributes:
        command: The sub-command, such as `plan`.
        exit_code: Its exit code.
        stdout: Its standard output, empty when it was read as events.
        events: The events of its `-json` stream, in order.
        diagnostics: Errors and warnings Terraform gave.
        seconds: Wall time from start to end.
        stderr: Its standard error; of a long one, the end.
    """

    command: str
    exit_code: int
    stdout: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seconds: float = 0.0
    stderr: str = ""

    def events_of(self, event_type: str) -> list[dict[str, Any]]:
        """The events of one type, such as `planned_change`."""
        return [event for event in self.events if event.get("type") == event_type]


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    ok: tuple[int, ...] = (0,),
    stream: bool = False,
    on_event: EventHandler | None = None,
    timeout: float | None = None,
    log: Path | None = None,
    running: Running | None = None,
    watch: Callable[[], None] | None = None,
) -> Completed:
    """Runs one command and waits for its end.

    Args:
        program: The Terraform or OpenTofu binary.
        arguments: Sub-command and its arguments.
        cwd: Folder of the root module.
        environment: The whole environment of the process; nothing is added.
        ok: Exit codes that are answers rather than failures.
        stream: Whether standard output is Terraform's `-json` stream of events.
        on_event: Called with each event as it comes, in a thread of its own; what it raises ends the command.
        timeout: Seconds until it is ended.
        log: File that standard error and events are appended to.
        running: Where the process is kept while it runs, so that another thread can end it.
        watch: Called once a second meanwhile; what it raises ends the command, and is raised.

    Raises:
        TerraformError: Exit code not in `ok`, or ended by a signal; carries Terraform's diagnostics.
        TerraformCrash: It broke down, whatever `ok` says.
        TerraformTimeout: It took longer than `timeout`.
        EnvironmentProblem: The program cannot be started.
        KeyboardInterrupt: After Terraform, told by SIGINT, has ended in good order.
    """
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    started = time.monotonic()
    timed_out = False
    # From before the process is there until it has ended, no Ctrl-C may come between: the process would be lost.
    with Held():
        raise_if_interrupted()
        process = _start(program, arguments, cwd, environment)
        reader = _Reader(process, stream=stream, on_event=on_event, log=log)
        try:
            reader.start()
            if running is not None:
                running.add(process)
            reader.wait(timeout, watch, running)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            _end(process)
            reader.join()
            if running is not None:
                running.discard(process)
    if reader.failure is not None:
        raise reader.failure

    stderr = reader.stderr_text()
    diagnostics = [found for event in reader.events if (found := from_event(event)) is not None]
    if not diagnostics:
        diagnostics = from_text(stderr)
    if timed_out:
        raise TerraformTimeout(command, process.returncode, diagnostics, f"it took longer than {timeout:g} s\n{stderr}")
    if process.returncode == _CRASHED and reader.crash:
        raise TerraformCrash(command, process.returncode, [], f"Terraform itself broke down: {reader.crash}")
    if process.returncode not in ok:
        raise TerraformError(command, process.returncode, diagnostics, stderr)
    return Completed(
        command=command,
        exit_code=process.returncode,
        stdout=reader.stdout_text(),
        events=reader.events,
        diagnostics=diagnostics,
        seconds=time.monotonic() - started,
        stderr=stderr,
    )


class Running:
    """The commands that run at the moment, in whatever thread; `interrupt` ends them in good order.

    Args:
        started: Called with the number and name of each process that starts.
        ended: Called with the number of each that has ended.

    Attributes:
        interrupted: Whether they, and those that start now, are to end.
    """

    def __init__(
        self,
        started: Callable[[int, str], None] = lambda _pid, _what: None,
        ended: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        self.interrupted = False
        self._started = started
        self._ended = ended

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Takes a process in."""
        self._started(process.pid, "terraform")

    def discard(self, process: subprocess.Popen[bytes]) -> None:
        """Lets a process go that has ended."""
        self._ended(process.pid)

    def interrupt(self) -> None:
        """Tells every command to end, as Ctrl-C would; Terraform then saves its state."""
        # Each ends its own process, and once: Terraform takes a second SIGINT for an order to drop everything.
        self.interrupted = True

    def resume(self) -> None:
        """Lets commands start again after an interrupt, to clear up."""
        self.interrupted = False


class _Reader:
    """Drains both pipes of a process, each in a thread of its own."""

    def __init__(
        self, process: subprocess.Popen[bytes], *, stream: bool, on_event: EventHandler | None, log: Path | None
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.failure: BaseException | None = None
        self.crash = ""
        self._process = process
        self._stream = stream
        self._on_event = on_event
        self._log = log
        self._stdout: list[bytes] = []
        self._stderr: deque[bytes] = deque()
        self._stderr_size = 0
        self._threads = [
            threading.Thread(target=self._read_stdout, name="terraform-stdout", daemon=True),
            threading.Thread(target=self._read_stderr, name="terraform-stderr", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self, timeout: float | None, watch: Callable[[], None] | None, running: Running | None) -> None:
        """Waits for the process's end, or for a reason to end it."""
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        watched = time.monotonic()
        while self.failure is None and not (running is not None and running.interrupted):
            raise_if_interrupted()
            try:
                self._process.wait(max(min(_LOOK, deadline - time.monotonic()), 0))
            except subprocess.TimeoutExpired:
                if time.monotonic() >= deadline:
                    raise
                if watch is not None and time.monotonic() >= watched + _WATCH:
                    watch()
                    watched = time.monotonic()
            else:
                return

    def join(self) -> None:
        """Waits for the rest of the output.

        A grandchild (a provider that lived on) may hold the pipes open after Terraform's end; its group is ended
        then, since nothing of a command may outlive it.
        """
        for thread in self._threads:
            thread.join(timeout=2.0)
        if any(thread.is_alive() for thread in self._threads):
            _signal_group(self._process, signal.SIGKILL)
            for thread in self._threads:
                thread.join(timeout=5.0)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def stdout_text(self) -> str:
        return b"".join(self._stdout).decode("utf-8", errors="replace")

    def stderr_text(self) -> str:
        return b"".join(self._stderr).decode("utf-8", errors="replace")

    def _read_stdout(self) -> None:
        pipe = self._process.stdout
        if pipe is None:  # pragma: no cover  # Popen was given PIPE
            return
        with self._open_log() as log:
            for line in pipe:
                if not self._stream:
                    self._stdout.append(line)
                    continue
                if log is not None:
                    log.write(line)
                self._take_event(line)

    def _take_event(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            # A crash or a plugin may print plain text into the stream; it must not hide the events around it.
            self._keep_stderr(line)
            return
        if not isinstance(event, dict):
            self._keep_stderr(line)
            return
        self.events.append(event)
        if self._on_event is not None and self.failure is None:
            try:
                self._on_event(event)
            except BaseException as error:  # noqa: BLE001  # it is raised again in the caller's thread
                self.failure = error

    def _read_stderr(self) -> None:
        pipe = self._process.stderr
        if pipe is None:  # pragma: no cover  # Popen was given PIPE
            return
        with self._open_log() as log:
            for line in pipe:
                if log is not None:
                    log.write(line)
                self._keep_stderr(line)

    def _keep_stderr(self, line: bytes) -> None:
        if not self.crash and _CRASH.match(line):
            self.crash = line.decode("utf-8", errors="replace").strip()
        line = line[-_KEPT_STDERR:]
        self._stderr.append(line)
        self._stderr_size += len(line)
        while self._stderr_size > _KEPT_STDERR and len(self._stderr) > 1:
            self._stderr_size -= len(self._stderr.popleft())

    @contextlib.contextmanager
    def _open_log(self) -> Any:
        log: IO[bytes] | None = None
        if self._log is not None:
            with contextlib.suppress(OSError):  # a full disk must not stop the draining
                log = self._log.open("ab", buffering=0)
        try:
            yield _Lenient(log) if log is not None else None
        finally:
            if log is not None:
                log.close()


class _Lenient:
    """A log that goes silent when the disk is full, instead of stopping the command it writes about."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        with contextlib.suppress(OSError):
            self._file.write(line)


def _start(
    program: Path, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    try:
        # Reading from nowhere and a process group of its own: no prompt can wait, no stray Ctrl-C can hit it twice.
        return subprocess.Popen(
            [str(program), *arguments],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
    except OSError as error:
        raise EnvironmentProblem(
            f"terraform={str(program)!r} cannot be started: {error.strerror or error}",
            remedy="Name a working binary with --terraform PATH.",
        ) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command that still runs: SIGINT, so that Terraform saves its state; a second Ctrl-C or the grace kills."""
    if process.poll() is not None:
        return
    _signal_group(process, signal.SIGINT)
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline and interrupts() < _KILLS:
        try:
            process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            continue
        return
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
