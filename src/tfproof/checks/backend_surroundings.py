"""What a backend's own policies could be about: its bucket, states, locks and key, and the same of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tfproof.checks.backend import Backend
from tfproof.checks.reach import Asked, asked
from tfproof.values import UNKNOWN, reveal

__all__ = ["Surroundings"]

OBJECT_ACTIONS: Final = (
    "s3:GetObject s3:PutObject s3:DeleteObject s3:AbortMultipartUpload s3:DeleteObjectVersion s3:PutObjectAcl"
    " s3:PutObjectRetention s3:BypassGovernanceRetention"
)
BUCKET_ACTIONS: Final = (
    "s3:ListBucket s3:DeleteBucket s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutEncryptionConfiguration"
    " s3:PutBucketVersioning s3:PutBucketPublicAccessBlock s3:PutLifecycleConfiguration"
)
KEY_ACTIONS: Final = (
    "kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey kms:GenerateDataKeyWithoutPlaintext"
    " kms:DescribeKey kms:CreateGrant kms:PutKeyPolicy kms:ScheduleKeyDeletion kms:DisableKey"
)
TABLE_ACTIONS: Final = (
    "dynamodb:GetItem dynamodb:PutItem dynamodb:DeleteItem dynamodb:UpdateItem dynamodb:Scan dynamodb:Query"
    " dynamodb:BatchWriteItem dynamodb:DeleteTable dynamodb:UpdateTable"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The backend's own things, and others, as ARNs.

    Attributes:
        bucket: ARN of the bucket.
        key: ARN of the dedicated key.
        table: ARN of the lock table, `""` without one.
        region: Region of the key.
        bucket_name: Name of the bucket.
        state_key: Key of the state in the workspace `default`.
        workspace_prefix: What the keys of other workspaces begin with.
        lock_file: Whether locks are files.
    """

    bucket: str
    key: str
    table: str
    region: str
    bucket_name: str
    state_key: str
    workspace_prefix: str
    lock_file: bool

    @classmethod
    def of(cls, backend: Backend) -> Surroundings | None:
        """Those of a backend; None while something is unknown, or there is no `backend_config` to say."""
        config = reveal(backend.outputs.get("backend_config"))
        if not isinstance(config, dict) or backend.bucket is None or backend.key is None:
            return None
        table = backend.table.at("arn", default="") if backend.table is not None and backend.locks_in_table else ""
        values = [
            backend.bucket.at("arn", default=UNKNOWN),
            backend.key.at("arn", default=UNKNOWN),
            table,
            *(config.get(name) for name in ("key", "use_lockfile", "workspace_key_prefix")),
        ]
        if any(value is UNKNOWN for value in values) or not isinstance(values[0], str):
            return None
        bucket, key, table, state, lock_file, prefix = (reveal(value) for value in values)
        if not isinstance(key, str) or len(key.split(":")) < 6 or not state:  # noqa: PLR2004  # an ARN has six parts
            return None
        name = bucket.rpartition(":")[2]
        return cls(bucket, key, table or "", key.split(":")[3], name, state, prefix or "env:", lock_file is True)

    @property
    def states(self) -> tuple[str, str]:
        """Keys of two states: of the workspace `default`, and of another."""
        return self.state_key, f"{self.workspace_prefix}/dev/{self.state_key}"

    def objects(self, *keys: str) -> list[str]:
        """ARNs of objects in the bucket."""
        return [f"{self.bucket}/{key}" for key in keys]

    def via(self, service: str, region: str = "") -> dict[str, str]:
        """The context of a call to KMS that a service makes for the caller, in the key's region or another."""
        suffix = "amazonaws.com.cn" if self.key.startswith("arn:aws-cn:") else "amazonaws.com"
        return {"kms:ViaService": f"{service}.{region or self.region}.{suffix}"}

    def rows(self, *keys: str) -> list[dict[str, list[str]]]:
        """The contexts of requests for the lock's row of states."""
        return [{"dynamodb:LeadingKeys": [f"{self.bucket_name}/{key}"]} for key in keys]

    def digests(self, *keys: str) -> list[dict[str, list[str]]]:
        """The contexts of requests for the digest's row of states."""
        return self.rows(*(f"{key}-md5" for key in keys))

    def universe(self) -> Iterator[Asked]:
        """Every request that is worth asking about: with what is the backend's, and with what is not."""
        other_bucket, other_key = f"{self.bucket}-of-others", self.key[:-1] + ("0" if self.key[-1] != "0" else "1")
        locks = tuple(f"{key}.tflock" for key in self.states)
        yield from asked(OBJECT_ACTIONS, self.objects(*self.states, *locks))
        yield from asked(OBJECT_ACTIONS, [f"{other_bucket}/{self.state_key}"])
        yield from asked(BUCKET_ACTIONS, [self.bucket, other_bucket])
        elsewhere = "eu-west-1" if self.region != "eu-west-1" else "us-east-1"
        contexts: list[dict[str, Any]] = [self.via("ec2"), {}]
        contexts += [self.via(service, region) for service in ("s3", "dynamodb") for region in ("", elsewhere)]
        for context in contexts:
            yield from asked(KEY_ACTIONS, [self.key, other_key], context)
        if self.table:
            for context in (*self.rows(*self.states), *self.digests(*self.states)):
                yield from asked(TABLE_ACTIONS, [self.table, f"{self.table}-of-others"], context)
        yield from asked("iam:CreateUser", [f"{':'.join(self.key.split(':')[:2])}:iam::123456789012:user/somebody"])
