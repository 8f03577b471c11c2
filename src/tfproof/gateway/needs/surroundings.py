"""What has to be known about the target to say what a request needs: keys, tables, how objects are encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Encryption", "Surroundings"]


@dataclass(frozen=True, slots=True)
class Encryption:
    """How an object is, or will be, encrypted.

    Attributes:
        algorithm: `AES256`, `aws:kms`, `aws:kms:dsse`; `""` when unknown.
        key_arn: ARN of the KMS key, or `""`.
        bucket_key: Whether a bucket key stands between the object and the KMS key.
    """

    algorithm: str = ""
    key_arn: str = ""
    bucket_key: bool = False

    @property
    def by_kms(self) -> bool:
        """Whether KMS has a part in it."""
        return self.algorithm.startswith("aws:kms")


class Surroundings(Protocol):
    """What a target says about its own things; answers are remembered until a call changes them."""

    @property
    def account_id(self) -> str:
        """Account that owns everything at the target."""
        ...

    def key_arn(self, key_id: str, region: str) -> str:
        """ARN of a KMS key by id, ARN, alias name or alias ARN; `""` when there is none."""
        ...

    def key_aliases(self, key_arn: str) -> tuple[str, ...]:
        """Names of a key's aliases, such as `alias/x`."""
        ...

    def bucket_default(self, bucket: str) -> Encryption:
        """The bucket's default encryption."""
        ...

    def object_encryption(self, bucket: str, key: str, version: str) -> Encryption | None:
        """How a stored object is encrypted; None when there is none. `version` may be `""`."""
        ...

    def upload_encryption(self, upload_id: str) -> Encryption | None:
        """How the object of a multipart upload will be encrypted; None when the upload was never seen."""
        ...

    def table_key(self, table: str, region: str) -> str:
        """ARN of the customer managed key of a DynamoDB table; `""` without one."""
        ...

    def partition_key(self, table: str, region: str) -> str:
        """Name of the table's partition key; `""` when there is no such table."""
        ...
