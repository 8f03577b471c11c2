"""The tags of the lock table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer, shown
from tfproof.checks.live import LiveBackend
from tfproof.values import reveal

__all__ = ["CHECK"]


def _live(live: LiveBackend) -> Iterator[Answer]:
    table = live.state.table
    given: Any = reveal(table.at("tags_all", default=None)) if table is not None else None
    expected = given or {}
    same = Expectation(f"the tags that were applied, {shown(expected)}", lambda found: found == expected)
    address = table.address if table is not None else ""
    yield answer(same, live.table_tags, subject="ListTagsOfResource", path="tags", address=address)


def _has_table(backend: Backend) -> bool:
    return backend.table is not None


CHECK = Check(
    id="lock-table-tags",
    section="lock table",
    title="The lock table has the tags that were applied, and no others",
    reason="Access by tags, and the sweepers that delete what is untagged, go by them: lock tables were lost that way "
    "(redpanda-data/connect#4730).",
    references=("redpanda-data/connect#4730",),
    live=_live,
    applies=_has_table,
)
