"""A bucket full of states at a target, with known faults among them."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlsplit

__all__ = ["Filled", "fill"]

_SSE: Final = "x-amz-server-side-encryption"
_SIGNED: Final = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=tfproof/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    "x-amz-date": "20260101T000000Z",
}


@dataclass
class Filled:
    """What was put where.

    Attributes:
        bucket: Name of the bucket.
        table: Name of the lock table.
        key: ARN of the right key.
        wrong_current: Keys of current objects that are not under it.
        wrong_versions: Keys of noncurrent versions that are not.
        locks: Keys of lock files.
        deleted: Keys with a delete marker on top.
        digests: Keys whose digest is wrong, or whose state is not there.
        versions: How many versions there are.
        markers: How many delete markers.
    """

    bucket: str
    table: str
    key: str
    wrong_current: set[str] = field(default_factory=set)
    wrong_versions: set[str] = field(default_factory=set)
    locks: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    versions: int = 0
    markers: int = 0


def fill(client: Callable[[str], Any], name: str, objects: int) -> Filled:
    """Makes key, bucket and table, and puts this many objects and their versions in."""
    made, other = _make(client, name)
    sender = _Sender(client("s3").meta.endpoint_url, name)
    right, aes, elsewhere = _header(made.key), {_SSE: "AES256"}, _header(other)

    def put(number: int) -> None:
        path, body = _path(number), _body(number)
        if number % 97 == 1:
            sender.send("PUT", path, body, aes)
            made.wrong_current.add(path)
        elif number % 211 == 2:
            sender.send("PUT", path, body, elsewhere)
            made.wrong_current.add(path)
        elif number % 103 == 3:
            sender.send("PUT", path, body, aes)
            sender.send("PUT", path, body, right)
            made.wrong_versions.add(path)
        elif number % 307 == 4:
            sender.send("PUT", path + ".tflock", body, right)
            made.locks.add(path + ".tflock")
        else:
            sender.send("PUT", path, body, right)
            if number % 401 == 5:
                sender.send("DELETE", path)
                made.deleted.add(path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(objects)))
    sender.close()
    made.versions = objects + len(made.wrong_versions)
    made.markers = len(made.deleted)
    _digests(client("dynamodb"), made)
    return made


def _make(client: Callable[[str], Any], name: str) -> tuple[Filled, str]:
    """Key, bucket and table; and the ARN of another key."""
    s3, kms = client("s3"), client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    client("dynamodb").create_table(
        TableName=f"{name}-locks",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Filled(name, f"{name}-locks", key), other


def _header(key: str) -> dict[str, str]:
    return {_SSE: "aws:kms", f"{_SSE}-aws-kms-key-id": key, f"{_SSE}-bucket-key-enabled": "true"}


def _path(number: int) -> str:
    return f"env:/team-{number % 50:02}/app-{number:06}/terraform.tfstate"


def _body(number: int) -> bytes:
    return json.dumps({"version": 4, "serial": number}).encode()


class _Sender:
    """Sends requests by hand: boto3 takes longer to sign one than the target takes to answer it."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        self._endpoint = endpoint
        self._bucket = bucket
        self._of_thread = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = http.client.HTTPConnection(urlsplit(self._endpoint).netloc, timeout=60)
            self._opened.append(self._of_thread.connection)
        connection = self._of_thread.connection
        connection.request(method, f"/{self._bucket}/{quote(path)}", body, {**_SIGNED, **headers})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 204), answer.status

    def close(self) -> None:
        for connection in self._opened:
            connection.close()


def _digests(dynamodb: Any, made: Filled) -> None:
    for number in range(20, 40):
        digest = hashlib.md5(_body(number), usedforsecurity=False).hexdigest()
        if number in (22, 33):
            made.digests.add(_path(number))
            digest = digest[::-1]
        _row(dynamodb, made.table, f"{made.bucket}/{_path(number)}-md5", Digest=digest)
    made.digests.add("gone/terraform.tfstate")
    _row(dynamodb, made.table, f"{made.bucket}/gone/terraform.tfstate-md5", Digest="0" * 32)
    _row(dynamodb, made.table, "another-bucket/terraform.tfstate-md5", Digest="0" * 32)


def _row(dynamodb: Any, table: str, lock_id: str, **values: str) -> None:
    item = {"LockID": {"S": lock_id}, **{name: {"S": value} for name, value in values.items()}}
    dynamodb.put_item(TableName=table, Item=item)
