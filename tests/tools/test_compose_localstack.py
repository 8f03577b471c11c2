"""LocalStack in Docker is taken down again, whatever happens between. Docker is a stand-in that notes its calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "compose_localstack.py"
COMPOSE = f"compose --file {TOOL.parents[1] / 'docker-compose.yml'}"
UP = f"{COMPOSE} up --detach --wait --wait-timeout 180"
DOWN = f"{COMPOSE} down --volumes"


class Docker:
    """A `docker` that is first on PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.log = folder / "calls"
        self.log.touch()
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        self.does("")

    def does(self, cases: str) -> None:
        program = self.folder / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$*" >> {self.log}\ncase "$*" in\n{cases}\nesac\nexit 0\n')
        program.chmod(0o700)

    @property
    def told(self) -> list[str]:
        calls = self.log.read_text(encoding="utf-8").splitlines()
        return [call for call in calls if call.endswith((UP, DOWN))]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(TOOL), *command], capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    return Docker(tmp_path, monkeypatch)


@pytest.mark.parametrize("code", [0, 1, 5])
def test_command_runs_between_up_and_down_and_gives_its_exit_code(code: int, docker: Docker) -> None:
    ran = docker.run("sh", "-c", f"echo the command >> {docker.log}; exit {code}")

    assert ran.returncode == code
    assert docker.log.read_text(encoding="utf-8").splitlines()[-3:] == [UP, "the command", DOWN]


def test_one_that_does_not_become_healthy_is_taken_down_and_its_log_shown(docker: Docker) -> None:
    docker.does('*" up "*) exit 1;;\n*" logs "*) echo "what LocalStack said";;')

    ran = docker.run("false")

    assert ran.returncode == 3
    assert "what LocalStack said" in ran.stdout
    assert "did not become healthy" in ran.stderr
    assert docker.told == [UP, DOWN]


def test_one_that_demands_a_token_is_told_as_such(docker: Docker) -> None:
    docker.does('*" up "*) exit 1;;\n*" ps "*) echo 0123456789ab;;\n"inspect "*0123456789ab) echo 55;;')

    ran = docker.run("false")

    assert ran.returncode == 3
    assert "exited with code 55" in ran.stderr
    assert "LOCALSTACK_AUTH_TOKEN" in ran.stderr
    assert docker.told == [UP, DOWN]


def test_command_is_told_where_it_is(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALSTACK_PORT", "14566")

    assert docker.run("sh", "-c", "echo $LOCALSTACK_HOST").stdout == "127.0.0.1:14566\n"


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ('"compose version") exit 1;;', "docker has no compose"),
        ("info) exit 1;;", "docker has no engine"),
    ],
    ids=["no-compose", "no-engine"],
)
def test_docker_that_cannot_do_it_is_told_before_anything_is_begun(cases: str, said: str, docker: Docker) -> None:
    docker.does(cases)

    ran = docker.run("false")

    assert ran.returncode == 3
    assert said in ran.stderr
    assert "make test-localstack-host" in ran.stderr
    assert docker.told == []


def test_no_docker_at_all_is_told(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(docker.folder))

    ran = docker.run("false")

    assert ran.returncode == 3
    assert "docker was not found" in ran.stderr


def started(docker: Docker, command: str) -> subprocess.Popen[bytes]:
    """The tool, once its command has noted that it has begun."""
    process = subprocess.Popen([sys.executable, str(TOOL), "sh", "-c", command], start_new_session=True)
    for _ in range(200):
        if "began" in docker.log.read_text(encoding="utf-8"):
            return process
        time.sleep(0.05)
    raise AssertionError("the command was never begun")


def sleeper(docker: Docker) -> str:
    program = f"import time; open({str(docker.log)!r}, 'a').write('began\\n'); time.sleep(60)"
    return f'exec {sys.executable} -c "{program}"'


def test_ctrl_c_ends_the_command_and_takes_it_down(docker: Docker) -> None:
    process = started(docker, sleeper(docker))

    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: everybody is told

    assert process.wait(30) != 0
    assert docker.told == [UP, DOWN]


def test_command_that_clears_up_after_ctrl_c_is_waited_for(docker: Docker) -> None:
    process = started(
        docker,
        f"trap 'sleep 1; echo cleared up >> {docker.log}; exit 7' INT; echo began >> {docker.log}; sleep 60 & wait",
    )

    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(30) == 7
    assert docker.log.read_text(encoding="utf-8").splitlines()[-2:] == ["cleared up", DOWN]


def test_sigterm_to_the_tool_alone_is_passed_on(docker: Docker) -> None:
    process = started(docker, sleeper(docker))

    process.terminate()

    assert process.wait(30) != 0
    assert docker.told == [UP, DOWN]


def test_ctrl_c_while_it_comes_up_takes_it_down(docker: Docker) -> None:
    docker.does('*" up "*) exec sleep 30;;')
    process = subprocess.Popen([sys.executable, str(TOOL), "false"], start_new_session=True)
    for _ in range(200):
        if docker.told == [UP]:
            break
        time.sleep(0.05)

    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(30) == 130
    assert docker.told == [UP, DOWN]
