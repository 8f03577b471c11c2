"""Writes the table of a mutation run into a page: operator by outcome, and the survivors with their reasons."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

BEGIN: Final = "<!-- mutation table: begin, written by tools/mutation_table.py -->"
END: Final = "<!-- mutation table: end -->"
OUTCOMES: Final = ("killed", "survived", "equivalent", "invalid")
LAYERS: Final = ("variables", "plan", "apply")


def row(name: str, mutants: list[dict[str, Any]]) -> str:
    """One line of the table."""
    counted = Counter(mutant["outcome"] for mutant in mutants)
    numbers = " | ".join(str(counted[outcome]) for outcome in OUTCOMES)
    return f"| {name} | {len(mutants)} | {numbers} | {sum(mutant['seconds'] for mutant in mutants):.0f} |"


def section(document: dict[str, Any]) -> str:
    """The text between the markers."""
    mutants = document["mutants"]
    decided = Counter(mutant["layer"] for mutant in mutants if mutant["outcome"] != "survived")
    killers = Counter(by for mutant in mutants if mutant["outcome"] == "killed" for by in mutant["by"])
    checks = [(name, count) for name, count in killers.most_common() if " " not in name]
    survivors = [mutant for mutant in mutants if mutant["outcome"] == "survived"]
    lines = [
        BEGIN,
        "",
        f"{len(mutants)} mutants; decided by " + ", ".join(f"{layer}: {decided[layer]}" for layer in LAYERS) + ".",
        "",
        f"| operator | mutants | {' | '.join(OUTCOMES)} | seconds |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(
            row(name, [mutant for mutant in mutants if mutant["operator"] == name])
            for name in sorted({mutant["operator"] for mutant in mutants})
        ),
        row("**all**", mutants),
        "",
        "Checks, by how many mutants each kills: " + ", ".join(f"`{name}` {count}" for name, count in checks) + ".",
        "",
        *(f"- survives: `{mutant['id']}`: {mutant.get('reason', 'no reason is given')}" for mutant in survivors),
        *([""] if survivors else []),
        END,
    ]
    return "\n".join(lines)


def main(report: str, page: str) -> None:
    """Puts the table into the page."""
    text = Path(page).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    document = json.loads(Path(report).read_text(encoding="utf-8"))
    Path(page).write_text(before + section(document) + after, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
