"""The evidence as Markdown, for a comment on a pull request or a job's summary."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from tfproof.report.model import Evidence

__all__ = ["render_markdown"]

_MARKS: Final = {"passed": "✅", "failed": "❌", "undecided": "❔", "accepted": "☑️", "not applicable": "▫️"}
_SHOWN: Final = 10
_WORDS: Final = {"passed": "Passed", "failed": "Failed", "undecided": "Undecided"}


def render_markdown(evidence: Evidence) -> str:
    """The evidence as Markdown: the verdict, what is open with its findings, and all checks in a table."""
    return "\n".join(_lines(evidence)) + "\n"


def _lines(evidence: Evidence) -> Iterator[str]:
    checks = evidence["checks"]
    outcomes = [check["outcome"] for check in checks]
    counted = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in _MARKS if outcome in outcomes)
    verdict = evidence["verdict"]
    yield f"## {_MARKS[verdict]} tfproof {evidence['kind']}: {_WORDS[verdict].lower()}"
    yield ""
    yield f"{counted or 'nothing was checked'}; tfproof {evidence['tfproof']}, {evidence['seconds']:g} s"
    for outcome, title in (("failed", "Failed"), ("undecided", "Undecided")):
        listed = [check for check in checks if check["counts"].get(outcome)]
        if listed:
            yield ""
            yield f"### {title}"
        for check in listed:
            yield from _check(check, outcome)
    yield ""
    yield "<details><summary>All checks</summary>"
    yield ""
    yield "| | check | severity | what holds |"
    yield "|---|---|---|---|"
    for check in checks:
        yield f"| {_MARKS[check['outcome']]} | {_code(check['id'])} | {check['severity']} | {_cell(check['title'])} |"
    yield ""
    yield "</details>"
    if evidence["notes"]:
        yield ""
        for note in evidence["notes"]:
            yield f"- {_cell(note)}"


def _check(check: Evidence, outcome: str) -> Iterator[str]:
    yield ""
    yield f"**{_code(check['id'])}** ({check['severity']}): {_cell(check['title'])}"
    yield ""
    findings = [item for item in check["findings"] if item["verdict"] == outcome and not item["accepted"]]
    for finding in findings[:_SHOWN]:
        source = finding["source"]
        place = f" ({_cell(source['file'])}:{source['line']})" if source else ""
        what = f"{finding['address'] or finding['subject']} {finding['path']}".strip()
        where = f"{_cell(finding['input'])}: " if finding["input"] else ""
        expected, found = _code(finding["expected"]), _code(finding["found"])
        yield f"- {where}{_code(what)}{place}: expected {expected}, found {found}"
        if finding["remedy"]:
            yield f"  - mend: {_code(finding['remedy'])}"
    more = check["counts"][outcome] - min(len(findings), _SHOWN)
    if more > 0:
        yield f"- and {more} more"
    yield ""
    yield f"  {_cell(check['reason'])}"


def _code(text: str) -> str:
    """Text in backquotes, whatever backquotes are in it, on one line and safe in a table."""
    flat = re.sub(r"\s+", " ", text).replace("|", "\\|")
    if not flat.strip():
        return "(empty)"
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    edge = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{edge}{flat}{edge}{ticks}"


def _cell(text: str) -> str:
    """Text that Markdown and HTML leave alone."""
    flat = re.sub(r"\s+", " ", text)
    # As entities: before a backquote a backslash is not the same to every reader of Markdown.
    plain = html.escape(flat, quote=False).replace("`", "&#96;")
    return re.sub(r"([\\*_\[\]|~#@])(?!96;)", r"\\\1", plain)
