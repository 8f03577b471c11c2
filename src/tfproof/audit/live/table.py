"""The rows of the lock table: locks that are held, and digests that must be those of their states."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final

from tfproof.audit.live.place import AwsError, Place
from tfproof.audit.live_checks import DIGEST, LOCKS
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.errors import TargetError

__all__ = ["NO_LOCK", "table_findings"]

_SUFFIX: Final = "-md5"
_PART: Final = 1024 * 1024
_AHEAD: Final = 500
NO_LOCK: Final = "no lock left behind"
_DIGESTS: Final = "digests of their states"


def table_findings(
    place: Place, *, lock_age: dt.timedelta, now: dt.datetime, digests: bool, concurrency: int
) -> Iterator[tuple[Finding, str]]:
    """What the rows of the bucket's states show, each with a remedy; of many rows a few hundred are in memory.

    Rows of other buckets, and outside of the prefix, are somebody else's: a table can serve many teams. When the scan
    is refused or breaks off, locks and digests are undecided.
    """
    looking = _Looking(place, lock_age, now, digests)
    rows = _rows(place)
    try:
        with ThreadPoolExecutor(concurrency, thread_name_prefix="digest") as pool:
            while batch := list(islice(rows, _AHEAD)):
                yield from looking.at(batch, pool)
    except TargetError as error:
        for check, expected in ((LOCKS, NO_LOCK), (DIGEST, _DIGESTS)):
            answer = Answer(Verdict.UNDECIDED, f"table {place.table}", "", expected, error.message)
            yield check.finding(Layer.LIVE, answer), error.remedy
        return
    for finding in looking.summary():
        yield finding, ""


class _Looking:
    """Looks at rows, and counts them."""

    def __init__(self, place: Place, lock_age: dt.timedelta, now: dt.datetime, digests: bool) -> None:  # noqa: FBT001
        self._place = place
        self._lock_age = lock_age
        self._now = now
        self._digests = digests
        self._locks = self._held = 0
        self._right = self._wrong = self._left_out = 0

    def at(self, batch: list[dict[str, Any]], pool: ThreadPoolExecutor) -> Iterator[tuple[Finding, str]]:
        wanted = []
        for row in batch:
            lock_id = _text(row, "LockID")
            if not lock_id.startswith(f"{self._place.bucket}/{self._place.prefix}"):
                continue
            if lock_id.endswith(_SUFFIX):
                wanted.append((lock_id.removesuffix(_SUFFIX), _text(row, "Digest")))
                continue
            self._locks += 1
            for found in _lock(lock_id, _text(row, "Info"), self._lock_age, self._now):
                self._held += 1
                yield found
        if not self._digests:
            self._left_out += len(wanted)
            return
        for answered in pool.map(lambda item: _digest(self._place, *item), wanted):
            self._right += answered is None
            if answered is not None:
                self._wrong += 1
                yield answered

    def summary(self) -> Iterator[Finding]:
        """Passed is what was compared, and nothing else."""
        table = f"table {self._place.table}"
        if self._left_out:
            found = f"{self._left_out} were not compared (--no-digests)"
            yield DIGEST.finding(Layer.LIVE, Answer(Verdict.UNDECIDED, table, "", _DIGESTS, found))
        elif not self._wrong:
            yield DIGEST.finding(Layer.LIVE, Answer(Verdict.PASSED, table, "", _DIGESTS, f"{self._right} compared"))
        if not self._held:
            found = f"{self._locks} rows of locks"
            yield LOCKS.finding(Layer.LIVE, Answer(Verdict.PASSED, table, "", NO_LOCK, found))


def _rows(place: Place) -> Iterator[dict[str, Any]]:
    following: dict[str, Any] = {}
    while True:
        answer = place.ask(
            "dynamodb",
            "scan",
            TableName=place.table,
            ProjectionExpression="LockID, Digest, #info",
            ExpressionAttributeNames={"#info": "Info"},
            ConsistentRead=True,
            **following,
        )
        yield from answer.get("Items", [])
        if not answer.get("LastEvaluatedKey"):
            return
        following = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _text(row: dict[str, Any], name: str) -> str:
    return str(row.get(name, {}).get("S", ""))


def _lock(lock_id: str, info: str, lock_age: dt.timedelta, now: dt.datetime) -> Iterator[tuple[Finding, str]]:
    who, created, number = _read(info)
    age = now - created if created is not None else None
    if age is not None and age < lock_age:
        return  # somebody is at work
    since = f"since {created:%Y-%m-%d %H:%M}" if created is not None else "since nobody knows when"
    found = f"held {since}" + (f" by {who}" if who else "")
    verdict = Verdict.FAILED if age is not None else Verdict.UNDECIDED
    answer = Answer(verdict, lock_id, "", f"no lock older than {lock_age.total_seconds() / 60:.0f} minutes", found)
    yield LOCKS.finding(Layer.LIVE, answer), f"When nobody is at work: terraform force-unlock {number or 'ID'}"


def _read(info: str) -> tuple[str, dt.datetime | None, str]:
    try:
        held = json.loads(info)
        # Nanoseconds, as Go writes them, are more than Python reads.
        created = dt.datetime.fromisoformat(str(held["Created"])[:19] + "+00:00")
        return str(held.get("Who", ""))[:200], created, str(held.get("ID", ""))[:80]
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", None, ""


def _digest(place: Place, path: str, digest: str) -> tuple[Finding, str] | None:
    """What is wrong with a digest, or None.

    Terraform writes the state first and its digest then: one that was written since the scan has another digest than
    the row had. So a row is read once more before it is called wrong, and a state once more when its row has changed.
    """
    subject = f"s3://{path}"
    try:
        summed = _md5(place, path)
        if summed == digest:
            return None
        again = _read_again(place, path)
        if again == digest:
            return _wrong(place, path, digest, summed)
        if again is None or _md5(place, path) == again:
            return None
    except TargetError as error:
        return _undecided(subject, error.message)
    return _undecided(subject, "state and digest change while they are read: somebody is applying")


def _wrong(place: Place, path: str, digest: str, summed: str | None) -> tuple[Finding, str]:
    subject = f"s3://{path}"
    if summed is None:
        answer = Answer(Verdict.FAILED, subject, "Digest", f"a state with the digest {digest}", "no such state")
        row = shlex.quote(json.dumps({"LockID": {"S": f"{path}{_SUFFIX}"}}))
        remedy = f"aws dynamodb delete-item --table-name {shlex.quote(place.table)} --key {row}"
        return DIGEST.finding(Layer.LIVE, answer), remedy
    answer = Answer(Verdict.FAILED, subject, "Digest", f"the state's MD5, {summed}", digest or "none")
    return DIGEST.finding(Layer.LIVE, answer), "Find out which of the two is right first: docs/runbook.md."


def _md5(place: Place, path: str) -> str | None:
    """The MD5 of a state, which is what Terraform's S3 backend keeps in the table; None when there is no such state.

    Raises:
        TargetError: It could not be read to its end.
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        body = place.ask("s3", "get_object", Bucket=place.bucket, Key=path.removeprefix(f"{place.bucket}/"))["Body"]
        summed = hashlib.md5(usedforsecurity=False)
        while part := body.read(_PART):
            summed.update(part)
    except AwsError as error:
        if error.code in ("404", "NoSuchKey"):
            return None
        raise
    except (BotoCoreError, OSError) as error:
        raise TargetError(f"it could not be read to its end: {type(error).__name__}") from None
    return summed.hexdigest()


def _read_again(place: Place, path: str) -> str | None:
    """The digest that a row has now; None when the row is gone."""
    key = {"LockID": {"S": f"{path}{_SUFFIX}"}}
    found = place.ask("dynamodb", "get_item", TableName=place.table, Key=key, ConsistentRead=True).get("Item")
    return _text(found, "Digest") if found else None


def _undecided(subject: str, found: str) -> tuple[Finding, str]:
    return DIGEST.finding(Layer.LIVE, Answer(Verdict.UNDECIDED, subject, "Digest", "the state's MD5", found)), ""
