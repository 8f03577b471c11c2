"""Whatever stands in names, values and findings: every format can be made of it, and read again."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
from budget import at_night
from hypothesis import given, settings
from hypothesis import strategies as st

from tfproof.audit.audited import Audited
from tfproof.audit.baseline import Baseline
from tfproof.audit.catalogue import AUDIT_CHECKS, Choice
from tfproof.audit.scrub import Scrubber
from tfproof.checks.finding import Answer, Layer, Verdict
from tfproof.report.audit_evidence import AuditEvidence
from tfproof.report.formats import render
from tfproof.report.model import read_evidence, schema
from tfproof.report.scrubbed import scrubbed_evidence
from tfproof.report.threshold import Threshold

SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
_CHECKS = {check.id: check for check in AUDIT_CHECKS}
# Lone surrogates too: JSON can hold them, and no file can.
_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30) | st.sampled_from(
    ["</script><script>alert(1)</script>", "]]>", "-->", "``` `a` |", "a\nb\r\tc", "\x00\x1b[31m", "\ud800", "&lt;'\""]
)


@st.composite
def _evidence(draw: st.DrawFn) -> dict[str, Any]:
    gathered = AuditEvidence("audit", choice=Choice(), baseline=Baseline(), threshold=Threshold())
    name = draw(_TEXT)
    findings = [
        _CHECKS[draw(st.sampled_from(sorted(_CHECKS)))].finding(
            draw(st.sampled_from(Layer)),
            Answer(draw(st.sampled_from(Verdict)), *(draw(_TEXT) for _ in range(5))),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    facts = {"terraform": draw(_TEXT), "backends": [{"bucket": draw(_TEXT), "recognised": draw(_TEXT)}]}
    gathered.add(Audited(name, draw(_TEXT), facts=facts, findings=findings, notes=[draw(_TEXT)]))
    secrets = draw(st.lists(st.sampled_from(["a secret of somebody", "passed", "failed", "medium", "state-", "audit"])))
    return scrubbed_evidence(gathered.evidence(1.0), Scrubber(secrets))


class _Tags(HTMLParser):
    """The elements of a page, which must nest, and its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.scripts += tag == "script"
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=at_night(1000, 60))
@given(_evidence())
def test_every_format_can_be_made_and_read_again(evidence: dict[str, Any]) -> None:
    jsonschema.validate(evidence, schema())
    assert read_evidence(render(evidence, "json"), "x") == evidence
    jsonschema.Draft4Validator(SARIF).validate(json.loads(render(evidence, "sarif")))
    ET.fromstring(render(evidence, "junit").encode("utf-8"))  # noqa: S314  # our own
    page = render(evidence, "html")
    page.encode("utf-8")
    tags = _Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    assert tags.scripts == 1
    markdown = render(evidence, "markdown")
    for line in markdown.splitlines():
        # Outside of code, nothing of a finding opens an element; ours are the two of the table of all checks.
        outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert not re.search(r"(?<!\\)<(?!/?(?:details|summary)\b)[a-zA-Z/!]", outside)
