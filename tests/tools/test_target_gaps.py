"""The tables of docs/targets.md are made of the marks in the tests, and a gap that has been closed fails the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import target_gaps

ROOT = Path(__file__).parents[2]
DOCUMENT = "# Targets\n\n<!-- BEGIN gaps -->\nold\n<!-- END gaps -->\nafter\n"
MARKED = """
import pytest
gap = pytest.mark.emulator_gap

@gap(target="localstack", version="4.14.0", what="a | b", aws="c", thread="one/two#3", instead="d")
@gap(target="embedded", version="5.2.5", what="e", aws="f")
def test_open(): ...

@pytest.mark.emulator_gap(target="embedded", version="5.2.5", what="g " "h", aws="i", mended=True)
def test_mended(): ...
"""

WRITTEN = """\
# Targets

<!-- BEGIN gaps -->
### embedded (moto)

| what it does | AWS | version | thread | what shows it all the same |
|---|---|---|---|---|
| e | f | 5.2.5 | none known | nothing |

### embedded (moto), mended by tfproof

| what it does | AWS | version | thread | test |
|---|---|---|---|---|
| g h | i | 5.2.5 | none known | `test_mended` |

### localstack

| what it does | AWS | version | thread | what shows it all the same |
|---|---|---|---|---|
| a &#124; b | c | 4.14.0 | [one/two#3](https://github.com/one/two/issues/3) | d |
<!-- END gaps -->
after
"""


def project(folder: Path, marked: str = MARKED, document: str = DOCUMENT) -> Path:
    (folder / "tests").mkdir()
    (folder / "docs").mkdir()
    (folder / "tests" / "test_marked.py").write_text(marked, encoding="utf-8")
    (folder / "docs" / "targets.md").write_text(document, encoding="utf-8")
    return folder


def test_tables_are_written_between_the_markers(tmp_path: Path) -> None:
    root = project(tmp_path)

    assert target_gaps.main([str(root)]) == 0

    text = (root / "docs/targets.md").read_text(encoding="utf-8")
    assert text == WRITTEN


def test_check_writes_nothing_and_tells_a_stale_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path)

    assert target_gaps.main(["--check", str(root)]) == 1
    assert "stale: run `make docs`" in capsys.readouterr().err
    assert (root / "docs/targets.md").read_text(encoding="utf-8") == DOCUMENT
    target_gaps.main([str(root)])
    assert target_gaps.main(["--check", str(root)]) == 0


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ('@gap(target="localstack", version=VERSION, what="a", aws="b")', "cannot be read"),
        ('@gap(target="localstack", version="1", what="a")', "cannot be read"),
        ('@gap(target="localstack", version="1", what="", aws="b")', "takes named values"),
        ('@gap(target="moon", version="1", what="a", aws="b")', "is none of embedded, localstack"),
        ('@gap(target="localstack", version="1", what="a", aws="b", since="c")', "cannot be read"),
    ],
)
def test_mark_that_cannot_be_read_is_told(
    marked: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"import pytest\ngap = pytest.mark.emulator_gap\n{marked}\ndef test_it(): ...\n"

    assert target_gaps.main([str(project(tmp_path, text))]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "tests/test_marked.py::test_it" in error


def test_document_without_markers_is_told(tmp_path: Path) -> None:
    assert target_gaps.main([str(project(tmp_path, document="# Targets\n"))]) == 2


def test_every_mark_of_this_project_is_in_its_document() -> None:
    gaps = list(target_gaps.find_gaps(ROOT / "tests"))

    assert {gap.target for gap in gaps} == {"embedded", "localstack"}
    assert target_gaps.main(["--check", str(ROOT)]) == 0


RUN = """
import pytest

def marked(target, mended=False):
    return pytest.mark.emulator_gap(target=target, version="1", what="w", aws="a", mended=mended)

@marked("embedded")
def test_open():
    assert False

@marked("embedded")
def test_closed():
    pass

@marked("embedded")
def test_broken():
    raise KeyError("this shows no gap")

@marked("localstack")
def test_of_another_target():
    pass

@marked("embedded", mended=True)
def test_mended():
    pass
"""


def test_gap_that_is_closed_fails_the_run(pytester: pytest.Pytester) -> None:
    shutil.copy(ROOT / "conftest.py", pytester.path / "conftest.py")
    pytester.makepyfile(RUN)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(xfailed=1, failed=2, passed=2)
    result.stdout.fnmatch_lines(["*XPASS(strict)*gap of embedded 1: w*"])
    result.stdout.fnmatch_lines(["FAILED *::test_broken*KeyError*"])
