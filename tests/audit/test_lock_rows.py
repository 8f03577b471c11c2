"""The rows of the lock table: whose they are, and digests that change while they are compared."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from types import SimpleNamespace
from typing import Any, Final

import pytest

from tfproof.audit.live.place import Place
from tfproof.audit.live.table import table_findings

NOW: Final = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
HELD: Final = json.dumps({"Created": "2026-01-01T00:00:00.123456789Z", "Who": "ann@laptop", "ID": "1-2"})


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class MadeUp:
    """S3 and DynamoDB: rows as the scan sees them, as they are then, and states, each read giving the next one."""

    def __init__(
        self, rows: dict[str, dict[str, str]], *, then: dict[str, str] | None = None, states: Any = ()
    ) -> None:
        self._rows = rows
        self._then = then or {}
        self._states = list(states)
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None), method_to_api_mapping={})

    def scan(self, **_: Any) -> dict[str, Any]:
        items = [{"LockID": name, **row} for name, row in self._rows.items()]
        return {"Items": [{name: {"S": text} for name, text in item.items()} for item in items]}

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        digest = self._then.get(arguments["Key"]["LockID"]["S"])
        return {"Item": {"Digest": {"S": digest}}} if digest is not None else {}

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._states.pop(0).encode())}


def found(client: MadeUp, prefix: str = "") -> list[tuple[str, str, str]]:
    place = Place("b", "locks", prefix, client=lambda _: client)
    made = table_findings(place, lock_age=dt.timedelta(hours=1), now=NOW, digests=True, concurrency=1)
    return [(finding.check_id, finding.verdict.value, finding.answer.subject) for finding, _ in made]


@pytest.mark.parametrize(
    ("lock", "prefix", "verdict"),
    [
        ("b/x.tfstate", "", "failed"),
        ("b/env:/a/x.tfstate", "env:/a", "failed"),
        ("b/env:/other/x.tfstate", "env:/a", "passed"),
        ("bb/x.tfstate", "", "passed"),
        ("other-team/x.tfstate", "", "passed"),
    ],
)
def test_a_lock_counts_in_the_audit_of_its_own_bucket(lock: str, prefix: str, verdict: str) -> None:
    told = found(MadeUp({lock: {"Info": HELD}}), prefix)

    subject = lock if verdict == "failed" else "table locks"
    assert [item for item in told if item[0] == "live-locks"] == [("live-locks", verdict, subject)]


@pytest.mark.parametrize(
    ("then", "states", "verdict"),
    [
        (md5("old"), ["new"], "failed"),  # the row is as it was: it is wrong
        (md5("new"), ["new", "new"], "passed"),  # state and digest were written since the scan
        (md5("newer"), ["new", "newer"], "passed"),
        (md5("newer"), ["new", "new"], "undecided"),  # somebody writes right now
        (None, ["new"], "passed"),  # the row is gone, as the state's workspace may be
    ],
)
def test_a_digest_that_changes_meanwhile_is_not_wrong(then: str | None, states: list[str], verdict: str) -> None:
    name = "b/x.tfstate-md5"
    client = MadeUp({name: {"Digest": md5("old")}}, then={name: then} if then else {}, states=states)

    assert [item[1] for item in found(client) if item[0] == "live-digest"] == [verdict]
