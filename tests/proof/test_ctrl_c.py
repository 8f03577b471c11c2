"""Ctrl-C at every line of starting and keeping what a run must end: nothing is lost, whichever line it is."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from cheap_stack import write_module
from ctrl_c import at_each_line

from tfproof.errors import TfproofError
from tfproof.proof.observer import Silent
from tfproof.proof.providers import Providers
from tfproof.proof.run import Settings, prove
from tfproof.proof.run_folder import MANIFEST, RunFolder
from tfproof.proof.stacks import Stacks, StackSettings

BINARY = ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws_v5.100.0"
# What the real one prints. The subject is ours: who has the process in hand.
PROVIDER = """#!/bin/sh
echo 'TF_REATTACH_PROVIDERS='"'"'{"hashicorp/aws": {"Addr": {"Network": "unix", "String": "plugin1"}}}'"'"
exec sleep 60
"""


@pytest.fixture
def left() -> Callable[[], list[psutil.Process]]:
    """The processes that were started since and still run."""
    before = psutil.Process().children()
    return lambda: [child for child in psutil.Process().children() if child not in before]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root module as after `terraform init`, with a provider that only says that it is there."""
    folder = write_module(tmp_path / "root")
    binary = folder / BINARY
    binary.parent.mkdir(parents=True)
    binary.write_text(PROVIDER, encoding="utf-8")
    binary.chmod(0o700)
    return folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where run folders are made."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_provider_is_ended_whenever_ctrl_c_came_while_it_started(
    root: Path, left: Callable[[], list[psutil.Process]]
) -> None:
    run_folder = RunFolder()
    providers = [Providers(run_folder)]

    places = []
    for place in at_each_line(
        lambda: providers[-1].reattach_value(root, {}),
        "proof/providers.py",
        "terraform/provider_process.py",
        "/subprocess.py",
    ):
        running = [process.pid for process in left()]
        known = json.loads((run_folder.path / MANIFEST).read_text(encoding="utf-8"))["processes"]
        assert running == [process["pid"] for process in known] == providers[-1].process_ids(), place
        providers[-1].stop()
        assert left() == [], place
        providers.append(Providers(run_folder))
        places.append(place)

    assert {"_execute_child)", "__init__)", "reattach_value)"} <= {place.rpartition("(")[2] for place in places}
    providers[-1].stop()
    run_folder.remove()


def test_provider_that_does_not_start_is_ended(root: Path, left: Callable[[], list[psutil.Process]]) -> None:
    (root / BINARY).write_text("#!/bin/sh\necho TF_REATTACH_PROVIDERS=nonsense\nexec sleep 60\n", encoding="utf-8")
    run_folder = RunFolder()

    with pytest.raises(TfproofError, match="the provider did not start"):
        Providers(run_folder).reattach_value(root, {})

    assert left() == []
    run_folder.remove()


def test_no_provider_starts_once_the_run_is_over(root: Path, left: Callable[[], list[psutil.Process]]) -> None:
    run_folder = RunFolder()
    providers = Providers(run_folder)
    providers.stop()

    with pytest.raises(TfproofError, match="the run is over"):
        providers.reattach_value(root, {})

    assert left() == []
    run_folder.remove()


class StandIn:
    """A target that is a process and nothing else: a real one takes a second to start, and each line starts one."""

    upstream = ""

    def __init__(self, log: Path, **_options: str) -> None:
        del log
        self._process = subprocess.Popen(["/bin/sleep", "60"])
        self.process_id = self._process.pid

    def address(self) -> dict[str, str]:
        return {"kind": "embedded"}

    def leftovers(self) -> list[str]:
        return []

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def test_target_is_ended_whenever_ctrl_c_came_while_it_started(
    left: Callable[[], list[psutil.Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfproof.targets.embedded.EmbeddedTarget", StandIn)
    run_folder = RunFolder()
    stacks = [Stacks(StackSettings(folder=run_folder))]

    def start() -> None:
        stacks[-1].target_address()

    places = []
    for place in at_each_line(
        start, "proof/stacks.py", "proof/target_choice.py", "proof/test_ctrl_c.py", "/subprocess.py"
    ):
        stacks[-1].close()
        assert left() == [], place
        stacks.append(Stacks(StackSettings(folder=run_folder)))
        places.append(place)

    assert {"_execute_child)", "__init__)", "target)"} <= {place.rpartition("(")[2] for place in places}
    stacks[-1].close()
    run_folder.remove()


def test_run_that_is_interrupted_at_any_line_leaves_neither_process_nor_folder(
    temporary: Path, root: Path, left: Callable[[], list[psutil.Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfproof.targets.embedded.EmbeddedTarget", StandIn)

    def missing(_explicit: str | None) -> None:
        raise TfproofError("no terraform")

    monkeypatch.setattr("tfproof.proof.run.find_terraform", missing)

    def run() -> None:
        with pytest.raises(TfproofError, match="no terraform"):
            prove(Settings(module=root), Silent())

    places = []
    for place in at_each_line(
        run, "proof/run.py", "proof/run_folder.py", "proof/target_choice.py", "/subprocess.py", "/tempfile.py"
    ):
        assert left() == [], place
        assert list(temporary.iterdir()) == [], place
        places.append(place)

    assert {"mkdtemp)", "_execute_child)", "_prove)", "remove)"} <= {place.rpartition("(")[2] for place in places}
