"""Writes the table of a whole mutation run into a page: operator by outcome, and the survivors with their reasons."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from environments import replaced

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
    ]
    return "\n".join(lines).strip()


def main(report: str, page: str) -> None:
    """Puts the table of a whole run into the page; that of a part of one would be taken for it."""
    document = json.loads(Path(report).read_text(encoding="utf-8"))
    if not document["whole"]:
        print(f"{page} is left as it is: its table is of whole runs")
        return
    replaced(Path(page), "mutants", section(document))


if __name__ == "__main__":
    main(*sys.argv[1:])
