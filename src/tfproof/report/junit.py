"""The evidence as JUnit XML: a test suite for each section, a test case for each check."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tfproof.report.model import Evidence

__all__ = ["render_junit"]

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(evidence: Evidence) -> str:
    """The evidence as JUnit XML; undecided counts as an error, not applicable and accepted as skipped."""
    sections: dict[str, list[Evidence]] = {}
    for check in evidence["checks"]:
        sections.setdefault(check["section"], []).append(check)
    checks = evidence["checks"]
    attributes = f'name="tfproof" tests="{len(checks)}" {_counts(checks)} time="{evidence["seconds"]}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {attributes}>"]
    for section, listed in sections.items():
        lines.append(f'  <testsuite name={_quoted(section)} tests="{len(listed)}" {_counts(listed)}>')
        for check in listed:
            lines += _case(check)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _counts(checks: list[Evidence]) -> str:
    outcomes = [check["outcome"] for check in checks]
    skipped = outcomes.count("not applicable") + outcomes.count("accepted")
    return f'failures="{outcomes.count("failed")}" errors="{outcomes.count("undecided")}" skipped="{skipped}"'


def _case(check: Evidence) -> list[str]:
    opening = f"    <testcase classname={_quoted('tfproof.' + check['section'])} name={_quoted(check['id'])}"
    outcome = check["outcome"]
    if outcome == "passed":
        return [opening + "/>"]
    if outcome in ("not applicable", "accepted"):
        return [opening + f"><skipped message={_quoted(outcome)}/></testcase>"]
    kind = "failure" if outcome == "failed" else "error"
    text = "\n".join(_told(finding) for finding in check["findings"] if finding["verdict"] == outcome)
    text += f"\nwhy: {check['reason']}"
    return [
        f"{opening}>",
        f"      <{kind} message={_quoted(check['title'])} type={_quoted(check['severity'])}>",
        f"{escape(_clean(text))}</{kind}>",
        "    </testcase>",
    ]


def _told(finding: Evidence) -> str:
    source = finding["source"]
    place = f"{source['file']}:{source['line']} " if source else f"{finding['input']} " if finding["input"] else ""
    what = f"{finding['address'] or finding['subject']} {finding['path']}".strip()
    return f"{place}{what}: expected {finding['expected']}, found {finding['found']}"


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold in any way."""
    return _NOT_XML.sub("\ufffd", text)
