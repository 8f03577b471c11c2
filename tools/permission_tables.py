"""Writes the tables of docs/permissions.md, which operation breaks without which action, from the evidence of a proof.

tfproof prove modules/state-backend --var bucket_name=x --var lock_mode=both --depth full --evidence full.json
python tools/permission_tables.py full.json docs/permissions.md
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

__all__ = ["main", "read_tables", "tables"]

_BEGIN: Final = "<!-- permission tables: begin, written by tools/permission_tables.py -->"
_END: Final = "<!-- permission tables: end -->"
_TITLE: Final = re.compile(r"^\*\*(?P<policy>\S+) policy, lock mode `(?P<mode>\w+)`\*\*$")


def tables(evidence: dict[str, Any]) -> Iterator[str]:
    """The lines of the tables."""
    yield _BEGIN
    for table in evidence["backend_use"]["without_one_action"]:
        cells = table["cells"]
        yield ""
        made_with = f"{evidence['terraform']}, {_target(evidence)}"
        yield f"{table['tried']} trials with the {table['policy']} policy, {made_with}:"
        for mode in dict.fromkeys(cell["lock_mode"] for cell in cells):
            of_mode = [cell for cell in cells if cell["lock_mode"] == mode]
            actions = list(dict.fromkeys(cell["action"] for cell in of_mode))
            marks = {(cell["operation"], cell["action"]): cell["marks"] for cell in of_mode}
            yield ""
            yield f"**{table['policy']} policy, lock mode `{mode}`**"
            yield ""
            yield f"| operation | {' | '.join(action.replace('*', chr(92) + '*') for action in actions)} |"
            yield f"|---|{'---|' * len(actions)}"
            for operation in dict.fromkeys(cell["operation"] for cell in of_mode):
                yield f"| {operation} | {' | '.join(marks[operation, action] for action in actions)} |"
    yield ""
    yield _END


def read_tables(document: Path) -> dict[tuple[str, str, str, str], str]:
    """The tables of a document, back as data: by policy, lock mode, operation and action."""
    found: dict[tuple[str, str, str, str], str] = {}
    policy = mode = ""
    actions: list[str] = []
    text = document.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0]
    for line in text.splitlines():
        title = _TITLE.match(line)
        if title:
            policy, mode, actions = title["policy"], title["mode"], []
        elif line.startswith("| "):
            cells = [cell.strip().replace("\\*", "*") for cell in line.strip("|").split(" | ")]
            if not actions:
                actions = cells[1:]
            else:
                found |= {
                    (policy, mode, cells[0], action): marks for action, marks in zip(actions, cells[1:], strict=True)
                }
    return found


def _target(evidence: dict[str, Any]) -> str:
    return str(evidence["target"]["description"]).partition(" at ")[0]


def main(arguments: list[str] | None = None) -> int:
    """Writes the tables into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evidence", type=Path)
    parser.add_argument("document", type=Path)
    options = parser.parse_args(arguments)
    evidence = json.loads(options.evidence.read_text(encoding="utf-8"))
    text = options.document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        print(f"{options.document} has no place for the tables: {_BEGIN} ... {_END}", file=sys.stderr)
        return 2
    options.document.write_text(f"{before}{chr(10).join(tables(evidence))}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
