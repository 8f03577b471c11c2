"""The page as a whole: verdict on top, then the chain, the permission tables, the checks, and what else there is.

One file, no network: style and script stand in it, and its content security policy lets nothing else run or load.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tfproof.report.html.chain import chain_section
from tfproof.report.html.checks import checks_section
from tfproof.report.html.grid import grid_sections
from tfproof.report.html.markup import Html, element, text
from tfproof.report.model import Evidence

__all__ = ["render_html"]

_WORDS: Final = {"passed": "Passed", "failed": "Failed", "undecided": "Undecided"}
_PROOF_WORDS: Final = {"passed": "Proved", "failed": "Not proved", "undecided": "Not proved"}
_TITLES: Final = {"proof": "Proof of a state backend", "audit": "Audit", "audit-backend": "Audit of a backend in use"}
_INPUTS: Final = 50
_ON_TOP: Final = 5


def render_html(evidence: Evidence) -> str:
    """The evidence as a page of HTML."""
    style, script = _file("report.css"), _file("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"tfproof: {_verdict(evidence)}"
    main = "".join(_sections(evidence))
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#checks">Skip to the checks</a>\n'
        f'{_header(evidence)}<main>{main}</main>\n<div id="tip" role="status" hidden></div>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _verdict(evidence: Evidence) -> str:
    words = _PROOF_WORDS if evidence["kind"] == "proof" else _WORDS
    return words[evidence["verdict"]]


def _header(evidence: Evidence) -> Html:
    outcomes = [check["outcome"] for check in evidence["checks"]]
    counts = "".join(
        element("li", f"<b>{outcomes.count(outcome)}</b> {outcome}", {"class": f"count {outcome.replace(' ', '-')}"})
        for outcome in ("failed", "undecided", "passed", "accepted", "not applicable")
        if outcome in outcomes
    )
    facts = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in _facts(evidence) if value)
    return (
        f"<header><h1>{text(_TITLES[evidence['kind']])}: "
        f'<span class="verdict {evidence["verdict"]}">{text(_verdict(evidence))}</span></h1>'
        f'<ul class="counts">{counts}</ul><dl class="facts">{facts}</dl></header>\n'
    )


def _facts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "Module", evidence.get("module", "")
    yield "Copy", evidence.get("module_copy") or ""
    inputs = evidence.get("inputs", [])
    if len(inputs) == 1:
        yield inputs[0]["kind"].capitalize(), inputs[0]["name"]
        for name, value in inputs[0]["facts"].items():
            if not isinstance(value, (list, dict)):
                yield name.capitalize(), str(value)
        for backend in inputs[0]["facts"].get("backends", []):
            yield "State backend", f"{backend['bucket']} ({backend['recognised']})"
    elif inputs:
        names = ", ".join(f"{item['name']} ({item['kind']})" for item in inputs[:_ON_TOP])
        yield "Audited", names + (f" and {evidence['inputs_seen'] - _ON_TOP} more" if len(inputs) > _ON_TOP else "")
        made_by = sorted({str(item["facts"]["terraform"]) for item in inputs if item["facts"].get("terraform")})
        yield "Terraform", ", ".join(made_by[:_ON_TOP])
    yield "Target", str(evidence.get("target", {}).get("description", ""))
    yield "Terraform", str(evidence.get("terraform", ""))
    yield "Providers", str(evidence.get("providers", ""))
    yield "tfproof", evidence["tfproof"]
    yield "Made", evidence["made"]
    yield "Took", f"{evidence['seconds']:g} s"


def _sections(evidence: Evidence) -> Iterator[Html]:
    yield from chain_section(evidence)
    yield from _objects(evidence)
    yield checks_section(evidence)
    yield from grid_sections(evidence)
    yield from _inputs(evidence)
    if evidence.get("steps"):
        rows = "".join(
            f"<tr><td>{text(step['name'])}</td><td class=number>{step['seconds']:g} s</td>"
            f"<td>{text(step['detail'])}</td></tr>"
            for step in evidence["steps"]
        )
        head = (
            "<thead><tr><th scope=col>Step</th><th scope=col>Took</th><th scope=col>What came of it</th></tr></thead>"
        )
        yield _section(
            "steps", "Steps", f"<div class=scroll tabindex=0><table>{head}<tbody>{rows}</tbody></table></div>"
        )
    remarks = [*evidence.get("interventions", []), *evidence["notes"]]
    if remarks:
        yield _section("notes", "Notes", f"<ul>{''.join(element('li', text(note)) for note in remarks)}</ul>")


def _section(name: str, title: str, content: Html) -> Html:
    heading = f'<h2 id="{name}-title">{text(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{content}</section>\n'


def _inputs(evidence: Evidence) -> Iterator[Html]:
    inputs = evidence.get("inputs", [])
    if len(inputs) < 2:  # noqa: PLR2004
        return
    items = "".join(f"<li>{text(item['kind'])}: <code>{text(item['name'])}</code></li>" for item in inputs[:_INPUTS])
    more = evidence["inputs_seen"] - min(len(inputs), _INPUTS)
    items += f"<li>and {more} more</li>" if more > 0 else ""
    yield _section("inputs", f"{evidence['inputs_seen']} files", f"<ul>{items}</ul>")


def _objects(evidence: Evidence) -> Iterator[Html]:
    objects = evidence.get("objects")
    if not objects:
        return
    algorithms = ", ".join(f"{number} {name}" for name, number in sorted(objects["algorithms"].items()))
    facts = (
        ("Current objects", objects["current"]),
        ("Noncurrent versions", objects["noncurrent"]),
        ("Delete markers", objects["delete_markers"]),
        ("Encrypted", algorithms),
        ("Workspaces", ", ".join(objects["workspaces"][:30])),
        ("Requests", ", ".join(f"{number} {name}" for name, number in objects["requests"].items())),
        ("Looked at", "everything" if objects["complete"] else "not everything: see what was refused"),
    )
    listed = "".join(f"<dt>{text(name)}</dt><dd>{text(str(value))}</dd>" for name, value in facts if value != "")
    needs = "".join(
        f'<tr class="{"refused" if need["refused"] else ""}"><td><code>{text(need["action"])}</code></td>'
        f"<td><code>{text(need['resource'])}</code></td><td>{text(need['for'])}</td>"
        f"<td>{'refused' if need['refused'] else 'allowed'}</td></tr>"
        for need in evidence.get("permissions", [])
    )
    head = "".join(f"<th scope=col>{name}</th>" for name in ("Action", "Resource", "For", "Answer"))
    table = f"<div class=scroll tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{needs}</tbody></table></div>"
    content = f'<dl class="facts">{listed}</dl><details><summary>Permissions it needs</summary>{table}</details>'
    yield _section("objects", "What is in the bucket", content)
