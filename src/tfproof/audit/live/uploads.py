"""Uploads that were begun and left."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterator
from typing import Any, Final

from tfproof.audit.live.place import Place
from tfproof.audit.live_checks import UPLOADS
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.errors import TargetError

__all__ = ["upload_findings"]

_AGE: Final = dt.timedelta(days=1)
_EXPECTED: Final = "no upload older than a day"


def upload_findings(place: Place, now: dt.datetime) -> Iterator[tuple[Finding, str]]:
    """The multipart uploads that are older than a day, each with what ends it; undecided when they cannot be listed."""
    following: dict[str, Any] = {}
    subject = f"s3://{place.bucket}"
    left = 0
    try:
        while True:
            page = place.ask("s3", "list_multipart_uploads", Bucket=place.bucket, Prefix=place.prefix, **following)
            for upload in page.get("Uploads", []):
                if now - upload["Initiated"] < _AGE:
                    continue
                left += 1
                found = f"begun {upload['Initiated']:%Y-%m-%d %H:%M}"
                answer = Answer(Verdict.FAILED, f"{subject}/{upload['Key']}", "", _EXPECTED, found)
                key, bucket = shlex.quote(upload["Key"]), shlex.quote(place.bucket)
                command = f"aws s3api abort-multipart-upload --bucket {bucket} --key {key}"
                yield UPLOADS.finding(Layer.LIVE, answer), f"{command} --upload-id {shlex.quote(upload['UploadId'])}"
            if not page.get("IsTruncated"):
                break
            following = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    except TargetError as error:
        answer = Answer(Verdict.UNDECIDED, subject, "", _EXPECTED, error.message)
        yield UPLOADS.finding(Layer.LIVE, answer), error.remedy
        return
    if not left:
        yield UPLOADS.finding(Layer.LIVE, Answer(Verdict.PASSED, subject, "", _EXPECTED, "none")), ""
