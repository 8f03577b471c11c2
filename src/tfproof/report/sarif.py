"""The evidence as SARIF 2.1.0, for code scanning: one result for each finding that is open."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from tfproof.report.model import Evidence

__all__ = ["render_sarif"]

_LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}


def render_sarif(evidence: Evidence) -> str:
    """The evidence as a SARIF document; accepted findings are in it as suppressed."""
    checks = [check for check in evidence["checks"] if check["outcome"] != "not applicable"]
    results = [
        _result(check, finding, number)
        for number, check in enumerate(checks)
        for finding in check["findings"]
        if finding["verdict"] != "passed"
    ]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "tfproof",
                        "version": evidence["tfproof"],
                        "rules": [_rule(check) for check in checks],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
                "invocations": [{"executionSuccessful": True}],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(check: Evidence) -> dict[str, Any]:
    return {
        "id": check["id"],
        "name": "".join(word.capitalize() for word in check["id"].split("-")),
        "shortDescription": {"text": check["title"]},
        "fullDescription": {"text": check["reason"]},
        "defaultConfiguration": {"level": _LEVELS[check["severity"]]},
        "properties": {
            "tags": list(dict.fromkeys(["security", "terraform", check["section"], *check["references"]])),
            "security-severity": _SCORES[check["severity"]],
        },
    }


def _result(check: Evidence, finding: Evidence, number: int) -> dict[str, Any]:
    undecided = finding["verdict"] == "undecided"
    where = finding["address"] or finding["subject"]
    what = f"{where} {finding['path']}".strip()
    said = "cannot be decided" if undecided else "not so"
    result: dict[str, Any] = {
        "ruleId": check["id"],
        "ruleIndex": number,
        # SARIF's own word for it: `review` is what a person has to decide. A kind other than fail has no level.
        "kind": "review" if undecided else "fail",
        "level": "none" if undecided else _LEVELS[check["severity"]],
        "message": {
            "text": f"{said}: {check['title']}. {what}: expected {finding['expected']}, found {finding['found']}."
        },
        "locations": [_location(finding)],
        "partialFingerprints": {"tfproof/v1": finding["fingerprint"]},
    }
    if finding["accepted"]:
        accepted = finding["accepted"]
        justification = f"{accepted['reason']} (until {accepted['until']})"
        result["suppressions"] = [{"kind": "external", "justification": justification}]
    return result


def _location(finding: Evidence) -> dict[str, Any]:
    location: dict[str, Any] = {}
    source = finding["source"]
    name = source["file"] if source else _file(finding["input"])
    if name:
        # Without a line the file as a whole; code scanning wants a region to show it at all.
        region: dict[str, Any] = {"startLine": source["line"] if source else 1}
        text = next((line["text"] for line in source["lines"] if line["line"] == source["line"]), "") if source else ""
        if text:
            region["snippet"] = {"text": text}
        location["physicalLocation"] = {"artifactLocation": {"uri": _uri(name)}, "region": region}
    if finding["address"]:
        location["logicalLocations"] = [{"fullyQualifiedName": finding["address"], "kind": "resource"}]
    elif not name:
        location["logicalLocations"] = [{"fullyQualifiedName": finding["subject"], "kind": "resource"}]
    return location


def _file(name: str) -> str:
    return "" if name in ("", "standard input") else name


def _uri(name: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]*://", name):
        return quote(name, safe=":/?#[]@!$&'()*+,;=%-._~", errors="replace")
    path = PurePosixPath(name)
    return ("file://" if path.is_absolute() else "") + quote(path.as_posix(), errors="replace")
