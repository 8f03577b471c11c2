"""Everything that protects a state backend, read back from the target, to be compared before and after."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from tfproof.targets.target import Target

__all__ = ["TABLE_IS_PROTECTED", "protection_of", "versions_in"]

TABLE_IS_PROTECTED: Final = re.compile(
    r"cannot be deleted as it is currently protected against deletion"  # AWS and DynamoDB Local
    r"|can't be deleted while DeletionProtectionEnabled is set to True"  # moto
)
"""What is said to a DeleteTable under deletion protection."""

_BUCKET = {
    "versioning": "get_bucket_versioning",
    "policy": "get_bucket_policy",
    "public access block": "get_public_access_block",
    "encryption": "get_bucket_encryption",
    "ownership": "get_bucket_ownership_controls",
}


def protection_of(target: Target, bucket: str, key: str, table: str | None) -> dict[str, Any]:
    """What the target says of a bucket, a key and a table; for what is not there, the error's code."""
    s3, kms = target.client("s3"), target.client("kms")
    found = {name: _answer(partial(getattr(s3, call), Bucket=bucket)) for name, call in _BUCKET.items()}
    found["key"] = _answer(lambda: kms.describe_key(KeyId=key))
    found["key policy"] = _answer(lambda: kms.get_key_policy(KeyId=key, PolicyName="default"))
    found["rotation"] = _answer(lambda: kms.get_key_rotation_status(KeyId=key))
    if isinstance(found["rotation"], dict):
        found["rotation"].pop("NextRotationDate", None)  # counted from the moment of asking
    found["aliases"] = [alias["AliasName"] for alias in kms.list_aliases(KeyId=key)["Aliases"]]
    if table is not None:
        dynamodb = target.client("dynamodb")
        found["table"] = _answer(lambda: dynamodb.describe_table(TableName=table))
        found["recovery"] = _answer(
            lambda: dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"][
                "PointInTimeRecoveryDescription"
            ]["PointInTimeRecoveryStatus"]
        )
    return found


def versions_in(target: Target, bucket: str) -> list[tuple[str, str]]:
    """Key and version id of every version in a bucket."""
    pages = target.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [(item["Key"], item["VersionId"]) for page in pages for item in page.get("Versions", [])]


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        answer = ask()
    except ClientError as error:
        return error.response["Error"]["Code"]
    if isinstance(answer, dict):
        answer.pop("ResponseMetadata", None)
    return answer
