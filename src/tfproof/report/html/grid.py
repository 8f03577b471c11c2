"""Which operation breaks without which action, as a grid of colours whose reasons show on hover and on focus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.report.html.markup import Html, text
from tfproof.report.model import Evidence

__all__ = ["grid_sections"]

_MARKS: Final = {
    "F": "failed",
    "L": "lock left",
    "E": "errored.tfstate",
    "N": "state not changed",
    "D": "digest wrong",
    "S": "refused, with no other effect",
    "ok": "called and not missed",
    "u": "used, and not enforced: nobody knows that AWS would",
    ".": "not called",
}
_LEGEND: Final = (
    ("bad", "F", "breaks the operation"),
    ("left", "L", "leaves a lock, or a wrong digest"),
    ("soft", "S", "refused, with no other effect"),
    ("unsettled", "u", "unsettled, not enforced"),
    ("fine", "ok", "called and not missed"),
    ("none", "\u00b7", "not called"),
)
_BASES: Final = (
    ("observed", "observed: the call was on the wire"),
    ("modelled", "modelled: an AWS document says so"),
    ("unsettled", "unsettled: the documents leave it open"),
)
_PROBLEMS: Final = 200


def grid_sections(evidence: Evidence) -> Iterator[Html]:
    """A section with the tables, when they were made; else with what each operation called."""
    use = evidence.get("backend_use") or {}
    tables = use.get("without_one_action", [])
    if tables:
        grids = "".join(
            _grid(table, mode)
            for table in tables
            for mode in dict.fromkeys(cell["lock_mode"] for cell in table["cells"])
        )
        yield (
            '<section id="permissions" aria-labelledby="permissions-title">'
            '<h2 id="permissions-title">What breaks without which action</h2>'
            "<p>Each operation was tried with each action taken out of the policy. Move with the arrow keys: the "
            f"reason is told for the cell you are on.</p>{_legend()}{grids}</section>\n"
        )
    elif use.get("actions"):
        yield _calls(use["actions"])


def _legend() -> Html:
    marks = "".join(
        f'<li><span class="cell {kind}">{text(mark)}</span> {text(what)}</li>' for kind, mark, what in _LEGEND
    )
    bases = "".join(f'<li><span class="cell basis {name}">x</span> {text(what)}</li>' for name, what in _BASES)
    return f'<ul class="legend">{marks}{bases}</ul>'


def _grid(table: Evidence, mode: str) -> Html:
    cells = [cell for cell in table["cells"] if cell["lock_mode"] == mode]
    actions = list(dict.fromkeys(cell["action"] for cell in cells))
    operations = list(dict.fromkeys(cell["operation"] for cell in cells))
    by_place = {(cell["operation"], cell["action"]): cell for cell in cells}
    head = "".join(f'<th scope="col"><span>{text(action)}</span></th>' for action in actions)
    first = True
    rows = []
    for operation in operations:
        row = []
        for action in actions:
            cell = by_place.get((operation, action))
            row.append(_cell(cell, first=first) if cell is not None else "<td></td>")
            first = False
        rows.append(f'<tr><th scope="row">{text(operation)}</th>{"".join(row)}</tr>')
    caption = f"{table['policy']} policy, lock mode {mode}"
    return (
        f'<h3>{text(caption)}</h3><div class="scroll"><table class="grid" role="grid" aria-label="{text(caption)}">'
        f'<thead><tr><th scope="col">operation</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _cell(cell: Evidence, *, first: bool) -> Html:
    marks = cell["marks"]
    meaning = ", ".join(_MARKS.get(mark, mark) for mark in marks.split("+"))
    why = f"{cell['operation']} without {cell['action']}: {meaning}"
    if cell["called"]:
        why += f". Called {cell['called']} times, {cell['basis']}"
    problems = "; ".join(cell["problems"])[:_PROBLEMS]
    why += f". {problems}" if problems else ""
    basis = cell["basis"] if cell["basis"] in ("observed", "modelled", "unsettled") else "unused"
    shown = "\u00b7" if marks == "." else marks.replace("+", "")
    return (
        f'<td class="cell {_kind(marks)} {basis}" tabindex="{0 if first else -1}" data-why="{text(why)}" '
        f'aria-label="{text(f"{shown}: {meaning}")}">{text(shown)}</td>'
    )


def _kind(marks: str) -> str:
    parts = marks.split("+")
    if "F" in parts:
        return "bad"
    if {"L", "D", "E", "N"} & set(parts):
        return "left"
    return {"S": "soft", "u": "unsettled", "ok": "fine"}.get(marks, "none")


def _calls(actions: Evidence) -> Html:
    operations = list(dict.fromkeys(name for action in actions.values() for name in action["calls"]))
    head = "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in operations)
    rows = []
    first = True
    for action, used in actions.items():
        basis = used["basis"].partition(",")[0].partition(" ")[0]
        row = []
        for name in operations:
            number = used["calls"].get(name, 0)
            why = f"{name}: {action}, called {number} times, {used['basis']}"
            kind = f"fine {basis}" if number else "none unused"
            place = f'tabindex="{0 if first else -1}" data-why="{text(why)}"'
            row.append(f'<td class="cell {kind}" {place}>{number or "&middot;"}</td>')
            first = False
        rows.append(f'<tr><th scope="row"><code>{text(action)}</code></th>{"".join(row)}</tr>')
    return (
        '<section id="permissions" aria-labelledby="permissions-title">'
        '<h2 id="permissions-title">Which operation calls which action</h2>'
        f'{_legend()}<div class="scroll"><table class="grid" role="grid" aria-labelledby="permissions-title"><thead>'
        f'<tr><th scope="col">action</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></section>\n'
    )
