"""A small backend at a target, asked through clients that can be made to fail."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from tfproof.audit.live.backend import LiveAudit, LiveSettings
from tfproof.audit.live.journal import Journal
from tfproof.audit.live.place import Place
from tfproof.checks.finding import Finding
from tfproof.targets.embedded import EmbeddedTarget

__all__ = [
    "ALIAS",
    "BODY",
    "BUCKET",
    "DENIED",
    "HEAD_400",
    "TABLE",
    "Broken",
    "Small",
    "audited",
    "make_small",
    "of",
    "place",
    "set_default",
    "verdicts",
]

BUCKET, TABLE, ALIAS = "acme-small-states", "acme-small-locks", "alias/acme-states"
BODY = b'{"version": 4}'


@dataclass
class Small:
    """Five right states, one under a foreign key, one under AES256; digests of two, one of them wrong."""

    target: EmbeddedTarget
    key: str
    other: str


def make_small(target: EmbeddedTarget) -> Small:
    """Makes it."""
    s3, kms, dynamodb = target.client("s3"), target.client("kms"), target.client("dynamodb")
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for number in range(5):
        _put(s3, f"right-{number}", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True)
    _put(s3, "foreign", ServerSideEncryption="aws:kms", SSEKMSKeyId=other, BucketKeyEnabled=True)
    _put(s3, "plain", ServerSideEncryption="AES256")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": "platform"}],
    )
    digest = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    for state, kept in (("right-0", digest), ("right-1", digest[::-1])):
        item = {"LockID": {"S": f"{BUCKET}/{state}-md5"}, "Digest": {"S": kept}}
        dynamodb.put_item(TableName=TABLE, Item=item)
    return Small(target, key, other)


def _put(s3: Any, key: str, **encryption: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=BODY, **encryption)


def set_default(small: Small, key: str | None) -> None:
    """Makes the bucket's default name this key; None is AES256."""
    named = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    rule = {"ApplyServerSideEncryptionByDefault": named, "BucketKeyEnabled": True}
    small.target.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


class Broken:
    """A client some of whose operations answer with an error, or with what a function gives."""

    def __init__(self, client: Any, instead: dict[str, Any]) -> None:
        self._client = client
        self._instead = instead
        self.meta = client.meta

    def __getattr__(self, method: str) -> Any:
        instead = self._instead.get(method)
        if instead is None:
            return getattr(self._client, method)
        if isinstance(instead, tuple):
            return lambda **_: self._fail(method, *instead)
        return lambda **arguments: instead(self, method, arguments)

    def answer(self, method: str, arguments: dict[str, Any]) -> Any:
        """The real answer."""
        return getattr(self._client, method)(**arguments)

    def _fail(self, method: str, code: str, status: int, message: str = "no") -> Any:
        from botocore.exceptions import ClientError  # noqa: PLC0415

        answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, self.meta.method_to_api_mapping[method])

    fail = _fail


DENIED = ("AccessDenied", 403)
HEAD_400 = ("400", 400)


def place(small: Small, table: str = TABLE, prefix: str = "", **instead: Any) -> Place:
    """The backend, some of whose methods answer otherwise."""
    clients = {service: Broken(small.target.client(service), instead) for service in ("s3", "kms", "dynamodb")}
    return Place(BUCKET, table, prefix, clients.__getitem__)


def audited(where: Place, journal: Journal | None = None, **settings: Any) -> list[tuple[Finding, str]]:
    """What an audit of it finds."""
    how = LiveSettings(concurrency=4, lock_age=dt.timedelta(days=1), **settings)
    return list(LiveAudit(where, how, journal or Journal(None, {})).findings())


def verdicts(found: list[tuple[Finding, str]]) -> dict[str, set[str]]:
    """The verdicts of each check."""
    made: dict[str, set[str]] = {}
    for finding, _ in found:
        made.setdefault(finding.check_id, set()).add(finding.verdict.value)
    return made


def of(found: list[tuple[Finding, str]], check_id: str) -> list[tuple[str, str, str]]:
    """Subject, verdict and remedy of a check's findings."""
    return [(f.answer.subject, f.verdict.value, remedy) for f, remedy in found if f.check_id == check_id]
