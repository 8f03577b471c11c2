"""A second plan changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Verdict

__all__ = ["CHECK", "judge"]

CHECK = Check(
    id="second-plan-empty",
    section="terraform",
    title="A second plan changes nothing",
    reason="A configuration that never comes to rest hides real changes among its own, and every apply is a risk.",
    references=("hashicorp/terraform#35534",),
)


def judge(events: Iterable[Mapping[str, Any]], *, refreshed: bool) -> Iterator[Answer]:
    """Answers on a second plan, one for every change in it, or one that it is empty.

    Args:
        events: The events of `terraform plan -json`.
        refreshed: Whether the plan asked the target first. Without, a change comes from the configuration itself;
            with, from what the target or the provider makes of it.
    """
    subject = "second plan" if refreshed else "second plan, -refresh=false"
    changed = False
    for event in events:
        change = event.get("change")
        # `resource_drift` events are left aside: after a first apply every bucket "drifts" in the attributes that
        # reflect its own sub-resources, and Terraform plans nothing for it.
        if event.get("type") == "planned_change" and isinstance(change, dict):
            action = str(change.get("action"))
            address = str(change.get("resource", {}).get("addr", ""))
            if action in ("noop", "no-op", "read"):
                continue
            changed = True
            yield Answer(Verdict.FAILED, subject, "", "no change", f"{address} is planned to {action}", address)
        elif event.get("type") == "outputs":
            for name, output in (event.get("outputs") or {}).items():
                if output.get("action") not in (None, "noop", "no-op"):
                    changed = True
                    found = f"output {name} is planned to {output['action']}"
                    yield Answer(Verdict.FAILED, subject, "", "no change", found, f"output.{name}")
    if not changed:
        yield Answer(Verdict.PASSED, subject, "", "no change", "no change")
