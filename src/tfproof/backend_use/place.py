"""One state's place in a backend: its object, lock file, digest row and lock row, read and put there by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tfproof.targets.target import Target

__all__ = ["LOCK_ID", "ObjectVersion", "Place", "state_text"]

LOCK_ID: Final = "11111111-2222-3333-4444-555555555555"
"""Id of a lock that is put there by hand."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object, as HeadObject shows it.

    Attributes:
        key: The object's key.
        version: Its version id.
        algorithm: ServerSideEncryption.
        kms_key: SSEKMSKeyId, `""` without one.
        bucket_key: BucketKeyEnabled.
    """

    key: str
    version: str
    algorithm: str
    kms_key: str
    bucket_key: bool


class Place:
    """Where a backend with these settings keeps the state of one workspace.

    Args:
        target: Where the backend is; it is asked as the run itself.
        backend: Settings of the `backend "s3"` block.
        workspace: Name of the workspace.
    """

    def __init__(self, target: Target, backend: Mapping[str, Any], workspace: str = "default") -> None:
        self._target = target
        self.bucket = str(backend["bucket"])
        self.table = str(backend.get("dynamodb_table") or "")
        self.locks_by_file = bool(backend.get("use_lockfile"))
        key, prefix = str(backend["key"]), str(backend.get("workspace_key_prefix") or "env:")
        self.key = key if workspace == "default" else f"{prefix}/{workspace}/{key}"
        self.lock_key = f"{self.key}.tflock"
        self.row = f"{self.bucket}/{self.key}"

    # -- what is there ----------------------------------------------------------------------------------------------

    def state(self) -> bytes | None:
        """The state's bytes, None without one."""
        s3 = self._target.client("s3")
        try:
            return bytes(s3.get_object(Bucket=self.bucket, Key=self.key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    def versions(self) -> list[ObjectVersion]:
        """Every version of state and lock file there ever was, newest first, without delete markers."""
        s3 = self._target.client("s3")
        found: list[ObjectVersion] = []
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self.key):
            found += [
                self._version(s3, entry)
                for entry in page.get("Versions", [])
                if entry["Key"] in (self.key, self.lock_key)
            ]
        return found

    def lock_left(self) -> bool:
        """Whether a lock is there: the row, or the file."""
        return self._row(self.row) is not None or self._lock_file() is not None

    def lock_id(self) -> str:
        """Id of the lock that is there, `""` without one."""
        row, file = self._row(self.row), self._lock_file()
        text = row["Info"]["S"] if row is not None and "Info" in row else file
        return str(json.loads(text)["ID"]) if text else ""

    def digest(self) -> str:
        """The MD5 that the table holds of the state, `""` without one."""
        row = self._row(f"{self.row}-md5")
        return str(row["Digest"]["S"]) if row is not None else ""

    def digest_is_right(self) -> bool:
        """Whether the digest is that of the state; without a table there is none to be wrong."""
        if not self.table:
            return True
        state = self.state()
        return self.digest() == (_md5(state) if state is not None else "")

    # -- what is put there ------------------------------------------------------------------------------------------

    def put_state(self, text: bytes) -> None:
        """Writes a state and its digest, as Terraform would: the bucket's default encrypts it."""
        self._target.client("s3").put_object(Bucket=self.bucket, Key=self.key, Body=text)
        self.put_digest(_md5(text))

    def put_digest(self, digest: str) -> None:
        """Writes the digest's row, where there is a table."""
        if self.table:
            item = {"LockID": {"S": f"{self.row}-md5"}, "Digest": {"S": digest}}
            self._target.client("dynamodb").put_item(TableName=self.table, Item=item)

    def put_lock(self) -> None:
        """Takes the lock as somebody else, in every way this backend locks."""
        info = json.dumps(
            {
                "ID": LOCK_ID,
                "Operation": "OperationTypeApply",
                "Info": "",
                "Who": "somebody@elsewhere",
                "Version": "1.11.4",
                "Created": "2026-01-01T00:00:00Z",
                "Path": self.row,
            }
        )
        if self.table:
            item = {"LockID": {"S": self.row}, "Info": {"S": info}}
            self._target.client("dynamodb").put_item(TableName=self.table, Item=item)
        if self.locks_by_file:
            self._target.client("s3").put_object(Bucket=self.bucket, Key=self.lock_key, Body=info.encode())

    def clear(self) -> None:
        """Removes everything of this place, all versions too."""
        s3 = self._target.client("s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self.key):
            gone = [
                {"Key": entry["Key"], "VersionId": entry["VersionId"]}
                for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            ]
            if gone:
                s3.delete_objects(Bucket=self.bucket, Delete={"Objects": gone, "Quiet": True})
        if self.table:
            for row in (self.row, f"{self.row}-md5"):
                self._target.client("dynamodb").delete_item(TableName=self.table, Key={"LockID": {"S": row}})

    # -- parts ------------------------------------------------------------------------------------------------------

    def _row(self, name: str) -> dict[str, Any] | None:
        if not self.table:
            return None
        answer: dict[str, dict[str, Any]] = self._target.client("dynamodb").get_item(
            TableName=self.table, Key={"LockID": {"S": name}}, ConsistentRead=True
        )
        return answer.get("Item")

    def _lock_file(self) -> str | None:
        s3 = self._target.client("s3")
        try:
            return str(s3.get_object(Bucket=self.bucket, Key=self.lock_key)["Body"].read().decode())
        except s3.exceptions.NoSuchKey:
            return None

    def _version(self, s3: Any, entry: Mapping[str, Any]) -> ObjectVersion:
        # The only version of a bucket whose versioning is suspended is called "null", and moto cannot be asked for it.
        only = entry["VersionId"] == "null" and entry.get("IsLatest")
        which = {} if only else {"VersionId": entry["VersionId"]}
        head = s3.head_object(Bucket=self.bucket, Key=entry["Key"], **which)
        return ObjectVersion(
            entry["Key"],
            entry["VersionId"],
            str(head.get("ServerSideEncryption", "")),
            str(head.get("SSEKMSKeyId", "")),
            bool(head.get("BucketKeyEnabled", False)),
        )


def state_text(serial: int = 3, value: str = "one") -> bytes:
    """A state of the scratch configuration, as Terraform writes it."""

    def resource(name: str, held: str) -> dict[str, Any]:
        typed = {"value": held, "type": "string"}
        attributes = {"id": f"0000000{serial}-{name}", "input": typed, "output": typed, "triggers_replace": None}
        return {
            "mode": "managed",
            "type": "terraform_data",
            "name": name,
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
        }

    document = {
        "version": 4,
        "terraform_version": "1.9.0",
        "serial": serial,
        "lineage": "99999999-8888-7777-6666-555555555555",
        "outputs": {"value": {"value": value, "type": "string"}},
        "resources": [resource("first", value), resource("second", "two")],
        "check_results": None,
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _md5(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
