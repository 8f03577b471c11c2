"""The evidence: what was found, as nested dicts that JSON takes. Every format is made from it and from nothing else.

Its schema is `evidence.schema.json` beside this file. It holds no secret: findings are made without, and whoever writes
it scrubs it once more.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import tfproof
from tfproof.checks.check import Check
from tfproof.checks.finding import Finding
from tfproof.checks.severity import severity_of
from tfproof.report.excerpt import excerpt as source_excerpt
from tfproof.report.failure import Locate
from tfproof.terraform.source import Location

__all__ = ["FORMAT_VERSION", "Evidence", "check_entry", "finding_entry", "head", "read_evidence", "schema"]

FORMAT_VERSION: Final = "1.1"
Evidence = dict[str, Any]
_TOLD_APART_BY_FOUND: Final = frozenset({"plan-destroys-data", "plan-widens-permissions", "state-providers"})
"""Checks that can say several things of one place: what was found tells them apart, and is the same in every run. Of
other checks it is not: an age grows, a count changes, and code scanning would take it for a new finding."""


def schema() -> dict[str, Any]:
    """The JSON schema of the evidence."""
    text = (Path(__file__).parent / "evidence.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def head(kind: str, verdict: str, seconds: float) -> Evidence:
    """What every evidence begins with: `kind` is audit, audit-backend or proof; `verdict` passed, failed, undecided."""
    return {
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "tfproof": tfproof.__version__,
        "made": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "verdict": verdict,
        "seconds": round(seconds, 1),
    }


def check_entry(
    check: Check, outcome: str, findings: list[Evidence], counts: Mapping[str, int] | None = None
) -> Evidence:
    """A check with its findings.

    Args:
        check: The check.
        outcome: passed, failed, undecided, accepted or not applicable.
        findings: Entries of findings; not all there were, when there were too many.
        counts: How many there were of each verdict; counted from the findings by default.
    """
    if counts is None:
        verdicts = ["accepted" if item["accepted"] else item["verdict"] for item in findings]
        counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    return {
        "id": check.id,
        "section": check.section,
        "title": check.title,
        "reason": check.reason,
        "references": list(check.references),
        "severity": str(severity_of(check.id)),
        "outcome": outcome,
        "counts": dict(counts),
        "findings": findings,
    }


def finding_entry(
    finding: Finding,
    *,
    name: str = "",
    locate: Locate | None = None,
    accepted: Mapping[str, str] | None = None,
    remedy: str = "",
    excerpt: Callable[[Location], list[Evidence]] | None = None,
) -> Evidence:
    """A finding.

    Args:
        finding: The finding.
        name: What was audited, where it is one of several.
        locate: Finds source lines.
        remedy: What would mend it, a command where there is one.
        accepted: Reason and end of its acceptance, when it is accepted.
        excerpt: Reads the lines around a place; by default from the file.
    """
    answer = finding.answer
    location = locate(answer.address, answer.path) if locate is not None and answer.address else None
    told = answer.found if finding.check_id in _TOLD_APART_BY_FOUND else ""
    parts = (finding.check_id, answer.address or answer.subject, answer.path, answer.expected)
    key = "\n".join((*parts, told) if told else parts)
    return {
        "layer": finding.layer.value,
        "verdict": finding.verdict.value,
        "input": name,
        "subject": answer.subject,
        "path": answer.path,
        "expected": answer.expected,
        "found": answer.found,
        "remedy": remedy,
        "address": answer.address,
        "fingerprint": hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16],
        "source": _source(location, excerpt or source_excerpt) if location is not None else None,
        "accepted": dict(accepted) if accepted else None,
    }


def _source(location: Location, excerpt: Callable[[Location], list[Evidence]]) -> Evidence:
    file = location.file
    with contextlib.suppress(ValueError, OSError):
        file = file.resolve().relative_to(Path.cwd())
    return {"file": file.as_posix(), "line": location.line, "lines": excerpt(location)}


def read_evidence(text: str, name: str) -> Evidence:
    """The evidence in a JSON text that tfproof wrote.

    Raises:
        UsageError: It is none, or of a format that is not known.
    """
    from tfproof.errors import UsageError  # noqa: PLC0415

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{name} is not JSON", remedy="Give what `--format json` or `--evidence` wrote.") from None
    version = found.get("format_version") if isinstance(found, dict) else None
    wrong = "" if version == FORMAT_VERSION else f"it is no evidence of format {FORMAT_VERSION}"
    if not wrong:
        wrong = _problem(found)
    if wrong:
        raise UsageError(
            f"{name} is no evidence: {wrong}", remedy="Give what `--format json` or `--evidence` wrote, as it was."
        )
    made: Evidence = found
    return made


def _problem(found: Any) -> str:
    """Where an evidence is not as its schema has it, in one line without the value; `""` when it is."""
    import jsonschema  # noqa: PLC0415  # only where evidence is read again

    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema()).iter_errors(found))
    if error is None:
        return ""
    where = error.json_path.removeprefix("$").removeprefix(".") or "it"
    said = {"required": "lacks one of", "type": "is not of type", "enum": "is none of", "const": "is not"}
    wanted = error.validator_value
    shown = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return f"{where} {said.get(error.validator, f'does not satisfy {error.validator}')} {shown}"
