"""Tools wait for what they run, Ctrl-C or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
CLEARS_UP = """
import signal, sys, time
try:
    print("started", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    open(sys.argv[1], "w").write("cleared up")
    sys.exit(3)
"""
TOOL = """
import sys
from waited import exit_code, waited
sys.exit(exit_code(lambda: waited([sys.executable, *sys.argv[1:]]).returncode))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_clears_up_before_the_tool_ends(tmp_path: Path, number: signal.Signals) -> None:
    script, said = tmp_path / "clears_up.py", tmp_path / "said"
    script.write_text(CLEARS_UP, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", TOOL, str(script), str(said)],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"

    # As a terminal does: to all. SIGTERM comes to the tool alone.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    output, _ = process.communicate(timeout=30)

    assert (process.returncode, said.read_text("utf-8"), output) == (130, "cleared up", "")


def test_answer_is_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOOL, "-c", "import sys; print('out'); sys.exit(7)"],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (7, "out\n")
