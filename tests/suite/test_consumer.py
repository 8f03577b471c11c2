"""examples/consumer from the built package: installed apart from this source tree, its README's commands as they stand.

By day the copy is applied without lifecycle rules, for which the provider waits a minute: the three checks on them fail
then, and nothing else does. At night the example is run as it is, and must be proved.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from budget import at_night
from cheap_stack import bucket_calls

from tfproof import __version__

pytestmark = pytest.mark.xdist_group("consumer")

ROOT = Path(__file__).parents[2]
LIFECYCLE = ["incomplete-uploads", "lock-file-versions", "noncurrent-versions"]
WITHOUT_RULES = bool(at_night(0, 1))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was built of it; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("dist")
    # With the pinned build backend of this environment, as pip would use it.
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def installed(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that has the wheel, and this one's other packages."""
    folder = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    (wheel,) = packages.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin" / "python"))
    _run(*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    (libraries,) = (folder / "lib").glob("python*/site-packages")
    # What is named in such a file joins the path; what *that* folder's own files name does not: not this source tree.
    (libraries / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with the module vendored."""
    folder = tmp_path_factory.mktemp("consumer") / "infrastructure"
    shutil.copytree(ROOT / "examples" / "consumer", folder)
    shutil.copytree(ROOT / "modules" / "state-backend", folder / "vendor" / "state-backend")
    if WITHOUT_RULES:
        with (folder / "prod.tfvars").open("a", encoding="utf-8") as file:
            file.write("lifecycle_enabled = false\n")
    return folder


@pytest.fixture(scope="module")
def documented(installed: Path, repository: Path) -> Iterator[dict[str, subprocess.CompletedProcess[str]]]:
    """How the README's commands ended, by command. Side by side: neither may disturb the other."""
    commands = re.findall(r"^\$ (.+)$", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["make prove", "make test"]
    with ThreadPoolExecutor() as pool:
        ended = pool.map(lambda command: _in(repository, installed, command), commands)
        yield dict(zip(commands, ended, strict=True))


def _in(repository: Path, installed: Path, command: str) -> subprocess.CompletedProcess[str]:
    # Not in tmp_path: a provider's socket lies in it, and the path of a socket has to be short.
    temporary = Path(tempfile.mkdtemp(prefix="tfproof-test-"))
    try:
        done = subprocess.run(  # noqa: S602  # the README's own words
            command,
            cwd=repository,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))},
                "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}",
                "TMPDIR": str(temporary),
                "COLUMNS": "200",
                "FLAGS": "--depth none" if WITHOUT_RULES else "",  # the tests beside it use the backend
                "PYTEST_ADDOPTS": "--tf-keep -rA -p no:cacheprovider",
            },
            capture_output=True,
            text=True,
            shell=True,
            check=False,
        )
        made = bucket_calls(temporary, "CreateBucket")
        return subprocess.CompletedProcess(made, done.returncode, done.stdout, done.stderr)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_packages_are_fit_to_be_published(packages: Path) -> None:
    files = sorted(map(str, packages.iterdir()))

    name = f"tfproof-{__version__}"
    assert [Path(file).name for file in files] == [f"{name}-py3-none-any.whl", f"{name}.tar.gz"]
    assert _run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *files).count("PASSED") == len(files)


def test_it_is_the_wheel_that_runs(installed: Path) -> None:
    where = _run(str(installed / "python"), "-c", "import tfproof; print(tfproof.__file__)").strip()

    assert Path(where).is_relative_to(installed.parent)
    assert not Path(where).is_relative_to(ROOT)


def test_prove(documented: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done = documented["make prove"]

    failed = sorted(re.findall(r"^([\w-]+): not so: ", done.stdout, re.MULTILINE))
    assert failed == (LIFECYCLE if WITHOUT_RULES else []), done.stdout + done.stderr
    assert f"module     as released in tfproof {__version__}" in done.stdout
    assert ("\nNOT PROVED " if WITHOUT_RULES else "\nPROVED ") in done.stdout
    assert (done.returncode == 0) is not WITHOUT_RULES


def test_suite(documented: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done = documented["make test"]

    found: dict[str, list[str]] = {}
    for outcome, name in re.findall(
        r"^(PASSED|FAILED|ERROR|SKIPPED) .*::(\w+(?:\[.*?\])?)(?:@[\w-]+)?", done.stdout, re.MULTILINE
    ):
        found.setdefault(outcome, []).append(name)
    expected = sorted(f"test_{layer}[{name}]" for layer in ("planned", "applied") for name in LIFECYCLE)
    assert sorted(found.pop("FAILED", [])) == (expected if WITHOUT_RULES else []), done.stdout + done.stderr
    assert list(found) == ["PASSED"], done.stdout
    passed = found["PASSED"]
    for name in ("test_applied[bucket-versioning]", "test_used[backend-key-bypass]", "test_bucket_name"):
        assert name in passed
    assert f"module: as released in tfproof {__version__}" in done.stdout
    assert done.args == ["acme-terraform-state"], "two workers, one apply"
