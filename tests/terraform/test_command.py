"""One command to its end: nothing that was started is ever lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from ctrl_c import at_each_line

from tfproof.terraform.command import Running, run
from tfproof.terraform.errors import TerraformCrash, TerraformError, TerraformTimeout

Program = Callable[[str], Path]
Left = Callable[[], list[psutil.Process]]
_OURS = ("tfproof/terraform/command.py", "tfproof/interrupts.py", "/subprocess.py")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program that stands for Terraform: the subject is how it is ended."""

    def make(script: str) -> Path:
        path = tmp_path / "terraform"
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o700)
        return path

    return make


@pytest.fixture
def left() -> Callable[[], list[psutil.Process]]:
    """The processes that were started since and still run: others' tests may have some of their own."""
    before = psutil.Process().children()
    return lambda: [child for child in psutil.Process().children() if child not in before]


def test_ctrl_c_at_any_line_leaves_no_process(program: Program, left: Left, tmp_path: Path) -> None:
    waits = program("exec sleep 0.05")
    noted: set[int] = set()
    running = Running(lambda pid, _what: noted.add(pid), noted.discard)

    places = []
    for place in at_each_line(lambda: run(waits, ["plan"], cwd=tmp_path, environment={}, running=running), *_OURS):
        assert left() == [], place
        assert noted == set(), place
        places.append(place)

    # It came before, between and after: in Popen itself, in ours, and while waiting.
    assert len(places) > 100
    assert {"_execute_child)", "_start)", "wait)", "join)"} <= {place.rpartition("(")[2] for place in places}


def test_interrupt_from_another_thread_ends_a_command_in_good_order(program: Program, tmp_path: Path) -> None:
    saves = program("trap 'echo saved >> said; exit 1' INT\necho started > said\nwhile :; do sleep 0.05; done")
    running = Running()

    def interrupt() -> None:
        while not (said.exists() and said.read_text(encoding="utf-8")):
            time.sleep(0.02)
        running.interrupt()

    said = tmp_path / "said"
    threading.Thread(target=interrupt).start()
    with pytest.raises(TerraformError) as caught:
        run(saves, ["apply"], cwd=tmp_path, environment={}, running=running)

    assert caught.value.exit_code_of_terraform == 1
    # Once: Terraform takes a second SIGINT for an order to drop everything.
    assert said.read_text(encoding="utf-8") == "started\nsaved\n"


def test_command_that_starts_after_an_interrupt_is_ended_at_once(program: Program, tmp_path: Path) -> None:
    running = Running()
    running.interrupt()
    started = time.monotonic()

    with pytest.raises(TerraformError) as caught:
        run(program("exec sleep 20"), ["apply"], cwd=tmp_path, environment={}, running=running)

    assert caught.value.exit_code_of_terraform == -signal.SIGINT
    assert time.monotonic() - started < 5


def test_timeout_ends_the_command_and_says_how_long_it_took(program: Program, left: Left, tmp_path: Path) -> None:
    with pytest.raises(TerraformTimeout, match=r"longer than 0\.3 s"):
        run(program("exec sleep 20"), ["apply"], cwd=tmp_path, environment={}, timeout=0.3)

    assert left() == []


def test_command_that_will_not_end_is_killed_when_the_grace_is_over(
    program: Program, left: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfproof.terraform.command._GRACE", 0.3)

    with pytest.raises(TerraformTimeout):
        run(program("trap '' INT\nwhile :; do sleep 0.05; done"), ["apply"], cwd=tmp_path, environment={}, timeout=0.3)

    assert left() == []


def test_what_an_event_handler_raises_ends_the_command_and_is_raised(
    program: Program, left: Left, tmp_path: Path
) -> None:
    def refuse(event: dict[str, object]) -> None:
        raise ValueError(event["type"])

    with pytest.raises(ValueError, match="version"):
        run(
            program("""echo '{"type": "version"}'\nexec sleep 20"""),
            ["plan"],
            cwd=tmp_path,
            environment={},
            stream=True,
            on_event=refuse,
        )

    assert left() == []


def test_breakdown_is_no_plan_with_changes(program: Program, tmp_path: Path) -> None:
    breaks = program("echo 'fatal error: concurrent map writes' >&2; echo 'goroutine 1 [running]:' >&2; exit 2")

    with pytest.raises(TerraformCrash, match="broke down: fatal error: concurrent map writes"):
        run(breaks, ["plan"], cwd=tmp_path, environment={}, ok=(0, 2))
    assert run(program("echo warning >&2; exit 2"), ["plan"], cwd=tmp_path, environment={}, ok=(0, 2)).exit_code == 2
