"""The command's exit codes where they do not come from a proof."""

from __future__ import annotations

import io
import sys

import pytest

from tfproof import cli
from tfproof.proof.doctor import Examined


def fails(error: BaseException) -> object:
    def examine(**_options: object) -> None:
        raise error

    return examine


def test_fault_of_its_own_is_not_taken_for_not_proved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tfproof.proof.doctor.examine", fails(LookupError("a fault")))

    assert cli.main(["doctor"]) == 3

    said = capsys.readouterr().err
    assert "LookupError: a fault" in said
    assert "this is a fault of tfproof itself" in said


def test_ctrl_c_exits_with_130_and_says_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tfproof.proof.doctor.examine", fails(KeyboardInterrupt()))

    assert cli.main(["doctor"]) == 130

    assert "interrupted; everything that was started has been ended" in capsys.readouterr().err


def test_terminal_that_knows_ascii_only_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    monkeypatch.setattr("tfproof.proof.doctor.examine", lambda **_options: [Examined("caf\u00e9", True, "\u2713")])

    assert cli.main(["doctor"]) == 0

    assert b"\\u2713" in written.getvalue()


def test_output_that_nobody_reads_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tfproof.proof.doctor.examine", fails(BrokenPipeError()))
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    assert cli.main(["doctor"]) == 3

    said = capsys.readouterr().err
    assert "nobody reads the output" in said
    assert "Traceback" not in said
