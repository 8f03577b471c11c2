"""What Terraform says went wrong, as values, and what is known to help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Diagnostic", "from_event", "from_text", "remedy_for"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning of Terraform.

    Attributes:
        severity: `error` or `warning`.
        summary: Its headline.
        detail: The text under it, possibly empty.
        address: Address of the resource it is about, or `""`.
        filename: File relative to the root module's folder, or `""`.
        line: Line in that file, counted from 1; 0 when there is none.
        snippet: The source line it points at, or `""`.
    """

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    filename: str = ""
    line: int = 0
    snippet: str = ""

    @property
    def is_error(self) -> bool:
        """Whether it is an error rather than a warning."""
        return self.severity == "error"

    def __str__(self) -> str:
        place = f"{self.filename}:{self.line}" if self.filename else ""
        head = " ".join(part for part in (f"{self.severity.capitalize()}:", self.summary) if part)
        lines = [head + (f"  ({self.address})" if self.address else "")]
        if place:
            lines.append(f"  on {place}" + (f": {self.snippet.strip()}" if self.snippet else ""))
        if self.detail:
            lines.append("  " + self.detail.strip().replace("\n", "\n  "))
        return "\n".join(lines)


def from_event(event: Mapping[str, Any]) -> Diagnostic | None:
    """The diagnostic in an event of Terraform's `-json` stream, or None when the event is none."""
    found = event.get("diagnostic")
    if event.get("type") != "diagnostic" or not isinstance(found, dict):
        return None
    where = found.get("range") or {}
    snippet = found.get("snippet") or {}
    return Diagnostic(
        severity=str(found.get("severity") or "error"),
        summary=str(found.get("summary") or ""),
        detail=str(found.get("detail") or ""),
        address=str(found.get("address") or ""),
        filename=str(where.get("filename") or ""),
        line=int((where.get("start") or {}).get("line") or 0),
        snippet=str(snippet.get("code") or ""),
    )


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BOX = re.compile(r"^[╷│╵] ?", re.MULTILINE)
_ON = re.compile(r"^ *on (?P<file>.+?) line (?P<line>\d+)", re.MULTILINE)
_WITH = re.compile(r"^ *with (?P<address>\S.*?),$", re.MULTILINE)
_PLACE = re.compile(r" +(?:with|on) ")


def from_text(text: str) -> list[Diagnostic]:
    """The diagnostics in Terraform's human output, for the commands that have no `-json`.

    Boxes and colours are taken off: Terraform draws both on a pipe too.
    """
    found = []
    plain = re.sub(r"(?m)[ \t\r]+$", "", _BOX.sub("", _COLOUR.sub("", text)))
    for part in re.split(r"(?m)^(?=(?:Error|Warning): )", plain):
        match = re.match(r"(Error|Warning): (.*)", part)
        if match is None:
            continue
        # The place is a paragraph of its own under the headline: "with ADDRESS,", "on FILE line N, ...", the source.
        where, _, rest = part.partition("\n")[2].lstrip("\n").partition("\n\n")
        if not _PLACE.match(where):
            where, rest = "", f"{where}\n\n{rest}"
        place, about = _ON.search(where), _WITH.search(where)
        snippet = re.search(rf"(?m)^ *{place['line']}: ?(.*)$", where) if place else None
        found.append(
            Diagnostic(
                severity=match[1].lower(),
                summary=match[2].strip(),
                detail=rest.strip(),
                address=about["address"] if about else "",
                filename=place["file"] if place else "",
                line=int(place["line"]) if place else 0,
                snippet=snippet[1] if snippet else "",
            )
        )
    return found


# What is known to help, by what the text says. First match wins; each line has been met in practice.
_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"Failed to query available provider packages|could not connect to registry|no available releases match",
        "The registry cannot be reached and no mirror has this provider: name a filesystem mirror with "
        "--provider-mirror or TFPROOF_PROVIDER_MIRROR; `tfproof doctor` lists where it looks.",
    ),
    (
        r"Unsupported Terraform Core version",
        "Use a Terraform within the module's required_version: --terraform PATH.",
    ),
    (
        r"checksums (?:previously )?recorded|Required plugins are not installed|Inconsistent dependency lock file",
        "The providers of the run folder changed after init: run again; do not share .terraform between runs.",
    ),
    (r"no space left on device", "The disk of the run folder is full: free space, or set TMPDIR to another disk."),
    (
        r"timeout while waiting for state to become 'true'.*lifecycle|Lifecycle Configuration.*timeout while waiting",
        "The target does not give back the lifecycle rules as they were put, so the provider waits in vain "
        "(getmoto/moto#9708 is such a case).",
    ),
    (
        r"connection refused|connection reset by peer|dial tcp",
        "The target stopped answering: look at its log in the run folder (--tf-keep keeps it).",
    ),
    (r"ExpiredToken|InvalidClientTokenId|security token .* is invalid", "The credentials of the target are not valid."),
    (
        r"Error acquiring the state lock",
        "Another run holds the lock; if that run is dead, `terraform force-unlock ID` removes it.",
    ),
    (
        r"BucketNotEmpty",
        "The bucket still holds objects, versions or delete markers; see docs/runbook.md on destroying.",
    ),
    (
        r"DeletionProtectionEnabled|deletion protection",
        "The table is protected against deletion; see docs/runbook.md on destroying.",
    ),
)


def remedy_for(diagnostics: Iterable[Diagnostic], text: str = "") -> str:
    """What is known to help against these errors, or `""`."""
    said = " ".join([*(f"{item.summary} {item.detail}" for item in diagnostics if item.is_error), text])
    flat = re.sub(r"\s+", " ", said)
    return next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, flat, re.IGNORECASE)), "")
