"""The evidence without secrets in its texts, and with everything else as it was."""

from __future__ import annotations

from typing import Any, Final

from tfproof.audit.scrub import Scrubber
from tfproof.report.model import Evidence

__all__ = ["scrubbed_evidence"]

_OURS: Final = frozenset(
    {
        "action",
        "basis",
        "fingerprint",
        "for",
        "format_version",
        "id",
        "kind",
        "layer",
        "lock_mode",
        "made",
        "marks",
        "oldest",
        "operation",
        "outcome",
        "references",
        "section",
        "severity",
        "tfproof",
        "title",
        "until",
        "verdict",
    }
)
"""Members that hold words and dates of tfproof's own, never a text of a document. A secret may be one of these words
(`password = "passed"`): taken out of them too, the evidence would say something else, or nothing that can be read."""
_OF_A_CHECK: Final = _OURS | {"reason"}
"""Of a check the reason is ours; of an acceptance or a refusal it is somebody's."""


def scrubbed_evidence(evidence: Evidence, scrubber: Scrubber) -> Evidence:
    """The evidence with every free text in it scrubbed: what is not known to be our own word is one.

    Args:
        evidence: What was found, as `evidence.schema.json` has it.
        scrubber: Takes the secrets out.
    """
    made: Evidence = _scrubbed(evidence, scrubber)
    return made


def _scrubbed(value: Any, scrubber: Scrubber) -> Any:
    if isinstance(value, dict):
        ours = _OF_A_CHECK if "findings" in value else _OURS
        made = {}
        for name, item in value.items():
            if name == "facts":
                made[name] = scrubber.tree(item)  # whatever its members are called
            else:
                made[name] = item if name in ours else _scrubbed(item, scrubber)
        return made
    if isinstance(value, list):
        return [_scrubbed(item, scrubber) for item in value]
    return scrubber.tree(value)
