"""Many stacks in a row leave nothing behind: no process, descriptor, thread, memory or file that grows."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from budget import at_night
from cheap_stack import bucket_calls, left_behind, write_module

from tfproof.proof.run_folder import RunFolder
from tfproof.proof.stacks import Stacks, StackSettings, StackSpec

RUNS = at_night(50, 5)
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Use:
    """What this process and its temporary folder hold."""

    children: int
    descriptors: int
    threads: int
    files: int
    objects: int
    memory: int

    @classmethod
    def now(cls, temporary: Path) -> Use:
        gc.collect()
        me = psutil.Process()
        return cls(
            children=len(me.children(recursive=True)),
            descriptors=me.num_fds(),
            threads=threading.active_count(),
            files=len(list(temporary.iterdir())),
            objects=tracemalloc.get_traced_memory()[0],
            memory=me.memory_info().rss,
        )


@pytest.mark.xdist_group("soak")
def test_runs_in_one_process_do_not_grow(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    module = write_module(tmp_path / "module")

    def run() -> Use:
        folder = RunFolder()
        stacks = Stacks(StackSettings(folder))
        stacks.state_document(StackSpec(module, {"name": "soaked"}))
        assert stacks.close() == []
        folder.remove()
        return Use.now(temporary)

    tracemalloc.start()
    request.addfinalizer(tracemalloc.stop)
    first = run()
    uses = [run() for _ in range(RUNS - 1)]

    assert {use.children for use in uses} == {first.children}
    assert {use.threads for use in uses} == {first.threads}
    assert {use.files for use in uses} == {0}
    # Clients and caches settle in the first rounds; what leaks goes on growing. The interpreter's own memory is told
    # apart from what the C library keeps of what was freed in threads: the one must be flat, the other bounded.
    settled = uses[len(uses) // 2]
    rounds = len(uses) - 1 - len(uses) // 2
    assert uses[-1].descriptors <= settled.descriptors
    assert uses[-1].objects - settled.objects < rounds * MEGABYTE // 10
    assert uses[-1].memory - settled.memory < 64 * MEGABYTE


@pytest.mark.xdist_group("soak")
def test_runs_under_xdist_leave_nothing(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = pytester.path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    write_module(pytester.path / "module")
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("number", [
            pytest.param(number, marks=pytest.mark.stack("module", {{"name": f"stack-{{number}}"}}))
            for number in range({RUNS})
        ])
        def test_stack(applied, number):
            assert applied.outputs["name"] == f"stack-{{number}}"
        """
    )

    result = pytester.runpytest_subprocess("-n", "2", "--tf-keep")

    result.assert_outcomes(passed=RUNS)
    names = sorted(f"stack-{number}" for number in range(RUNS))
    assert bucket_calls(temporary, "CreateBucket") == names
    assert bucket_calls(temporary, "DeleteBucket") == names
    assert left_behind(temporary) == []
    assert len(list(temporary.iterdir())) == 1, list(temporary.iterdir())
