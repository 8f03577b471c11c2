"""Every object and version of a bucket: listed a page at a time, each asked for its encryption."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from tfproof.audit.live.journal import Cursor, Journal, Wrong
from tfproof.audit.live.place import ENDED, AwsError, Place, Refused
from tfproof.audit.live.tally import Tally
from tfproof.audit.live_checks import BUCKET_KEY, CURRENT, LOCKS, NONCURRENT
from tfproof.checks.sse_kms import SSE_KMS
from tfproof.errors import TargetError

__all__ = ["Expected", "walk"]

_PAGE = 1000
"""Versions asked for at once; S3 gives no more."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a sound version is like.

    Attributes:
        key: ARN of the key it is encrypted with; `""` when it is not known: then what is under any key is not judged.
        bucket_key: Whether the bucket has the bucket key on, so that its absence counts.
        lock_age: Age from which a lock file counts as left behind.
        now: When the audit began.
    """

    key: str
    bucket_key: bool
    lock_age: dt.timedelta
    now: dt.datetime

    @property
    def text(self) -> str:
        """The same for people."""
        return f"aws:kms {self.key}" if self.key else "aws:kms"


def walk(
    place: Place,
    expected: Expected,
    journal: Journal,
    *,
    concurrency: int,
    progress: Callable[[Tally], None] = lambda _tally: None,
) -> Generator[Wrong, None, None]:
    """Looks at every version, and gives the wrong ones page by page, those of pages done before first.

    Memory holds two pages of a thousand at most. The next page is listed while this one is looked at.

    Raises:
        TargetError: The listing was refused or broke off, or the credentials ended; what came before was given.
    """
    yield from journal.done_before()
    tally, cursor = journal.tally, journal.cursor
    with ThreadPoolExecutor(concurrency, thread_name_prefix="audit") as pool:
        listing: Future[dict[str, Any]] | None = pool.submit(_page, place, cursor) if cursor is not None else None
        try:
            while listing is not None:
                page = listing.result()
                following = _next(page)
                listing = pool.submit(_page, place, following) if following is not None else None
                wrong: list[Wrong] = []
                try:
                    wrong.extend(_looked_at(place, expected, page, tally, pool))
                except TargetError:
                    yield from wrong  # the page is not done, and will be looked at again; what was seen was seen
                    raise
                journal.page(wrong, following, tally)
                progress(tally)
                yield from wrong
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _page(place: Place, cursor: Cursor) -> dict[str, Any]:
    markers = {"KeyMarker": cursor.key} if cursor.key else {}
    if cursor.version:
        markers["VersionIdMarker"] = cursor.version
    return place.ask("s3", "list_object_versions", Bucket=place.bucket, Prefix=place.prefix, MaxKeys=_PAGE, **markers)


def _next(page: dict[str, Any]) -> Cursor | None:
    if not page.get("IsTruncated"):
        return None
    return Cursor(str(page.get("NextKeyMarker", "")), str(page.get("NextVersionIdMarker", "")))


def _looked_at(
    place: Place, expected: Expected, page: dict[str, Any], tally: Tally, pool: ThreadPoolExecutor
) -> Generator[Wrong, None, None]:
    for marker in page.get("DeleteMarkers", []):
        tally.delete_markers += 1
        if marker.get("IsLatest"):
            tally.see_deleted(marker["Key"])
    versions = page.get("Versions", [])
    heads = pool.map(lambda version: _head(place, version), versions)
    for version, head in zip(versions, heads, strict=True):
        tally.versions += 1
        current = bool(version.get("IsLatest"))
        if current:
            tally.current += 1
            tally.see_workspace(version["Key"])
        else:
            tally.noncurrent += 1
        tally.bytes += int(version.get("Size", 0))
        tally.see_age(version["LastModified"].isoformat())
        for wrong in _judged(place, expected, version, head, tally):
            tally.wrong[wrong.check] += 1
            yield wrong


def _head(place: Place, version: dict[str, Any]) -> dict[str, Any] | str:
    """HeadObject of a version, or in a word why there is none: `refused`, `gone`, `SSE-C`, `error CODE`.

    Raises:
        TargetError: The credentials ended, or nothing answers any more: no further version can be asked for.
    """
    arguments = {"Bucket": place.bucket, "Key": version["Key"]}
    # Without an id S3 answers for the current version; one called null, from before versioning, need not be that.
    version_id = version.get("VersionId")
    if version_id not in (None, "null") or (version_id and not version.get("IsLatest")):
        arguments["VersionId"] = str(version_id)
    try:
        return place.ask("s3", "head_object", **arguments)
    except AwsError as error:
        # HEAD has no body: 400 is all that S3 says to who has not the customer's key, and to who has no session left.
        return _got(place, version, arguments) if error.code in ("400", "InvalidRequest") else _word(error)


def _got(place: Place, version: dict[str, Any], arguments: dict[str, str]) -> dict[str, Any] | str:
    """The same by GetObject of one byte, whose errors have a body that says what they are."""
    part = {"Range": "bytes=0-0"} if version.get("Size") else {}  # of nothing there is no first byte
    try:
        answer = place.ask("s3", "get_object", **arguments, **part)
    except AwsError as error:
        if error.code == "InvalidRequest" and _SSE_C in str(error.__cause__).lower():
            return "SSE-C"
        return _word(error)
    answer["Body"].close()
    return answer


_SSE_C: Final = "server side encryption"
"""`The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve
the object.`: InvalidRequest, to who reads an SSE-C object without its key (as in minio/minio#4894)."""


def _word(error: AwsError) -> str:
    if error.code in ENDED:
        raise error
    if isinstance(error, Refused):
        return "refused"
    return "gone" if error.code in ("404", "NoSuchKey", "NoSuchVersion") else f"error {error.code}"


def _judged(
    place: Place, expected: Expected, version: dict[str, Any], head: dict[str, Any] | str, tally: Tally
) -> Generator[Wrong, None, None]:
    if head == "gone":
        tally.vanished += 1
        return
    key, version_id = version["Key"], str(version.get("VersionId", "null"))
    about = f"{_size(int(version.get('Size', 0)))}, written {version['LastModified']:%Y-%m-%d %H:%M}"
    if key.endswith(".tflock") and version.get("IsLatest"):
        age = expected.now - version["LastModified"]
        if age >= expected.lock_age:
            remedy = "Ask whoever holds it; when nobody does: terraform force-unlock ID, with the ID in the file."
            yield Wrong(LOCKS.id, key, version_id, f"a lock file, {_age(age)} old; {about}", remedy)
    yield from _encryption(place, expected, version, head, tally)


def _encryption(
    place: Place, expected: Expected, version: dict[str, Any], head: dict[str, Any] | str, tally: Tally
) -> Generator[Wrong, None, None]:
    check = CURRENT if version.get("IsLatest") else NONCURRENT
    key, version_id = version["Key"], str(version.get("VersionId", "null"))
    about = f"{_size(int(version.get('Size', 0)))}, written {version['LastModified']:%Y-%m-%d %H:%M}"
    if isinstance(head, str) and head != "SSE-C":
        tally.refused += 1
        yield Wrong(check.id, key, version_id, f"not known: HeadObject was {head}", undecided=True)
        return
    algorithm = "SSE-C" if isinstance(head, str) else str(head.get("ServerSideEncryption") or "none")
    kms_key = "" if isinstance(head, str) else str(head.get("SSEKMSKeyId") or "")
    tally.algorithms[algorithm] += 1
    if algorithm not in SSE_KMS or (expected.key and kms_key != expected.key):
        found = f"{algorithm} {kms_key}".strip()
        yield Wrong(check.id, key, version_id, f"{found}; {about}", _remedy(place, expected, version, algorithm))
        return
    if not expected.key:
        tally.unjudged[check.id] += 1
    if isinstance(head, dict) and not head.get("BucketKeyEnabled"):
        tally.without_bucket_key += 1
        if expected.bucket_key and version.get("IsLatest"):
            found = f"bucket key off; {about}"
            yield Wrong(BUCKET_KEY.id, key, version_id, found, _copy(place, expected, key, version_id))


def _remedy(place: Place, expected: Expected, version: dict[str, Any], algorithm: str) -> str:
    key, version_id = version["Key"], str(version.get("VersionId", "null"))
    if not expected.key:
        return _WHICH_KEY
    if not version.get("IsLatest"):
        bucket, quoted = shlex.quote(place.bucket), shlex.quote(key)
        command = f"aws s3api delete-object --bucket {bucket} --key {quoted} --version-id {shlex.quote(version_id)}"
        return f"{command}  # or let a lifecycle rule for noncurrent versions expire it"
    if algorithm == "SSE-C":
        return "Only who has the customer's key can copy it: copy-object with --copy-source-sse-customer-key."
    return _copy(place, expected, key, version_id)


def _copy(place: Place, expected: Expected, key: str, version_id: str) -> str:
    """The command that writes an object anew, encrypted as it should be; its content, and so its digest, stays."""
    if not expected.key:
        return _WHICH_KEY
    # Not percent-encoded, whatever its help says: the AWS command line encodes it, and once is enough.
    source = f"{place.bucket}/{key}" + ("" if version_id == "null" else f"?versionId={version_id}")
    named = f" --ssekms-key-id {shlex.quote(expected.key)}"
    return (
        f"aws s3api copy-object --bucket {shlex.quote(place.bucket)} --key {shlex.quote(key)} "
        f"--copy-source {shlex.quote(source)} --server-side-encryption aws:kms{named} --bucket-key-enabled"
    )


_WHICH_KEY: Final = "Which key is the right one is not known: with --key the command that mends it is told."
"""A copy with aws:kms and no key would be written under AWS's own aws/s3."""


def _size(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":  # noqa: PLR2004
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{number} bytes"


def _age(age: dt.timedelta) -> str:
    if age >= dt.timedelta(days=2):
        return f"{age.days} days"
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} hours" if minutes >= _HOUR else f"{minutes} minutes"


_HOUR: Final = 60
