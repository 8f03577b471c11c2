"""A copy of the module that was changed is told from one that was not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import released_module as tool

from tfproof import __version__
from tfproof.proof.released_module import RELEASED, compare

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "modules" / "state-backend"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODULE, tmp_path / "vendored"))


def test_copy_is_as_released(copy: Path) -> None:
    (copy / "README.md").write_text("ours", encoding="utf-8")
    (copy / ".kms.tf.swp").write_text("an editor's", encoding="utf-8")

    assert str(compare(copy)) == f"as released in tfproof {__version__}"


@pytest.mark.parametrize("ending", [b"\r\n", b" \t\n", b"\n\n\n"], ids=["CRLF", "blanks", "at the end"])
def test_line_endings_and_trailing_blanks_do_not_count(copy: Path, ending: bytes) -> None:
    for file in copy.glob("*.tf"):
        text = file.read_bytes()
        file.write_bytes(text.rstrip(b"\n") + ending if ending == b"\n\n\n" else text.replace(b"\n", ending))

    assert str(compare(copy)) == f"as released in tfproof {__version__}"


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"tf_state", b"tf_stale"), (b"  ", b"   "), (b"\n", b"\n\n"), (b"resource", b"# a comment\nresource")],
    ids=["a letter", "blanks within", "empty lines within", "a comment"],
)
def test_everything_else_counts(copy: Path, before: bytes, after: bytes) -> None:
    file = copy / "lock_table.tf"
    file.write_bytes(file.read_bytes().replace(before, after, 1))

    assert str(compare(copy)) == f"differs from tfproof {__version__} in lock_table.tf (changed)"


def test_what_was_changed_added_and_taken_away_is_named(copy: Path) -> None:
    for name in ("kms.tf", "bucket.tf"):
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("# ours\n")
    (copy / "extra.tf").write_text("", encoding="utf-8")
    (copy / "replication.tf").unlink()

    assert str(compare(copy)) == (
        f"differs from tfproof {__version__} in bucket.tf, kms.tf (changed), extra.tf (added), replication.tf (missing)"
    )


def test_another_module_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_kms_key" "state" {\n}\n', encoding="utf-8")

    assert compare(tmp_path) is None
    assert compare(tmp_path / "nothing") is None


def test_hashes_are_current_and_the_tool_says_when_they_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(["--check"]) == 0
    assert RELEASED == ROOT / "src" / "tfproof" / "released_module.json"

    for name in ("pyproject.toml", "src/tfproof/released_module.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    module = tmp_path / "modules" / "state-backend"
    shutil.copytree(MODULE, module)
    assert tool.main(["--check", str(tmp_path)]) == 0
    (module / "kms.tf").write_text("", encoding="utf-8")
    assert tool.main(["--check", str(tmp_path)]) == 1
    assert "stale: run `make docs`" in capsys.readouterr().err
    assert tool.main([str(tmp_path)]) == 0
    assert tool.main(["--check", str(tmp_path)]) == 0
    assert tool.main([str(tmp_path / "nowhere")]) == 2
