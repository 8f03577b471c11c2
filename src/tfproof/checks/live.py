"""The state backend as it is there: read back through boto3, never changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from tfproof.checks.backend import Backend
from tfproof.errors import TargetError
from tfproof.values import reveal

__all__ = ["LiveBackend"]

# What AWS calls the absence of a thing: an answer, not an error.
_ABSENT: Final = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchKey",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NotFoundException",
        "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
        "TableNotFoundException",
    }
)


class LiveBackend:
    """What the target answers about the bucket, key and table that the outputs name.

    Each property is read once, on first use; what is absent is an empty dict.

    Args:
        client: Makes the boto3 client of a service.
        state: The backend as Terraform remembers it; its outputs name what is read.

    Raises:
        TargetError: By a property, when the target refuses or does not answer.
    """

    def __init__(self, client: Callable[[str], Any], state: Backend) -> None:
        self._client = client
        self.state = state

    @property
    def bucket_name(self) -> str:
        """Name of the state bucket, by the outputs, or by the state where there is no such output."""
        bucket = self.state.bucket
        return str(reveal(self.state.outputs.get("bucket_name")) or (bucket.at("bucket", default="") if bucket else ""))

    @property
    def key_arn(self) -> str:
        """ARN of the dedicated key, by the state: what outputs and bucket are compared with."""
        return str(self.state.key.at("arn", default="")) if self.state.key is not None else ""

    @property
    def table_name(self) -> str:
        """Name of the lock table, by the outputs or the state; `""` without one."""
        table = self.state.table
        return str(reveal(self.state.outputs.get("lock_table_name")) or (table.at("name", default="") if table else ""))

    @cached_property
    def versioning(self) -> dict[str, Any]:
        """GetBucketVersioning."""
        return self._read("s3", "get_bucket_versioning", Bucket=self.bucket_name)

    @cached_property
    def encryption_rule(self) -> dict[str, Any]:
        """The first rule of GetBucketEncryption."""
        answer = self._read("s3", "get_bucket_encryption", Bucket=self.bucket_name)
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        return dict(rules[0]) if rules else {}

    @property
    def default_encryption(self) -> dict[str, Any]:
        """ApplyServerSideEncryptionByDefault of the first rule."""
        return dict(self.encryption_rule.get("ApplyServerSideEncryptionByDefault", {}))

    @cached_property
    def public_access_block(self) -> dict[str, Any]:
        """GetPublicAccessBlock."""
        answer = self._read("s3", "get_public_access_block", Bucket=self.bucket_name)
        return dict(answer.get("PublicAccessBlockConfiguration", {}))

    @cached_property
    def ownership(self) -> str | None:
        """Object ownership of GetBucketOwnershipControls."""
        answer = self._read("s3", "get_bucket_ownership_controls", Bucket=self.bucket_name)
        rules = answer.get("OwnershipControls", {}).get("Rules", [])
        return str(rules[0]["ObjectOwnership"]) if rules else None

    @cached_property
    def lifecycle_rules(self) -> list[dict[str, Any]]:
        """The enabled rules of GetBucketLifecycleConfiguration."""
        answer = self._read("s3", "get_bucket_lifecycle_configuration", Bucket=self.bucket_name)
        return [rule for rule in answer.get("Rules", []) if rule.get("Status") == "Enabled"]

    @cached_property
    def replication(self) -> dict[str, Any]:
        """GetBucketReplication."""
        answer = self._read("s3", "get_bucket_replication", Bucket=self.bucket_name)
        return dict(answer.get("ReplicationConfiguration", {}))

    @cached_property
    def bucket_policy(self) -> str | None:
        """The bucket policy's text as it is stored, or None."""
        return self._read("s3", "get_bucket_policy", Bucket=self.bucket_name).get("Policy")

    def written_object(self, key: str) -> dict[str, Any]:
        """HeadObject."""
        return self._read("s3", "head_object", Bucket=self.bucket_name, Key=key)

    @cached_property
    def object_keys(self) -> list[str]:
        """Keys of the first thousand objects, by ListObjectsV2."""
        answer = self._read("s3", "list_objects_v2", Bucket=self.bucket_name)
        return [str(entry["Key"]) for entry in answer.get("Contents", [])]

    @cached_property
    def key(self) -> dict[str, Any]:
        """DescribeKey of the dedicated key."""
        return dict(self._read("kms", "describe_key", KeyId=self.key_arn).get("KeyMetadata", {}))

    @cached_property
    def rotation(self) -> dict[str, Any]:
        """GetKeyRotationStatus."""
        return self._read("kms", "get_key_rotation_status", KeyId=self.key_arn)

    @cached_property
    def key_policy(self) -> str | None:
        """The key policy's text as it is stored, or None."""
        return self._read("kms", "get_key_policy", KeyId=self.key_arn, PolicyName="default").get("Policy")

    @cached_property
    def key_aliases(self) -> list[str]:
        """Names of the aliases that lead to the dedicated key."""
        answer = self._read("kms", "list_aliases", KeyId=self.key_arn)
        return [str(alias["AliasName"]) for alias in answer.get("Aliases", [])]

    @cached_property
    def table(self) -> dict[str, Any]:
        """DescribeTable of the lock table."""
        return dict(self._read("dynamodb", "describe_table", TableName=self.table_name).get("Table", {}))

    @cached_property
    def table_tags(self) -> dict[str, str]:
        """ListTagsOfResource of the lock table, by key."""
        answer = self._read("dynamodb", "list_tags_of_resource", ResourceArn=str(self.table.get("TableArn", "")))
        return {str(tag["Key"]): str(tag["Value"]) for tag in answer.get("Tags", [])}

    @cached_property
    def recovery(self) -> dict[str, Any]:
        """PointInTimeRecoveryDescription of DescribeContinuousBackups."""
        answer = self._read("dynamodb", "describe_continuous_backups", TableName=self.table_name)
        return dict(answer.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {}))

    def _read(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow to import

        if not all(arguments.values()):
            return {}  # there is no such bucket, key or table to ask about
        try:
            answer: dict[str, Any] = getattr(self._client(service), operation)(**arguments)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _ABSENT:
                return {}
            raise TargetError(f"{service} {operation} of {arguments} was refused: {code}: {error}") from error
        except BotoCoreError as error:
            raise TargetError(
                f"{service} {operation} of {arguments} got no answer: {error}",
                remedy="The target stopped answering, or never was where it is said to be.",
            ) from error
        return answer


def parsed_policy(text: str | None) -> dict[str, Any]:
    """A policy's document, or an empty one when there is none."""
    document = json.loads(text) if text else {}
    return document if isinstance(document, dict) else {}
