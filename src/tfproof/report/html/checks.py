"""The checks with filter and search; those that failed are open, with their source, what was expected and found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfproof.report.html.markup import Html, element, text
from tfproof.report.model import Evidence

__all__ = ["checks_section"]

_MARKS: Final = {"failed": "✗", "undecided": "?", "passed": "✓", "accepted": "a", "not applicable": "-"}
_SHOWN: Final = 50
_PASSED: Final = 12


def checks_section(evidence: Evidence) -> Html:
    """The section with every check."""
    checks = evidence["checks"]
    outcomes = [outcome for outcome in _MARKS if any(check["outcome"] == outcome for check in checks)]
    buttons = "".join(
        f'<button type="button" class="filter {outcome.replace(" ", "-")}" data-outcome="{outcome}" '
        f'aria-pressed="true">'
        f"{_MARKS[outcome]} {outcome}</button>"
        for outcome in outcomes
    )
    severities = "".join(
        f'<option value="{rank}">{name} and worse</option>'
        for rank, name in ((1, "medium"), (2, "high"), (3, "critical"))
    )
    controls = (
        '<div class="controls" role="search" aria-label="Filter the checks">'
        '<label>Search <input type="search" id="search" placeholder="id, title, address, found"></label>'
        f'<label>Severity <select id="severity"><option value="0">all</option>{severities}</select></label>'
        f'<span class="filters" role="group" aria-label="Outcomes">{buttons}</span>'
        '<button type="button" id="all">Open all</button>'
        '<p id="shown" role="status"></p></div>'
    )
    listed = "".join(_sections(checks)) or "<p>Nothing was checked.</p>"
    title = '<section id="checks" aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2>'
    return f"{title}{controls}{listed}</section>\n"


def _sections(checks: list[Evidence]) -> Iterator[Html]:
    for section in dict.fromkeys(check["section"] for check in checks):
        inside = "".join(_check(check) for check in checks if check["section"] == section)
        yield f'<div class="group"><h3>{text(section)}</h3>{inside}</div>'


def _check(check: Evidence) -> Html:
    outcome = check["outcome"]
    rank = {"low": 0, "medium": 1, "high": 2, "critical": 3}[check["severity"]]
    counts = ", ".join(f"{number} {verdict}" for verdict, number in check["counts"].items() if number)
    summary = (
        f'<span class="mark {outcome.replace(" ", "-")}" aria-hidden="true">{_MARKS[outcome]}</span> '
        f'<span class="sr">{outcome}:</span> {text(check["title"])} '
        f'<span class="id">{text(check["id"])}</span> '
        f'<span class="severity {check["severity"]}">{check["severity"]}</span>'
    )
    body = f'<p class="why">{text(check["reason"])}</p>'
    if check["references"]:
        body += f'<p class="see">See: {text(", ".join(check["references"]))}</p>'
    if counts:
        body += f"<p>{text(counts)}</p>"
    body += "".join(_findings(check))
    attributes = {
        "class": "check",
        "data-outcome": outcome,
        "data-severity": str(rank),
        "id": f"check-{check['id']}",
        **({"open": ""} if outcome == "failed" else {}),
    }
    return element("details", f"<summary>{summary}</summary>{body}", attributes)


def _findings(check: Evidence) -> Iterator[Html]:
    order = {"failed": 0, "undecided": 1, "passed": 2}
    findings = sorted(check["findings"], key=lambda item: order[item["verdict"]])
    passed = 0
    shown = 0
    for finding in findings:
        passed += finding["verdict"] == "passed"
        if shown == _SHOWN or (finding["verdict"] == "passed" and passed > _PASSED):
            break
        shown += 1
        yield _finding(finding)
    more = sum(check["counts"].values()) - shown
    if more > 0:
        yield f"<p>and {more} more</p>"


def _finding(finding: Evidence) -> Html:
    verdict = "accepted" if finding["accepted"] else finding["verdict"]
    where = finding["address"] or finding["subject"]
    head = (
        f'<span class="mark {verdict}" aria-hidden="true">{_MARKS[verdict]}</span> <span class="sr">{verdict}:</span> '
    )
    head += f"<code>{text(where)}</code>"
    if finding["path"]:
        head += f' <code class="path">{text(finding["path"])}</code>'
    head += f' <span class="layer">{text(_layer(finding))}</span>'
    rows = [("Expected", text(finding["expected"])), ("Found", text(finding["found"]))]
    if finding["remedy"]:
        rows.append(("Mend", f"<code>{text(finding['remedy'])}</code>"))
    if finding["accepted"]:
        accepted = finding["accepted"]
        rows.append(("Accepted", text(f"{accepted['reason']} (until {accepted['until']})")))
    told = "".join(f'<dt>{name}</dt><dd class="{name.lower()}">{value}</dd>' for name, value in rows)
    return f'<div class="finding {verdict}"><p>{head}</p><dl>{told}</dl>{_source(finding)}</div>'


def _layer(finding: Evidence) -> str:
    layer = {"plan": "planned", "state": "in the state", "live": "live", "run": "observed"}[finding["layer"]]
    return f"{layer}, {finding['input']}" if finding["input"] else layer


def _source(finding: Evidence) -> Html:
    source = finding["source"]
    if not source:
        return ""
    lines = "".join(
        f'<span class="line{" here" if line["line"] == source["line"] else ""}">'
        f'<span class="number">{line["line"]:>4}</span> {text(line["text"])}\n</span>'
        for line in source["lines"]
    )
    name = f"{source['file']}:{source['line']}"
    label = {"tabindex": "0", "role": "region", "aria-label": f"Source at {name}"}
    return f'<p class="file">{text(name)}</p>' + element("pre", f"<code>{lines}</code>", label)
