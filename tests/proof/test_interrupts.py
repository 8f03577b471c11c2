"""Ctrl-C at any moment, and being killed: nothing is left, or what is needed to clear up is."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from budget import at_night
from cheap_stack import left_behind, write_module

_RANDOM = random.Random(os.environ.get("TFPROOF_SEED", "2026"))  # noqa: S311  # moments, not secrets
MOMENTS = [round(_RANDOM.uniform(0.0, 8.0), 2) for _ in range(int(os.environ.get("TFPROOF_MOMENTS", at_night(10, 3))))]
"""Seconds from when the run folder exists; TFPROOF_MOMENTS asks for more of them, and TFPROOF_SEED for others."""


class Journey:
    """`tfproof prove` of a cheap module, as a process with a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        module = write_module(folder / "module")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tfproof.cli", "prove", str(module), "--var", "name=cheap"],
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def wait_for_folder(self) -> None:
        """Waits until the run has begun: from here on it answers for all that it starts."""
        while not self.folders():
            assert self.process.poll() is None, self.end()
            time.sleep(0.005)

    def wait_for(self, what: str) -> None:
        """Waits until a process of the run has this in its command line."""
        for _ in range(600):
            children = psutil.Process(self.process.pid).children(recursive=True)
            for child in children:
                try:
                    if what in " ".join(child.cmdline()):
                        return
                except psutil.Error:
                    continue
            time.sleep(0.05)
        pytest.fail(f"{what} never ran: {self.process.poll()}")

    def end(self) -> str:
        """Waits for its end and answers what it said."""
        said, _ = self.process.communicate(timeout=90)
        return said

    def folders(self) -> list[str]:
        return [path.name for path in self.temporary.iterdir() if path.name.startswith("tfproof")]


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    made = Journey(tmp_path)
    yield made
    made.process.kill()
    made.process.communicate()
    # A run that is killed leaves what it had started; no test of ours may.
    environment = {**os.environ, "TMPDIR": str(made.temporary)}
    subprocess.run([sys.executable, "-m", "tfproof.cli", "gc"], env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_at_a_random_moment_leaves_nothing(journey: Journey, moment: float) -> None:
    journey.wait_for_folder()
    time.sleep(moment)

    os.killpg(journey.process.pid, signal.SIGINT)
    said = journey.end()

    assert "Traceback" not in said, said
    if journey.process.returncode == 1:
        assert "NOT PROVED" in said, "its own end, when it was past everything"
    else:
        assert journey.process.returncode == 130, said
        assert "interrupted; everything that was started has been ended" in said
    assert left_behind(journey.temporary) == []
    assert journey.folders() == []


def test_sigterm_is_as_good_as_ctrl_c(journey: Journey) -> None:
    journey.wait_for("apply")

    journey.process.terminate()
    said = journey.end()

    assert journey.process.returncode == 130, said
    assert "interrupted" in said
    assert left_behind(journey.temporary) == []
    assert journey.folders() == []


@pytest.mark.parametrize("at", ["folder", "command"])
def test_ctrl_c_ends_a_command_that_is_recorded(tmp_path: Path, at: str) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [sys.executable, "-m", "tfproof.cli", "record", "--", "sh", "-c", f"touch {ready}; exec sleep 60"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as run:
        while not (ready.exists() if at == "command" else list(temporary.iterdir())):
            assert run.poll() is None
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)

    assert run.returncode == 130, said
    assert "Traceback" not in said
    assert left_behind(temporary) == []
    assert [path.name for path in temporary.iterdir() if path.name.startswith("tfproof")] == []


def test_killed_run_leaves_a_manifest_that_gc_finishes(journey: Journey) -> None:
    journey.wait_for("apply")
    journey.process.kill()
    journey.end()
    assert journey.folders()

    done = subprocess.run(
        [sys.executable, "-m", "tfproof.cli", "gc"],
        env={**os.environ, "TMPDIR": str(journey.temporary)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "provider" in done.stdout
    assert "removed" in done.stdout
    assert left_behind(journey.temporary) == []
    assert journey.folders() == []


def test_gc_leaves_a_run_alone_that_still_runs(journey: Journey) -> None:
    journey.wait_for("plan")

    done = subprocess.run(
        [sys.executable, "-m", "tfproof.cli", "gc"],
        env={**os.environ, "TMPDIR": str(journey.temporary)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "still running" in done.stdout
    assert journey.folders()


def test_ctrl_c_in_a_test_run_destroys_and_clears_up(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    write_module(tmp_path / "module")
    (tmp_path / "test_long.py").write_text(
        "import pathlib, time, pytest\n"
        '@pytest.mark.stack("module", {"name": "cheap"})\n'
        "def test_long(applied):\n"
        '    pathlib.Path("applied").touch()\n'
        "    time.sleep(60)\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "test_long.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as run:
        for _ in range(900):
            if (tmp_path / "applied").exists():
                break
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)

    assert (tmp_path / "applied").exists(), said
    assert run.returncode == 2, said
    assert left_behind(temporary) == []
    assert [path.name for path in temporary.iterdir() if path.name.startswith("tfproof")] == []
