"""The walk over a bucket of any size, with a client that makes its answers up: memory, and where it goes on."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from tfproof.audit.live.journal import Journal
from tfproof.audit.live.objects import Expected, walk
from tfproof.audit.live.place import Place

KEY: Final = "arn:aws:kms:us-east-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1"
NOW: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PAGE: Final = 1000


class MadeUp:
    """An S3 of so many versions, every hundredth under AES256."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self.listed: list[int] = []
        self.heads = 0
        self.meta = SimpleNamespace(
            events=SimpleNamespace(register=lambda *_: None), method_to_api_mapping={"head_object": "HeadObject"}
        )

    def list_object_versions(self, **arguments: Any) -> dict[str, Any]:
        page = int(arguments.get("KeyMarker") or 0)
        self.listed.append(page)
        versions = [
            {"Key": f"{number:09}", "VersionId": f"v{number}", "IsLatest": True, "Size": 1000, "LastModified": NOW}
            for number in range(page * PAGE, (page + 1) * PAGE)
        ]
        more = page + 1 < self._pages
        following = {"NextKeyMarker": str(page + 1), "NextVersionIdMarker": "v"} if more else {}
        return {"Versions": versions, "IsTruncated": more, **following}

    def head_object(self, **arguments: Any) -> dict[str, Any]:
        self.heads += 1
        if int(arguments["Key"]) % 100 == 7:
            return {"ServerSideEncryption": "AES256"}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY, "BucketKeyEnabled": True}


def walked(client: MadeUp, journal: Journal) -> list[str]:
    place = Place("b", client=lambda _: client)
    expected = Expected(KEY, True, dt.timedelta(hours=1), NOW)
    return [wrong.key for wrong in walk(place, expected, journal, concurrency=4)]


def peak(pages: int) -> int:
    place, client = Place("b", client=lambda _: made), MadeUp(pages)
    made = client
    expected = Expected(KEY, True, dt.timedelta(hours=1), NOW)
    tracemalloc.start()
    try:
        found = sum(1 for _ in walk(place, expected, Journal(None, {}), concurrency=4))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == pages * PAGE // 100
    return most


def test_memory_is_that_of_a_few_pages_however_many_there_are() -> None:
    peak(2)  # what is imported and cached on first use

    assert peak(30) < peak(3) * 1.3


@pytest.mark.parametrize("stopped_after", [1, 4, 9])
def test_a_walk_that_stopped_anywhere_goes_on_and_gives_everything_once(tmp_path: Path, stopped_after: int) -> None:
    about = {"bucket": "b"}
    everything = walked(MadeUp(10), Journal(None, {}))
    first = Journal(tmp_path / "journal", about)
    place, client = Place("b", client=lambda _: made), MadeUp(10)
    made = client
    walking = walk(place, Expected(KEY, True, dt.timedelta(hours=1), NOW), first, concurrency=4)
    for _ in range(stopped_after * PAGE // 100):
        next(walking)
    walking.close()
    first.close()

    rest = MadeUp(10)
    second = Journal(tmp_path / "journal", about)
    again = walked(rest, second)
    second.close()

    assert again == everything
    assert second.tally.versions == 10 * PAGE
    assert second.tally.algorithms == {"AES256": 100, "aws:kms": 9_900}
    assert rest.listed == list(range(stopped_after, 10))
    assert rest.heads == (10 - stopped_after) * PAGE
