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

from tfproof.audit.live.place import Place, error_code
from tfproof.audit.live_checks import DIGEST, LOCKS
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.errors import TfproofError

__all__ = ["table_findings"]

_SUFFIX: Final = "-md5"
_PART: Final = 1024 * 1024
_AHEAD: Final = 500


def table_findings(
    place: Place, *, lock_age: dt.timedelta, now: dt.datetime, digests: bool, concurrency: int
) -> Iterator[tuple[Finding, str]]:
    """What the rows show, each with a remedy; of many rows a few hundred are in memory.

    Raises:
        Refused: The table must not be scanned.
    """
    seen = 0
    compared = 0
    rows = _rows(place)
    with ThreadPoolExecutor(concurrency, thread_name_prefix="digest") as pool:
        while batch := list(islice(rows, _AHEAD)):
            wanted = []
            for row in batch:
                lock_id = _text(row, "LockID")
                if lock_id.endswith(_SUFFIX):
                    wanted.append((lock_id.removesuffix(_SUFFIX), _text(row, "Digest")))
                elif "Info" in row or not lock_id.endswith(_SUFFIX):
                    seen += 1
                    yield from _lock(lock_id, _text(row, "Info"), lock_age, now)
            inside = [item for item in wanted if item[0].startswith(f"{place.bucket}/{place.prefix}")]
            for found in pool.map(lambda item: _digest(place, *item), inside if digests else []):
                compared += 1
                if found is not None:
                    yield found
    passed = Answer(Verdict.PASSED, f"table {place.table}", "", "digests of their states", f"{compared} compared")
    yield DIGEST.finding(Layer.LIVE, passed), ""
    passed = Answer(Verdict.PASSED, f"table {place.table}", "", "no lock left behind", f"{seen} rows of locks")
    yield LOCKS.finding(Layer.LIVE, passed), ""


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
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    key = path.removeprefix(f"{place.bucket}/")
    subject = f"s3://{path}"
    try:
        body = place.ask("s3", "get_object", Bucket=place.bucket, Key=key)["Body"]
        summed = hashlib.md5(usedforsecurity=False)  # what Terraform's S3 backend keeps in the table
        while part := body.read(_PART):
            summed.update(part)
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey"):
            return _undecided(subject, f"GetObject answers {error_code(error)}")
        answer = Answer(Verdict.FAILED, subject, "Digest", f"a state with the digest {digest}", "no such state")
        row = shlex.quote(json.dumps({"LockID": {"S": f"{path}{_SUFFIX}"}}))
        remedy = f"aws dynamodb delete-item --table-name {place.table} --key {row}"
        return DIGEST.finding(Layer.LIVE, answer), remedy
    except TfproofError as error:
        return _undecided(subject, error.message)
    except (BotoCoreError, OSError) as error:
        return _undecided(subject, f"it could not be read to its end: {type(error).__name__}")
    if summed.hexdigest() == digest:
        return None
    answer = Answer(Verdict.FAILED, subject, "Digest", f"the state's MD5, {summed.hexdigest()}", digest or "none")
    return DIGEST.finding(Layer.LIVE, answer), "Find out which of the two is right first: docs/runbook.md."


def _undecided(subject: str, found: str) -> tuple[Finding, str]:
    return DIGEST.finding(Layer.LIVE, Answer(Verdict.UNDECIDED, subject, "Digest", "the state's MD5", found)), ""
