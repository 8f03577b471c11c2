"""Which backend is audited, and the clients it is asked through: counted, and what was refused remembered."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tfproof.errors import TargetError

__all__ = ["DENIED", "ENDED", "READS", "AwsError", "Place", "Refused", "error_code"]

READS: Final[dict[str, tuple[str, str, str]]] = {
    # Operation: the action it takes, on what, and what for.
    "HeadBucket": ("s3:ListBucket", "bucket", "whether the bucket is there"),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration", "bucket", "default encryption and key"),
    "GetBucketVersioning": ("s3:GetBucketVersioning", "bucket", "versioning"),
    "GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock", "bucket", "public access"),
    "GetBucketOwnershipControls": ("s3:GetBucketOwnershipControls", "bucket", "ACLs"),
    "GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration", "bucket", "old versions"),
    "GetBucketPolicy": ("s3:GetBucketPolicy", "bucket", "the bucket policy"),
    "ListObjectVersions": ("s3:ListBucketVersions", "bucket", "every object and version"),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads", "bucket", "uploads that were left"),
    "HeadObject": ("s3:GetObject", "objects", "encryption of current objects"),
    "HeadObject of a version": ("s3:GetObjectVersion", "objects", "encryption of versions"),
    "DescribeKey": ("kms:DescribeKey", "key", "state of the key"),
    "GetKeyRotationStatus": ("kms:GetKeyRotationStatus", "key", "rotation"),
    "GetKeyPolicy": ("kms:GetKeyPolicy", "key", "the key policy"),
    "DescribeTable": ("dynamodb:DescribeTable", "table", "the lock table"),
    "DescribeContinuousBackups": ("dynamodb:DescribeContinuousBackups", "table", "recovery of the table"),
    "Scan": ("dynamodb:Scan", "table", "locks and digests"),
    "GetItem": ("dynamodb:GetItem", "table", "a digest once more, before it is called wrong"),
    "GetObject": ("kms:Decrypt", "key", "states that a digest is held against"),
}
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"})
"""Codes that say that a permission is missing; 403 is all that HEAD says, which has no body."""
ENDED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "RequestExpired",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
"""Codes that say that the credentials are good for nothing any more: every further answer is the same."""
_THROTTLED: Final = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException"}
)


class AwsError(TargetError):
    """AWS answered a call with an error.

    Attributes:
        code: Its code, such as `SlowDown`; the HTTP status as text where the answer has no body, as to HEAD.
    """

    def __init__(self, message: str, code: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class Refused(AwsError):
    """A call was refused: what it would have shown is not known."""


@dataclass
class Place:
    """A backend in use.

    Attributes:
        bucket: Name of the bucket.
        table: Name of the lock table, `""` without one.
        prefix: Of the objects that are looked at.
        client: Gives the client of a service.
        partition: AWS's partition, such as `aws`, `aws-cn` or `aws-us-gov`.
        requests: How often each operation was called, tries again included.
        refused: Actions that were refused.
    """

    bucket: str
    table: str = ""
    prefix: str = ""
    client: Callable[[str], Any] = field(default=lambda _service: None)
    partition: str = "aws"
    requests: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counted: set[int] = field(default_factory=set)

    def of(self, service: str) -> Any:
        """The client of a service, whose requests are counted."""
        client = self.client(service)
        with self._lock:
            if id(client) not in self._counted:
                self._counted.add(id(client))
                client.meta.events.register("before-send", self._count)
        return client

    def ask(self, service: str, method: str, **arguments: Any) -> dict[str, Any]:
        """Calls an operation.

        Raises:
            Refused: It was refused.
            AwsError: AWS answered with another error, after all tries.
            TargetError: There was no answer.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        client = self.of(service)
        try:
            answer: dict[str, Any] = getattr(client, method)(**arguments)
        except ClientError as error:
            code = error_code(error)
            operation = str(client.meta.method_to_api_mapping.get(method, method))
            if code in DENIED:
                raise self.refuse(operation, version="VersionId" in arguments, code=code) from None
            raise AwsError(f"{operation} answers {code or 'an error'}", code=code, remedy=_remedy(code)) from error
        except BotoCoreError as error:
            raise TargetError(
                f"{service} {method} got no answer: {type(error).__name__}",
                remedy="Are AWS_REGION and credentials set, and is the network there?",
            ) from None
        return answer

    def refuse(self, operation: str, *, version: bool = False, code: str = "AccessDenied") -> Refused:
        """Remembers that an operation was refused, and gives the error that says so."""
        name = f"{operation} of a version" if version and f"{operation} of a version" in READS else operation
        action = READS[name][0] if name in READS else operation
        with self._lock:
            self.refused.add(action)
        return Refused(f"{operation} was refused: {action} is needed", code=code)

    def permissions(self, key: str) -> list[dict[str, Any]]:
        """What the audit needs, and whether it was refused."""
        arns = {
            "bucket": f"arn:{self.partition}:s3:::{self.bucket}",
            "objects": f"arn:{self.partition}:s3:::{self.bucket}/{self.prefix}*",
            "key": key or "the bucket's key",
            "table": f"table {self.table}",
        }
        return [
            {"action": action, "resource": arns[on], "for": what, "refused": action in self.refused}
            for action, on, what in READS.values()
            if on != "table" or self.table
        ]

    def _count(self, event_name: str = "", **_: Any) -> None:
        with self._lock:
            self.requests[event_name.rpartition(".")[2]] += 1


def _remedy(code: str) -> str:
    if code in ENDED:
        return "The credentials have ended: sign in again; with --resume the same command goes on where it was."
    if code in _THROTTLED:
        return "AWS takes no more requests at once: try later, or with a lower --concurrency."
    return ""


def error_code(error: Any) -> str:
    """The code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))
