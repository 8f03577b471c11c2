"""What the gateway has to know about the target, asked through its upstream and remembered until a call changes it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from tfproof.errors import TargetError
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import Operation
from tfproof.gateway.upstream import Answer, Upstream
from tfproof.iam.attached import PrincipalPolicies, principal_policies
from tfproof.iam.errors import NoSuchEntity
from tfproof.targets.clients import make_client

__all__ = ["SeenAnswer", "TargetView"]

_T = TypeVar("_T")
_REMEMBERED_SECONDS: Final = 2.0
"""Others may change an emulator that several runs share, past this gateway."""
_READS: Final = ("Get", "List", "Head", "Describe", "Simulate", "BatchGet", "Query", "Scan")
_CHANGES_NOTHING: Final = frozenset(
    {"PutObject", "DeleteObject", "DeleteObjects", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
     "AbortMultipartUpload", "CopyObject", "UploadPartCopy", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem",
     "TransactWriteItems", "TransactGetItems", "Encrypt", "Decrypt", "GenerateDataKey", "AssumeRole"}
)  # fmt: skip
_UPLOADS_REMEMBERED: Final = 10_000
_ACCESS: Final = "tfproof-gateway"


class TargetView:
    """The target as the gateway sees it: keys, tables, buckets and their policies, principals and theirs.

    Args:
        upstream: Whom it asks; nothing of that is recorded or enforced.
        account_id: Account that owns everything at the target.
        region: Region for what has none of its own.
    """

    def __init__(self, upstream: Upstream, *, account_id: str, region: str) -> None:
        self._upstream = upstream
        self.account_id = account_id
        self._region = region
        self._clients: dict[tuple[str, str], Any] = {}
        self._remembered: dict[tuple[str, ...], tuple[float, Any]] = {}
        self._uploads: dict[str, Encryption] = {}
        self._lock = threading.Lock()

    # -- what changes it --------------------------------------------------------------------------------------------

    def changed_by(self, operation: Operation) -> None:
        """Forgets what a call may have changed."""
        if not operation.name.startswith(_READS) and operation.name not in _CHANGES_NOTHING:
            with self._lock:
                self._remembered.clear()

    def upload_began(self, upload_id: str, encryption: Encryption) -> None:
        """Notes how the object of a multipart upload will be encrypted: its later requests do not say."""
        with self._lock:
            while len(self._uploads) >= _UPLOADS_REMEMBERED:
                self._uploads.pop(next(iter(self._uploads)))
            self._uploads[upload_id] = encryption

    # -- surroundings -----------------------------------------------------------------------------------------------

    def key_arn(self, key_id: str, region: str) -> str:
        """See `Surroundings.key_arn`."""
        return self._once(
            ("key", key_id, region),
            lambda: str(self._ask("kms", region, "describe_key", KeyId=key_id).get("KeyMetadata", {}).get("Arn", "")),
        )

    def key_aliases(self, key_arn: str) -> tuple[str, ...]:
        """See `Surroundings.key_aliases`."""
        region = key_arn.split(":")[3] if key_arn.count(":") > 4 else ""  # noqa: PLR2004  # parts of an ARN

        def ask() -> tuple[str, ...]:
            answer = self._ask("kms", region, "list_aliases", KeyId=key_arn)
            return tuple(str(alias["AliasName"]) for alias in answer.get("Aliases", []))

        return self._once(("aliases", key_arn), ask)

    def bucket_default(self, bucket: str) -> Encryption:
        """See `Surroundings.bucket_default`."""

        def ask() -> Encryption:
            answer = self._ask("s3", "", "get_bucket_encryption", Bucket=bucket)
            rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
            default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
            algorithm = str(default.get("SSEAlgorithm", "AES256"))  # what S3 does by itself since January 2023
            key = str(default.get("KMSMasterKeyID", ""))
            if algorithm.startswith("aws:kms"):
                key = self.key_arn(key or "alias/aws/s3", self._region)
            return Encryption(algorithm, key, bool(rules[0].get("BucketKeyEnabled", False)))

        return self._once(("default", bucket), ask)

    def object_encryption(self, bucket: str, key: str, version: str) -> Encryption | None:
        """See `Surroundings.object_encryption`; asked each time, since any write changes it."""
        which = {"VersionId": version} if version else {}
        head = self._ask("s3", "", "head_object", Bucket=bucket, Key=key, **which)
        if "ResponseMetadata" not in head:
            return None
        return Encryption(
            str(head.get("ServerSideEncryption", "")),
            str(head.get("SSEKMSKeyId", "")),
            bool(head.get("BucketKeyEnabled", False)),
        )

    def upload_encryption(self, upload_id: str) -> Encryption | None:
        """See `Surroundings.upload_encryption`."""
        return self._uploads.get(upload_id)

    def table_key(self, table: str, region: str) -> str:
        """See `Surroundings.table_key`."""
        return str(self._table(table, region).get("SSEDescription", {}).get("KMSMasterKeyArn", ""))

    def partition_key(self, table: str, region: str) -> str:
        """See `Surroundings.partition_key`."""
        schema = self._table(table, region).get("KeySchema", [])
        return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), "")

    def key_state(self, key_arn: str) -> str:
        """`Enabled`, `Disabled`, `PendingDeletion` and so on; `""` when there is no such key."""
        region = key_arn.split(":")[3]
        return self._once(
            ("state", key_arn),
            lambda: str(
                self._ask("kms", region, "describe_key", KeyId=key_arn).get("KeyMetadata", {}).get("KeyState", "")
            ),
        )

    # -- policies ---------------------------------------------------------------------------------------------------

    def bucket_policy(self, bucket: str) -> str | None:
        """The text of a bucket's policy, None without one."""
        return self._once(("policy", bucket), lambda: self._ask("s3", "", "get_bucket_policy", Bucket=bucket)).get(
            "Policy"
        )

    def key_policy(self, key_arn: str) -> str | None:
        """The text of a key's policy, None when there is no such key."""
        region = key_arn.split(":")[3]
        return self._once(
            ("key policy", key_arn),
            lambda: self._ask("kms", region, "get_key_policy", KeyId=key_arn, PolicyName="default"),
        ).get("Policy")

    def principal_policies(self, arn: str) -> PrincipalPolicies | None:
        """What is attached to a user or role, None when there is no such principal."""

        def ask() -> PrincipalPolicies | None:
            try:
                return principal_policies(self.client("iam"), arn)
            except NoSuchEntity:
                return None

        return self._once(("principal", arn), ask)

    def role_arn(self, name: str) -> str:
        """ARN of a role by its name, `""` without one: a session's ARN lacks the role's path."""
        return self._once(
            ("role", name), lambda: str(self._ask("iam", "", "get_role", RoleName=name).get("Role", {}).get("Arn", ""))
        )

    def user_of(self, access_key: str) -> str:
        """ARN of the IAM user an access key belongs to, `""` when the target knows none."""

        def ask() -> str:
            name = self._ask("iam", "", "get_access_key_last_used", AccessKeyId=access_key).get("UserName", "")
            return str(self._ask("iam", "", "get_user", UserName=name).get("User", {}).get("Arn", "")) if name else ""

        return self._once(("user", access_key), ask)

    # -- how it is asked --------------------------------------------------------------------------------------------

    def client(self, service: str, region: str = "") -> Any:
        """A boto3 client whose requests go straight to the upstream."""
        key = (service, region or self._region)
        with self._lock:
            if key not in self._clients:
                client = make_client(
                    service, endpoint="http://127.0.0.1", region=key[1], access_key=_ACCESS, secret_key=_ACCESS
                )
                client.meta.events.register("before-send", self._send)
                self._clients[key] = client
            return self._clients[key]

    def _table(self, table: str, region: str) -> dict[str, Any]:
        return self._once(
            ("table", table, region),
            lambda: dict(self._ask("dynamodb", region, "describe_table", TableName=table).get("Table", {})),
        )

    def _ask(self, service: str, region: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer, empty when the target says there is no such thing."""
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415

        try:
            answer: dict[str, Any] = getattr(self.client(service, region), operation)(**arguments)
        except (ClientError, ParamValidationError):
            return {}
        except BotoCoreError as error:
            raise TargetError(f"{service} {operation} of {arguments} got no answer: {error}") from error
        return answer

    def _once(self, key: tuple[str, ...], ask: Callable[[], _T]) -> _T:
        now = time.monotonic()
        with self._lock:
            until, value = self._remembered.get(key, (0.0, None))
        if until > now:
            return value  # type: ignore[no-any-return]  # one dictionary for answers of several types
        value = ask()
        with self._lock:
            self._remembered[key] = (now + _REMEMBERED_SECONDS, value)
        return value

    def _send(self, request: Any, **_: Any) -> Any:
        """Answers a client's request from the upstream, in the place of its own connection."""
        import botocore.awsrequest  # noqa: PLC0415

        url = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers.setdefault("host", url.netloc)
        body = request.body or b""
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else body.read()
        answer = self._upstream.send(
            HttpRequest(request.method, url.path or "/", url.query, headers), io.BytesIO(body), len(body)
        )
        raw = _Raw(answer)
        return botocore.awsrequest.AWSResponse(request.url, answer.status, _HeaderMap(answer.headers), raw)


class SeenAnswer:
    """Surroundings that have an answer before them: it says how the object is encrypted, so the target is not asked.

    Args:
        view: Whom to ask for the rest.
        answer: The answer to the call.
        of_object: Whether the call read an object, so that the answer is about that; an emulator that names no
            encryption in it then has none, and asking it again would tell the same.
    """

    def __init__(self, view: TargetView, answer: Answer, *, of_object: bool) -> None:
        self._view = view
        self._of_object = of_object
        self.account_id = view.account_id
        self.key_arn = view.key_arn
        self.key_aliases = view.key_aliases
        self.upload_encryption = view.upload_encryption
        self.table_key = view.table_key
        self.partition_key = view.partition_key
        self._seen = Encryption(
            answer.header("x-amz-server-side-encryption"),
            answer.header("x-amz-server-side-encryption-aws-kms-key-id"),
            answer.header("x-amz-server-side-encryption-bucket-key-enabled").lower() == "true",
        )

    @property
    def encryption(self) -> Encryption:
        """What the answer says about the object's encryption."""
        return self._seen

    def bucket_default(self, bucket: str) -> Encryption:
        """See `Surroundings.bucket_default`: what a write without a header came to."""
        return self._seen if self._seen.algorithm else self._view.bucket_default(bucket)

    def object_encryption(self, bucket: str, key: str, version: str) -> Encryption | None:
        """See `Surroundings.object_encryption`."""
        return self._seen if self._of_object else self._view.object_encryption(bucket, key, version)


class _Raw:
    """An upstream's answer as botocore reads a response's body."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._answer.buffered()

    def read(self, *_: Any) -> bytes:
        return self._answer.buffered()


class _HeaderMap(dict[str, str]):
    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__({name.lower(): value for name, value in headers})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
