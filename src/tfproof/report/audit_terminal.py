"""The evidence of an audit on a terminal, or plain where it is piped."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from tfproof.report.model import Evidence

__all__ = ["print_evidence"]

_MARKS: Final = {
    "passed": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "undecided": ("?", "yellow"),
    "accepted": ("a", "cyan"),
    "not applicable": ("-", "dim"),
}
_SEVERITIES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_VERDICTS: Final = {
    "passed": ("PASSED", "bold green"),
    "failed": ("FAILED", "bold red"),
    "undecided": ("UNDECIDED", "bold yellow"),
}
_SHOWN: Final = 8
_INPUTS: Final = 10
_PLACES: Final = 3


def print_evidence(evidence: Evidence, console: Console) -> None:
    """What was audited, every check with its outcome, what is open and why it matters, and the verdict."""
    _line(console, (f"tfproof {evidence['tfproof']}", "bold"), f"  {evidence['kind']}")
    for item in evidence["inputs"][:_INPUTS]:
        facts = ", ".join(
            f"{name} {value}" for name, value in item["facts"].items() if not isinstance(value, (list, dict))
        )
        _line(console, (f"  {item['kind']:<11}", "dim"), f" {item['name']}", (f"  {facts}", "dim"))
        for backend in item["facts"].get("backends", []):
            _line(console, ("  backend    ", "dim"), f" {backend['bucket']}", (f"  {backend['recognised']}", "dim"))
    if evidence["inputs_seen"] > _INPUTS:
        _line(console, f"  ... {evidence['inputs_seen']} inputs in all")
    _objects(evidence, console)
    section = ""
    for check in evidence["checks"]:
        if check["section"] != section:
            section = check["section"]
            _line(console, "")
            _line(console, (f"  {section}", "bold"))
        mark, style = _MARKS[check["outcome"]]
        counts = ", ".join(f"{number} {verdict}" for verdict, number in check["counts"].items() if number)
        _line(console, (f"    {mark} ", style), check["title"], (f"  [{check['id']}: {counts}]", "dim"))
    for check in evidence["checks"]:
        if check["counts"].get("failed"):
            _failed(check, console)
    _undecided([check for check in evidence["checks"] if check["counts"].get("undecided")], console)
    for note in evidence["notes"]:
        _line(console, ("\nnote: " if note is evidence["notes"][0] else "note: ", "yellow"), note)
    word, style = _VERDICTS[evidence["verdict"]]
    outcomes = [check["outcome"] for check in evidence["checks"]]
    parts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in _MARKS if outcome in outcomes)
    _line(console, "")
    _line(console, (word, style), f"  {parts or 'nothing was checked'}; {evidence['seconds']:.1f} s")


def _failed(check: Evidence, console: Console) -> None:
    severity = check["severity"]
    _line(console, "")
    title = f"{check['id']}: not so: {check['title']}"
    _line(console, (title, "bold red"), (f"  {severity}", _SEVERITIES[severity]))
    groups: dict[tuple[str, ...], list[Evidence]] = {}
    for item in check["findings"]:
        if item["verdict"] == "failed" and not item["accepted"]:
            key = (item["input"], item["address"] or item["subject"], item["path"].partition("#")[0])
            groups.setdefault(key, []).append(item)
    shown = list(groups.items())[:_SHOWN]
    for (name, what, path), items in shown:
        source = next((item["source"] for item in items if item["source"]), None)
        named = f"{name}  " if name and not what.startswith(name) else ""
        place = f"{source['file']}:{source['line']}  " if source else named
        _line(console, f"  {place}{what}")
        if path:
            _line(console, f"    {path}")
        for item in items:
            _line(console, ("      - expected  ", "green"), item["expected"])
            _line(console, ("      + found     ", "red"), item["found"])
            if item["remedy"]:
                _line(console, ("      mend        ", "cyan"), item["remedy"])
    more = check["counts"]["failed"] - sum(len(items) for _, items in shown)
    if more > 0:
        _line(console, f"  ... and {more} more")
    _line(console, ("  why: ", "dim"), check["reason"])
    if check["references"]:
        _line(console, ("  see: ", "dim"), ", ".join(check["references"]))


def _undecided(checks: list[Evidence], console: Console) -> None:
    """In short: before an apply most of a plan is, and nobody is to blame for it."""
    if checks:
        _line(console, ("\nundecided", "yellow"))
    for check in checks:
        items = [item for item in check["findings"] if item["verdict"] == "undecided" and not item["accepted"]]
        places = dict.fromkeys(f"{item['address'] or item['subject']} {item['path']}".strip() for item in items)
        found = ", ".join(dict.fromkeys(item["found"] for item in items[:_SHOWN]))
        listed = ", ".join(list(places)[:_PLACES]) + (
            f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        )
        _line(console, ("  ? ", "yellow"), f"{check['id']}: {found}", (f"  {listed}", "dim"))


def _objects(evidence: Evidence, console: Console) -> None:
    objects = evidence.get("objects")
    if not objects:
        return
    algorithms = ", ".join(f"{number} {name}" for name, number in sorted(objects["algorithms"].items()))
    for name, value in (
        (
            "objects",
            f"{objects['current']} current, {objects['noncurrent']} noncurrent, {objects['delete_markers']} markers",
        ),
        ("encrypted", algorithms),
        ("workspaces", ", ".join(objects["workspaces"][:10])),
        ("requests", ", ".join(f"{number} {call}" for call, number in objects["requests"].items())),
    ):
        if value:
            _line(console, (f"  {name:<11}", "dim"), f" {value}")
    for need in evidence.get("permissions", []):
        refused = ("  refused", "bold red") if need["refused"] else ("", "")
        _line(
            console,
            ("  needs      ", "dim"),
            f" {need['action']} on {need['resource']}",
            (f"  {need['for']}", "dim"),
            refused,
        )


def _line(console: Console, *parts: str | tuple[str, str]) -> None:
    console.print(Text.assemble(*parts), soft_wrap=True, highlight=False)
