"""States from before versioning was switched on: their version is called `null`, and may be the noncurrent one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfproof.audit.live.journal import Journal
from tfproof.audit.live.objects import Expected, walk
from tfproof.audit.live.place import Place
from tfproof.targets.embedded import EmbeddedTarget

BUCKET = "acme-old-states"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000001"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with EmbeddedTarget(tmp_path / "target.log") as target:
        s3 = target.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        right = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}
        wrong = {"ServerSideEncryption": "AES256"}
        for key, first in (("was-wrong", wrong), ("was-right", right), ("never-again", wrong)):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"old", **first)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=BUCKET, Key="was-wrong", Body=b"new", **right)
        s3.put_object(Bucket=BUCKET, Key="was-right", Body=b"new", **wrong)
        yield Place(BUCKET, "", "", target.client)


def test_each_version_is_asked_for_itself(place: Place) -> None:
    expected = Expected(KEY_ARN, False, dt.timedelta(hours=1), dt.datetime.now(dt.UTC))

    wrongs = walk(place, expected, Journal(None, {}), concurrency=2)
    found = {(wrong.key, wrong.version == "null", wrong.check) for wrong in wrongs}

    assert found == {
        ("was-wrong", True, "live-version-encryption"),
        ("was-right", False, "live-object-encryption"),
        ("never-again", True, "live-object-encryption"),
    }
