"""The evidence as JUnit XML: a test suite for each section, a test case for each check."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tfproof.checks.severity import Severity
from tfproof.report.model import Evidence
from tfproof.report.threshold import Threshold

__all__ = ["render_junit"]

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(evidence: Evidence) -> str:
    """The evidence as JUnit XML: a failure or error is what makes the audit fail, and nothing else is.

    Undecided is an error. Skipped, with what was found as text, is what is accepted or not applicable, and what the
    audit was told not to count: below `--fail-on`, or undecided without `--fail-on-undecided`.
    """
    sections: dict[str, list[Evidence]] = {}
    for check in evidence["checks"]:
        sections.setdefault(check["section"], []).append(check)
    threshold = Threshold.of(evidence)
    checks = evidence["checks"]
    attributes = f'name="tfproof" tests="{len(checks)}" {_counts(checks, threshold)} time="{evidence["seconds"]}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {attributes}>"]
    for section, listed in sections.items():
        lines.append(f'  <testsuite name={_quoted(section)} tests="{len(listed)}" {_counts(listed, threshold)}>')
        for check in listed:
            lines += _case(check, threshold)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _kind(check: Evidence, threshold: Threshold) -> str:
    """The element of a check: failure, error, skipped, or none for what passed."""
    outcome = check["outcome"]
    if outcome == "passed":
        return ""
    if not threshold.counts(outcome, Severity(check["severity"])):
        return "skipped"
    return "failure" if outcome == "failed" else "error"


def _counts(checks: list[Evidence], threshold: Threshold) -> str:
    kinds = [_kind(check, threshold) for check in checks]
    return f'failures="{kinds.count("failure")}" errors="{kinds.count("error")}" skipped="{kinds.count("skipped")}"'


def _case(check: Evidence, threshold: Threshold) -> list[str]:
    opening = f"    <testcase classname={_quoted('tfproof.' + check['section'])} name={_quoted(check['id'])}"
    outcome, kind = check["outcome"], _kind(check, threshold)
    if not kind:
        return [opening + "/>"]
    if outcome in ("not applicable", "accepted"):
        return [opening + f"><skipped message={_quoted(outcome)}/></testcase>"]
    listed = [item for item in check["findings"] if item["verdict"] == outcome and not item["accepted"]]
    text = "\n".join(_told(finding) for finding in listed)
    text += f"\nwhy: {check['reason']}"
    attributes = f"message={_quoted(check['title'])} type={_quoted(check['severity'])}"
    if kind == "skipped":
        attributes = f"message={_quoted(f'{outcome}, which does not count: ' + check['title'])}"
    return [f"{opening}>", f"      <{kind} {attributes}>", f"{escape(_clean(text))}</{kind}>", "    </testcase>"]


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
