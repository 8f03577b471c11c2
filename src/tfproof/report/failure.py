"""A failed check in words: where, what was expected, what was found, why it matters."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tfproof.checks.finding import Finding
from tfproof.checks.severity import Severity, severity_of
from tfproof.proof.proof import CheckResult
from tfproof.terraform.source import Location

__all__ = ["Locate", "failure_lines", "relative_to_here"]

Locate = Callable[[str, str], Location | None]
"""Finds where an address and a path in it are written; None when they are not."""

_SHOWN = 12


def failure_lines(result: CheckResult, locate: Locate) -> Iterator[str]:
    """The lines that tell of a check that failed or was left undecided.

    The same attribute found wrong at several layers is told once, with what each layer found.

    Args:
        result: The check and its findings.
        locate: Finds source lines.
    """
    check = result.check
    yield f"{check.id}: not so: {check.title}"
    if result.failures and severity_of(check.id) is Severity.CRITICAL:
        yield "  CRITICAL: states are lost, or open to others, if nobody acts"
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in result.failures or result.findings:
        answer = finding.answer
        groups.setdefault((answer.address, answer.path.partition("#")[0], answer.expected), []).append(finding)
    for number, findings in enumerate(groups.values()):
        if number == _SHOWN:
            yield f"  ... and {len(groups) - _SHOWN} more like these"
            break
        yield from _group_lines(findings, locate)
    yield f"  why: {check.reason}"
    if check.remedy:
        yield f"  repair: {check.remedy}"
    if check.references:
        yield f"  see: {', '.join(check.references)}"


def _group_lines(findings: list[Finding], locate: Locate) -> Iterator[str]:
    answer = next((item.answer for item in findings if "#" in item.answer.path), findings[0].answer)
    address = answer.address or answer.subject
    location = locate(answer.address, answer.path) if answer.address else None
    path = answer.path.partition("#")[0]
    yield f"  {relative_to_here(location)}  {address}" if location is not None else f"  {address}"
    if path:
        yield f"    {path}"
    yield f"      - expected  {answer.expected}"
    for finding in findings:
        subject = "" if finding.answer.subject == finding.answer.address else f"  ({finding.answer.subject})"
        yield f"      + {_FOUND[finding.layer.value]}  {finding.answer.found}{subject}"


_FOUND = {"plan": "planned ", "state": "in state", "live": "live    ", "run": "found   "}


def relative_to_here(location: Location) -> str:
    """A location as short as it can be clicked on: relative to the working folder when it is below it."""
    file = location.file
    with contextlib.suppress(ValueError, OSError):
        file = file.resolve().relative_to(Path.cwd())
    return f"{file}:{location.line}"
