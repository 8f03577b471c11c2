"""The process of LocalStack in host mode: what goes wrong with it, and that it never outlives a run. A stand-in of it.

`make test-localstack-host` runs with the real one.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tfproof.errors import TargetError
from tfproof.targets.localstack.host import LocalStackHost
from tfproof.targets.localstack.installation import Installation

HEALTH = '{"services": {"s3": "running", "dynamodb": "running", "kms": "running", "iam": "running", "sts": "running"}, '
SERVER = f"""
import http.server, os, subprocess
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
print("child", child.pid, flush=True)
print(sorted(f"{{name}}={{value}}" for name, value in os.environ.items()), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{HEALTH}"version": "4.14.0"}}')
host, _, port = os.environ["GATEWAY_LISTEN"].partition(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture(autouse=True)
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfproof.targets.localstack.host.find_java_home", lambda: tmp_path / "jdk")


def installation(folder: Path, program: str) -> Installation:
    """One whose LocalStack is a program in this Python."""
    made = Installation(folder / "installation")
    made.python.parent.mkdir(parents=True)
    made.dynamodb.mkdir()
    script = folder / "localstack.py"
    script.write_text(textwrap.dedent(program), encoding="utf-8")
    made.python.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n', encoding="utf-8")
    made.python.chmod(0o700)
    return made


def child_in(log: Path) -> int:
    (line,) = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("child ")]
    return int(line.split()[1])


def gone(*process_ids: int) -> bool:
    for _ in range(300):
        running = [
            pid
            for pid in process_ids
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        ]
        if not running:
            return True
        time.sleep(0.05)
    return False


def test_starts_with_the_settings_that_work_and_nothing_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("LOCALSTACK_AUTH_TOKEN", "secret")
    monkeypatch.setenv("PERSISTENCE", "1")

    with LocalStackHost(installation(tmp_path, SERVER), tmp_path) as host:
        assert host.wait().version == "4.14.0"
        files = tmp_path / "localstack"
        said = host.log.read_text(encoding="utf-8")
        libraries = files / "var/lib/localstack/lib"
        assert (libraries / "dynamodb-local/2").readlink() == tmp_path / "installation/dynamodb"
        assert (libraries / "java/21").readlink() == tmp_path / "jdk"

    for setting in (
        f"GATEWAY_LISTEN={host.endpoint.removeprefix('http://')}",
        "SERVICES=s3,dynamodb,kms,iam,sts",
        "EAGER_SERVICE_LOADING=1",
        "SKIP_SSL_CERT_DOWNLOAD=1",
        "DISABLE_EVENTS=1",
        f"FILESYSTEM_ROOT={files}",
        "OVERRIDE_IN_DOCKER=0",
    ):
        assert f"'{setting}'" in said
    for absent in ("AWS_", "LOCALSTACK_AUTH_TOKEN", "PERSISTENCE"):
        assert absent not in said


def test_stop_ends_it_with_its_children_and_removes_its_files(tmp_path: Path) -> None:
    host = LocalStackHost(installation(tmp_path, SERVER), tmp_path)
    host.wait()
    child = child_in(host.log)

    host.stop()
    host.stop()

    assert gone(*host.process_ids, child)
    assert not (tmp_path / "localstack").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(host.endpoint.rpartition(":")[2])))


def test_ends_with_whoever_started_it_even_when_that_one_is_killed(tmp_path: Path) -> None:
    made = installation(tmp_path, SERVER)
    program = f"""
import time
from pathlib import Path
from tfproof.targets.localstack import host
from tfproof.targets.localstack.installation import Installation
host.find_java_home = lambda: Path("/jdk")
started = host.LocalStackHost(Installation(Path({str(made.folder)!r})), Path({str(tmp_path)!r}))
started.wait()
print(*started.process_ids, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process_ids = [int(word) for word in owner.stdout.readline().split()]
        child = child_in(tmp_path / "localstack.log")
        owner.send_signal(signal.SIGKILL)
        owner.wait()

    assert len(process_ids) == 2
    assert gone(*process_ids, child)


def test_killed_localstack_takes_its_children_with_it(tmp_path: Path) -> None:
    with LocalStackHost(installation(tmp_path, SERVER), tmp_path) as host:
        host.wait()
        child = child_in(host.log)
        time.sleep(1)  # its keeper looks for children twice a second

        os.kill(host.process_ids[-1], signal.SIGKILL)

        assert gone(*host.process_ids[1:], child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt the children of another")
def test_child_that_is_started_at_the_very_end_is_found(tmp_path: Path) -> None:
    """LocalStack that is ended while it starts may have started DynamoDB Local just before, and forget it."""
    started_late = """
    import os, signal, subprocess, sys, time

    def end(*_):
        child = subprocess.Popen(["sleep", "300"], start_new_session=True)
        print("child", child.pid, flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    time.sleep(60)
    """
    host = LocalStackHost(installation(tmp_path, started_late), tmp_path)
    for _ in range(100):
        if "ready" in host.log.read_text(encoding="utf-8"):
            break
        time.sleep(0.05)

    host.stop()

    assert gone(*host.process_ids, child_in(host.log))


def test_one_that_ends_tells_its_last_words(tmp_path: Path) -> None:
    broken = installation(tmp_path, "raise SystemExit('no module named cbor2')")

    with LocalStackHost(broken, tmp_path) as host, pytest.raises(TargetError) as refused:
        host.wait()

    assert "ended with exit code 1 before it was ready" in refused.value.message
    assert "no module named cbor2" in refused.value.message


def test_one_that_is_never_ready_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    idle = installation(tmp_path, "import time\nprint('still thinking', flush=True)\ntime.sleep(60)")

    with LocalStackHost(idle, tmp_path) as host, pytest.raises(TargetError) as refused:
        host.wait(seconds=2.0)

    assert "was not ready after 2 s: nothing answers" in refused.value.message
    assert refused.value.message.endswith("still thinking")
    assert gone(*host.process_ids)


def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    made = installation(tmp_path, "")
    made.python.unlink()

    with pytest.raises(TargetError, match=r"LocalStack did not start: (?s:.*)No such file"):
        LocalStackHost(made, tmp_path)


def test_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TargetError, match=f"port={port} on 127.0.0.1 cannot be listened on") as refused:
            LocalStackHost(installation(tmp_path, SERVER), tmp_path, port=port)
    assert "a free one" in refused.value.remedy
