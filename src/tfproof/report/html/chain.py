"""The encryption of the state object as a chain: who wrote, what was asked for, the bucket's default, the key."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.report.html.markup import Html, element, text
from tfproof.report.model import Evidence

__all__ = ["chain_section"]


def chain_section(evidence: Evidence) -> Iterator[Html]:
    """The section, when states were written."""
    states = (evidence.get("backend_use") or {}).get("states", [])
    if not states:
        return
    default = _default(evidence)
    chains = "".join(_chain(state, default) for state in states)
    yield (
        '<section id="chain" aria-labelledby="chain-title"><h2 id="chain-title">How states are encrypted</h2>'
        "<p>Terraform wrote a state with each way to set the encryption. From left to right: who wrote, what the "
        f"request asked for, what the bucket does by default, the object that came of it.</p>{chains}</section>\n"
    )


def _default(evidence: Evidence) -> str:
    """The bucket's default encryption, as the live checks found it."""
    found = {
        check["id"]: finding["found"].strip('"')
        for check in evidence["checks"]
        if check["id"] in ("bucket-encryption", "bucket-encryption-key")
        for finding in check["findings"]
        if finding["layer"] == "live"
    }
    return " ".join(found[name] for name in ("bucket-encryption", "bucket-encryption-key") if name in found)


def _chain(state: Evidence, default: str) -> Html:
    asked = state["asked_for"]
    used = asked == "none"
    links = [
        _link("Writer", state["caller"], "", "ok"),
        _link("Backend", state["setting"], "encryption settings", "ok"),
        _link("Request header", asked, "no header: the bucket decides" if used else "the header decides", "ok"),
        _link("Bucket default", default or "not known", "used" if used else "not used", "ok" if used else "idle"),
    ]
    if state["refused"]:
        links.append(_link("Refused", state["reason"] or state["message"], "nothing was written", "bad"))
    else:
        links.append(_allowed(state["allowed_by"]))
        links.append(_objects(state))
    label = {"class": "chain", "aria-label": f"Backend with {state['setting']}"}
    return f"<h3>Backend with {text(state['setting'])}</h3>" + element("ol", "".join(links), label)


def _objects(state: Evidence) -> Html:
    """The state and then its lock file."""
    inside = "".join(
        f"<code>{text(item['algorithm'])} {text(item['kms_key'])}</code><small>s3://{text(state['bucket'])}/"
        f"{text(item['key'])}, bucket key {'on' if item['bucket_key'] else 'off'}</small>"
        for item in sorted(state["objects"], key=lambda item: len(str(item["key"])))
    )
    sound = all(item["kms_key"] for item in state["objects"])
    return f'<li class="{"ok" if sound else "bad"}"><b>Written</b>{inside}</li>'


def _allowed(items: list[Evidence]) -> Html:
    """The statements of the caller's policy that allowed the write, and the use of the key that came of it."""
    inside = "".join(
        f"<code>{text(', '.join(item['statements']) or 'no statement of the caller')}</code>"
        f"<small>{text(item['action'])}, {text(item['basis'])}</small>"
        for item in items
    )
    return f'<li class="ok"><b>Allowed by</b>{inside or "<small>not decided</small>"}</li>'


def _link(title: str, value: str, detail: str, kind: str) -> Html:
    small = f"<small>{text(detail)}</small>" if detail else ""
    return f'<li class="{kind}"><b>{text(title)}</b><code>{text(value)}</code>{small}</li>'
