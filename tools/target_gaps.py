"""Writes the tables of docs/targets.md: where each target does not do what AWS does.

Usage: target_gaps.py [--check] [ROOT]

The tables come from the `emulator_gap` marks of the tests, between `<!-- BEGIN gaps -->` and `<!-- END gaps -->`. With
--check nothing is written; exit 1 when the document is stale. Exit 2: a mark or the document cannot be read as meant.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Gap", "GapError", "find_gaps", "main", "render"]

_BEGIN: Final = "<!-- BEGIN gaps -->"
_END: Final = "<!-- END gaps -->"
_TARGETS: Final = {"embedded": "embedded (moto)", "localstack": "localstack"}
_NEEDED: Final = ("target", "version", "what", "aws")
_SITES: Final = "https://github.com/"


class GapError(Exception):
    """A mark or a document that cannot be read as meant; the message says where."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One mark.

    Attributes:
        target: `embedded` or `localstack`.
        version: Version of the emulator that it was seen with.
        what: What the emulator does.
        aws: What AWS does.
        thread: Where it is discussed: `owner/repository#number`.
        instead: What shows the same all the same.
        mended: Whether it is closed on our side.
        test: The test that shows it.
    """

    target: str
    version: str
    what: str
    aws: str
    thread: str = ""
    instead: str = ""
    mended: bool = False
    test: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="target_gaps.py", description="Write the tables of docs/targets.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the document is stale")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1], help="folder of the project")
    options = parser.parse_args(arguments)
    document = options.root / "docs" / "targets.md"
    try:
        text = document.read_text(encoding="utf-8")
        wanted = _replaced(text, render(find_gaps(options.root / "tests")), document)
    except (GapError, OSError) as problem:
        sys.stderr.write(f"target_gaps.py: {problem}\n")
        return 2
    if text == wanted:
        return 0
    if options.check:
        sys.stderr.write(f"{document}: stale: run `make docs`\n")
        return 1
    document.write_text(wanted, encoding="utf-8")
    return 0


def find_gaps(tests: Path) -> Iterator[Gap]:
    """The marks of all tests, by file and line.

    Raises:
        GapError: A mark says something that is no plain value, or too little.
    """
    for file in sorted(tests.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if "emulator_gap" not in text:
            continue
        tree = ast.parse(text)
        names = {"emulator_gap", *_aliases(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for decorator in reversed(node.decorator_list):
                    if isinstance(decorator, ast.Call) and _name(decorator.func) in names:
                        yield _gap(decorator, f"{file.relative_to(tests.parent)}::{node.name}")


def _aliases(tree: ast.Module) -> Iterator[str]:
    """Names that a file gives the mark: `gap = pytest.mark.emulator_gap`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and _name(node.value) == "emulator_gap":
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _gap(call: ast.Call, test: str) -> Gap:
    try:
        values = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        found = Gap(**values, test=test)
    except (ValueError, TypeError) as error:
        raise GapError(f"{test}: line {call.lineno}: emulator_gap cannot be read: {error}") from error
    empty = [name for name in _NEEDED if not getattr(found, name)]
    if empty or call.args:
        raise GapError(f"{test}: line {call.lineno}: emulator_gap takes named values, and these: {', '.join(_NEEDED)}")
    if found.target not in _TARGETS:
        raise GapError(f"{test}: line {call.lineno}: target={found.target!r} is none of {', '.join(_TARGETS)}")
    return found


def render(gaps: Iterator[Gap] | Sequence[Gap]) -> str:
    """The tables: of each target what is open, then what is mended."""
    found = list(gaps)
    parts = []
    for target, title in _TARGETS.items():
        for mended, heading in ((False, title), (True, f"{title}, mended by tfproof")):
            rows = [gap for gap in found if gap.target == target and gap.mended is mended]
            if rows:
                parts.append("\n".join([f"### {heading}", "", *_table(rows, mended=mended)]))
    return "\n\n".join(parts)


def _table(rows: Sequence[Gap], *, mended: bool) -> Iterator[str]:
    last = "test" if mended else "what shows it all the same"
    yield f"| what it does | AWS | version | thread | {last} |"
    yield "|---|---|---|---|---|"
    for gap in rows:
        shown = f"`{gap.test.rpartition('::')[2]}`" if mended else gap.instead or "nothing"
        cells = (gap.what, gap.aws, gap.version, _link(gap.thread), shown)
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _link(thread: str) -> str:
    if not thread:
        return "none known"
    repository, _, number = thread.partition("#")
    return f"[{thread}]({_SITES}{repository}/issues/{number})"


def _replaced(text: str, tables: str, document: Path) -> str:
    if text.count(_BEGIN) != 1 or text.count(_END) != 1:
        raise GapError(f"{document}: {_BEGIN} and {_END} must be there once each")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{tables}\n{_END}{after}"


if __name__ == "__main__":
    sys.exit(main())
