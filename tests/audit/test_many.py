"""Many states: on all cores and on a cluster the same is found as one after the other, in the same order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from budget import at_night
from documents import as_bytes, resource, state, state_bucket

from tfproof import cli
from tfproof.audit.inputs import expand
from tfproof.audit.run import Auditing, audit_all
from tfproof.errors import EnvironmentProblem, UsageError

STATES = at_night(10_000, 300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("states")
    for number in range(STATES):
        status = {"status": "tainted"} if number % 10 == 3 else {}
        document = state(
            [resource(f"aws_instance.web{number}", {"id": "i-1"}, **status), state_bucket()], serial=number
        )
        (made / f"{number:05}.tfstate").write_bytes(as_bytes(document))
    (made / "cut.tfstate").write_bytes(b'{"version": 4,')
    (made / "package.json").write_bytes(b'{"name": "left-pad"}')
    return made


def audited(folder: Path, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.main(["audit", str(folder), "--format", "json", *options]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    for changing in ("made", "seconds"):
        del found[changing]
    return found


def test_all_cores_find_what_one_finds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = audited(folder, "--jobs", "1", capsys=capsys)
    two = audited(folder, "--jobs", "2", capsys=capsys)

    assert one == two
    counts = {check["id"]: check["counts"] for check in one["checks"]}
    assert counts["state-tainted"]["failed"] == STATES // 10
    assert counts["input-readable"] == {"failed": 1}
    assert one["inputs_seen"] == STATES + 2


def test_an_error_in_another_process_is_the_same_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = [str(file) for file in sorted(folder.glob("*.tfstate"))[:12]] + [str(folder / "cut.tfstate")]

    assert cli.main(["audit", "--jobs", "2", *named]) == 2
    assert f"{folder / 'cut.tfstate'}: " in capsys.readouterr().err


@pytest.mark.parametrize("executor", ["tcp://127.0.0.1:1", "dask://nowhere", "127.0.0.1:8786"])
def test_an_executor_that_cannot_be_meant_is_bad_usage(folder: Path, executor: str) -> None:
    inputs = list(expand([str(folder)], lambda _: pytest.fail("no S3 here")))

    with pytest.raises(UsageError, match="is not dask://HOST:PORT"):
        list(audit_all(inputs, Auditing(executor=executor)))


def test_a_missing_package_is_named_with_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    inputs = list(expand([str(folder)], lambda _: pytest.fail("no S3 here")))

    with pytest.raises(EnvironmentProblem, match="distributed is not installed") as caught:
        list(audit_all(inputs, Auditing(executor="dask://127.0.0.1:8786")))
    assert "tfproof[dask]" in caught.value.remedy


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self._processes = [self._start("scheduler", "--host", "127.0.0.1", "--port", "0")]
        address = self._address()
        self.address = address.removeprefix("tcp://")
        self.workers = [
            self._start("worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
            for _ in range(2)
        ]
        self._processes += self.workers

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        options = ["--no-dashboard"] + (["--scheduler-file", str(self.file)] if what == "scheduler" else [])
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, *arguments, *options]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.file.exists() and self.file.stat().st_size:
                return str(json.loads(self.file.read_text(encoding="utf-8"))["address"])
            time.sleep(0.1)
        raise AssertionError("the scheduler did not start")

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_of_which_a_worker_is_killed_in_mid_run_finds_what_one_process_finds(
    folder: Path, cluster: Cluster
) -> None:
    inputs = list(expand([str(folder)], lambda _: pytest.fail("no S3 here")))
    expected = [(item.name, item.kind, item.findings) for item in audit_all(inputs, Auditing(jobs=1))]
    found = []

    for number, item in enumerate(audit_all(inputs, Auditing(executor=f"dask://{cluster.address}"))):
        found.append((item.name, item.kind, item.findings))
        if number == len(inputs) // 4:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    assert cluster.workers[0].wait(timeout=30) == -signal.SIGKILL
    assert cluster.workers[1].poll() is None
    assert found == expected
