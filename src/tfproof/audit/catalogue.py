"""Every check that an audit may answer, and choosing among them by id."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from typing import Final

from tfproof.audit.document import Kind
from tfproof.audit.live_checks import LIVE_CHECKS
from tfproof.audit.plan_checks import PLAN_CHECKS
from tfproof.audit.state_checks import STATE_CHECKS
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.check import Check
from tfproof.errors import UsageError

__all__ = ["AUDIT_CHECKS", "BACKEND_CHECKS", "FILE_CHECKS", "INPUT", "Choice", "checks_of"]

INPUT: Final = Check(
    id="input-readable",
    section="input",
    title="Every state and plan that was found can be read",
    reason="A state that is cut short or not what its name says is one that Terraform cannot read either.",
)
AUDIT_CHECKS: Final[tuple[Check, ...]] = (INPUT, *CHECKS, *PLAN_CHECKS, *STATE_CHECKS, *LIVE_CHECKS)
FILE_CHECKS: Final = (INPUT, *CHECKS, *PLAN_CHECKS, *STATE_CHECKS)
"""What `tfproof audit` may answer."""
BACKEND_CHECKS: Final = (*CHECKS, *LIVE_CHECKS)
"""What `tfproof audit-backend` may answer."""
_NAMED: Final = 5


def checks_of(kinds: Iterable[str]) -> tuple[Check, ...]:
    """What may be answered of documents of these kinds (`Kind`'s values, or unreadable): all others never are."""
    found: list[Check] = [INPUT]
    for kind in set(kinds):
        if kind == Kind.PLAN:
            found += [*CHECKS, *PLAN_CHECKS]
        elif kind in (Kind.STATE, Kind.SHOWN_STATE):
            found += [*CHECKS, *STATE_CHECKS]
        elif kind == Kind.SETTINGS:
            found += STATE_CHECKS
    return tuple(found)


class Choice:
    """Which checks count.

    Args:
        select: Ids, with `*` and `?` as in file names; empty for all.
        ignore: Ids to leave out of those.
        among: What can be answered at all; `FILE_CHECKS` or `BACKEND_CHECKS` for the two kinds of audits.

    Raises:
        UsageError: No check has such an id, or none that is left can be answered.
    """

    def __init__(self, select: Sequence[str] = (), ignore: Sequence[str] = (), *, among: Sequence[Check] = ()) -> None:
        ids = [check.id for check in AUDIT_CHECKS]
        self.ids = frozenset(_matching(select, ids, "--select") if select else ids) - frozenset(
            _matching(ignore, ids, "--ignore")
        )
        if not self.ids:
            raise UsageError("--select and --ignore leave no check at all", remedy="Name fewer in --ignore.")
        self.require(among or AUDIT_CHECKS)

    def require(self, among: Iterable[Check]) -> None:
        """Refuses a choice of which nothing can be answered: an audit of nothing would pass.

        Raises:
            UsageError: None of these checks is chosen.
        """
        if not self.ids & {check.id for check in among}:
            named = ", ".join(sorted(self.ids)[:_NAMED])
            raise UsageError(
                f"none of the checks that are chosen looks at what is audited: {named}",
                remedy="live-* are of audit-backend, plan-* of plans, state-* of states; `tfproof audit --list`.",
            )

    def __contains__(self, check_id: object) -> bool:
        return check_id in self.ids


def _matching(patterns: Iterable[str], ids: list[str], option: str) -> list[str]:
    found = []
    for pattern in (part.strip() for given in patterns for part in given.split(",") if part.strip()):
        matching = fnmatch.filter(ids, pattern)
        if not matching:
            near = difflib.get_close_matches(pattern, ids, n=3)
            hint = f"did you mean: {', '.join(near)}" if near else f"there are: {', '.join(sorted(ids))}"
            raise UsageError(f"{option}={pattern!r}: no check has such an id", remedy=hint)
        found += matching
    return found
