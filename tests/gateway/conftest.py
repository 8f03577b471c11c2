"""Real requests of boto3, caught before they are sent, and a target's surroundings that say what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.needs_of import needs_of
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import recognise

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
MANAGED_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/33333333-3333-4333-8333-333333333333"


class _CaughtError(Exception):
    def __init__(self, request: Any) -> None:
        super().__init__("caught before it was sent")
        self.request = request


def _catch(request: Any, **_: Any) -> None:
    raise _CaughtError(request)


def _as_seen(prepared: Any) -> HttpRequest:
    """What an HTTP server would see of a request of botocore."""
    parts = urlsplit(prepared.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in prepared.headers.items()
    }
    headers.setdefault("host", parts.netloc)
    body = prepared.body
    if body is not None and hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    return HttpRequest(prepared.method, parts.path or "/", parts.query, headers, bytes(body or b""))


class Wire:
    """Clients of boto3 whose requests are caught, signed and ready to be sent."""

    def __init__(self) -> None:
        self._clients: dict[tuple[Any, ...], Any] = {}

    def client(
        self,
        service: str,
        *,
        region: str = REGION,
        style: str = "path",
        endpoint: str | None = "http://127.0.0.1:5000",
        signature: str | None = None,
    ) -> Any:
        """A client of a service; kept, since making one costs more than all its requests."""
        place = (service, region, style, endpoint, signature)
        if place not in self._clients:
            client = boto3.client(
                service,
                region_name=region,
                endpoint_url=endpoint,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",  # noqa: S106  signs what is never sent
                config=Config(
                    s3={"addressing_style": style}, retries={"total_max_attempts": 1}, signature_version=signature
                ),
            )
            client.meta.events.register("before-send", _catch)
            self._clients[place] = client
        return self._clients[place]

    def __call__(
        self, service: str, operation: str, /, *, on: Mapping[str, Any] | None = None, **parameters: Any
    ) -> HttpRequest:
        """The request of an operation, as a server would see it.

        Args:
            service: botocore's name.
            operation: The operation's name.
            on: How the client is made, as for `client`.
            parameters: The operation's parameters.
        """
        client = self.client(service, **(on or {}))
        methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}
        try:
            getattr(client, methods[operation])(**parameters)
        except _CaughtError as caught:
            return _as_seen(caught.request)
        raise AssertionError(f"{service}:{operation} sent nothing")


_TEXTS: Final[Mapping[str, Any]] = {
    "Bucket": "bucket-of-tests",
    "CopySource": "source-bucket/source/key",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/made",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/made",
    "Arn": f"arn:aws:iam::{ACCOUNT}:role/made",
    "BackupArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made/backup/01",
    "ExportArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made/export/01",
    "ImportArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made/import/01",
    "KeyId": KEY,
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/made.example",
    "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/made",
    "ResourceArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made",
    "Role": f"arn:aws:iam::{ACCOUNT}:role/made",
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/made",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/made",
    "StreamArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made/stream/01",
    "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made",
    "TargetPrincipal": ACCOUNT,
    "AliasName": "alias/made",
    "Statement": "SELECT * FROM \"made\" WHERE LockID = 'x'",
}
_PLAIN: Final[Mapping[str, Callable[[int], Any]]] = {
    "blob": lambda least: b"x" * least,
    "boolean": lambda _: True,
    "double": float,
    "float": float,
    "integer": int,
    "long": int,
    "timestamp": lambda _: 1_700_000_000,
}


class Minimal:
    """The least parameters that botocore takes for an operation, made from its model."""

    def parameters(self, client: Any, operation: str) -> dict[str, Any]:
        """Parameters for an operation of a client."""
        shape = client.meta.service_model.operation_model(operation).input_shape
        return self._value(shape, "") if shape is not None else {}

    def _value(self, shape: Any, name: str) -> Any:
        kind, least = shape.type_name, int(shape.metadata.get("min", 1) or 1)
        if kind == "structure":
            names = shape.required_members or (list(shape.members)[:1] if shape.metadata.get("union") else [])
            return {member: self._value(shape.members[member], member) for member in names}
        if kind == "list":
            return [self._value(shape.member, name.removesuffix("s")) for _ in range(least)]
        if kind == "map":
            return {"key": self._value(shape.value, "")}
        return _PLAIN[kind](least) if kind in _PLAIN else self._text(shape, name, least)

    def _text(self, shape: Any, name: str, least: int) -> str:
        if name in _TEXTS:
            return str(_TEXTS[name])
        made = f"arn:aws:made:{REGION}:{ACCOUNT}:made/made" if name.endswith("Arn") else "made-for-tests"
        return str(shape.enum[0]) if getattr(shape, "enum", None) else made.ljust(least, "x")


@dataclass
class Known:
    """Surroundings that a test fills in."""

    account_id: str = ACCOUNT
    keys: dict[str, str] = field(default_factory=lambda: {"alias/state": KEY, "alias/aws/s3": MANAGED_KEY})
    aliases: dict[str, tuple[str, ...]] = field(default_factory=lambda: {KEY: ("alias/state",)})
    default: Encryption = field(default_factory=lambda: Encryption("AES256"))
    objects: dict[tuple[str, str, str], Encryption] = field(default_factory=dict)
    uploads: dict[str, Encryption] = field(default_factory=dict)
    table_keys: dict[str, str] = field(default_factory=dict)
    partition_keys: dict[str, str] = field(default_factory=lambda: {"locks": "LockID"})

    def key_arn(self, key_id: str, region: str) -> str:
        name = key_id.rpartition(":")[2] if ":alias/" in key_id else key_id
        if name in self.keys:
            return self.keys[name]
        for arn in (KEY, OTHER_KEY, MANAGED_KEY):
            if key_id in (arn, arn.rpartition("/")[2]) and f":{region}:" in arn:
                return arn
        return ""

    def key_aliases(self, key_arn: str) -> tuple[str, ...]:
        return self.aliases.get(key_arn, ())

    def bucket_default(self, bucket: str) -> Encryption:  # noqa: ARG002  every bucket is alike here
        return self.default

    def object_encryption(self, bucket: str, key: str, version: str) -> Encryption | None:
        return self.objects.get((bucket, key, version))

    def upload_encryption(self, upload_id: str) -> Encryption | None:
        return self.uploads.get(upload_id)

    def table_key(self, table: str, region: str) -> str:  # noqa: ARG002  one region here
        return self.table_keys.get(table, "")

    def partition_key(self, table: str, region: str) -> str:  # noqa: ARG002  one region here
        return self.partition_keys.get(table, "")


@pytest.fixture(scope="session")
def wire() -> Wire:
    """Makes real requests of boto3."""
    return Wire()


@pytest.fixture(scope="session")
def minimal() -> Minimal:
    """Makes the least parameters of an operation."""
    return Minimal()


@pytest.fixture
def known() -> Known:
    """What is known of the target; a test changes it as it needs."""
    return Known()


@pytest.fixture
def needs(known: Known, wire: Wire) -> Callable[..., tuple[Need, ...]]:
    """Finds the needs of an operation that boto3 sends: `needs("kms", "DescribeKey", KeyId="alias/state")`."""
    user = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/terraform", "aws:PrincipalAccount": ACCOUNT}

    def find(service: str, name: str, /, **parameters: Any) -> tuple[Need, ...]:
        request = wire(service, name, **parameters)
        return needs_of(recognise(request), request, known, user)

    return find


@pytest.fixture(scope="session")
def request_of() -> Callable[..., HttpRequest]:
    """Makes a request by hand: `request_of("GET", "/bucket?acl", service="s3", **{"x-amz-acl": "private"})`."""

    def make(
        method: str,
        target: str,
        *,
        service: str = "s3",
        region: str = REGION,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        signed: bool = True,
    ) -> HttpRequest:
        path, _, query = target.partition("?")
        scope = f"AKIDEXAMPLE/20260101/{region}/{service}/aws4_request"
        sent = {"host": "127.0.0.1:5000"}
        if signed:
            sent["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return HttpRequest(method, path, query, {**sent, **(headers or {})}, body)

    return make
