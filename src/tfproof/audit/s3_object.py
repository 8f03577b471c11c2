"""A state in S3: read as one version, and its history by the head of each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from tfproof.audit.errors import DocumentError
from tfproof.audit.inputs import Input
from tfproof.audit.state_checks import StateVersion
from tfproof.errors import TargetError, UsageError

__all__ = ["s3_history", "s3_input"]

_HEAD_BYTES: Final = 2048
_VERSIONS: Final = 50
_SERIAL: Final = re.compile(r'"serial"\s*:\s*(\d{1,15})')
_LINEAGE: Final = re.compile(r'"lineage"\s*:\s*("[^"\\]*")')


def s3_input(address: str, client: Callable[[], Any]) -> Input:
    """The input of `s3://bucket/key`.

    Raises:
        UsageError: The address names no bucket or no key.
    """
    bucket, key = _parts(address)

    def read() -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError  # noqa: PLC0415

        for attempt in (1, 2):
            try:
                head = client().head_object(Bucket=bucket, Key=key)
                # One version, by its id or its ETag: what is written meanwhile must not mix in.
                chosen = {"VersionId": head["VersionId"]} if head.get("VersionId") else {"IfMatch": head["ETag"]}
                body: bytes = client().get_object(Bucket=bucket, Key=key, **chosen)["Body"].read()
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if code in ("PreconditionFailed", "412"):
                    if attempt == 1:
                        continue
                    raise DocumentError(
                        f"{address}: changes while it is read",
                        remedy="Somebody is applying: try again when that is done.",
                    ) from None
                raise _refused(address, code) from None
            except (BotoCoreError, HTTPClientError) as error:
                raise TargetError(f"{address}: S3 gave no whole answer: {type(error).__name__}") from None
            if len(body) != head["ContentLength"]:
                raise TargetError(f"{address}: {len(body)} bytes came of {head['ContentLength']}")
            return body
        raise AssertionError  # the loop returns or raises

    return Input(address, read)


def s3_history(address: str, client: Callable[[], Any]) -> list[StateVersion]:
    """Serial and lineage of the newest 50 versions of `s3://bucket/key`, oldest first; a request of 2 kB for each.

    Raises:
        TargetError: Versions must not be listed or read.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    bucket, key = _parts(address)
    found: list[StateVersion] = []
    try:
        answer = client().list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=_VERSIONS)
        for version in answer.get("Versions", []):
            if version["Key"] != key or not version.get("Size"):
                continue
            part = client().get_object(
                Bucket=bucket, Key=key, VersionId=version["VersionId"], Range=f"bytes=0-{_HEAD_BYTES - 1}"
            )
            head = part["Body"].read().decode("utf-8", errors="replace")
            serial, lineage = _SERIAL.search(head), _LINEAGE.search(head)
            if serial is not None:
                name = f"{address} version {version['VersionId']} of {version['LastModified']:%Y-%m-%d %H:%M:%S}"
                found.append(StateVersion(name, int(serial.group(1)), json.loads(lineage.group(1)) if lineage else ""))
    except ClientError as error:
        raise _refused(address, str(error.response.get("Error", {}).get("Code", ""))) from None
    except BotoCoreError as error:
        raise TargetError(f"{address}: S3 gave no answer: {type(error).__name__}") from None
    return found[::-1]


def _parts(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UsageError(
            f"{address!r} names no object",
            remedy="Write s3://BUCKET/KEY; for a whole bucket: tfproof audit-backend --bucket BUCKET.",
        )
    return bucket, key


def _refused(address: str, code: str) -> TargetError:
    remedy = {
        "403": "Needed: s3:GetObject, s3:ListBucket, and kms:Decrypt on the key; for the history "
        "s3:ListBucketVersions and s3:GetObjectVersion.",
        "404": "Is the key right? Workspaces other than default are under env:/NAME/KEY.",
    }
    kind = "403" if code in ("403", "AccessDenied") else "404" if code in ("404", "NoSuchKey", "NoSuchBucket") else ""
    return TargetError(f"{address}: S3 answers {code or 'an error'}", remedy=remedy.get(kind, ""))
