"""With enforcement off the gateway changes nothing: answers are those of moto asked straight."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from budget import at_night
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.emulator import ADMINISTRATOR

Call = tuple[str, str, dict[str, Any]]

KEYS = st.sampled_from(["a", "a/b", "a//b", "ü", "with space", "dots/../x", "q?x=1&y", "+%2F", "trailing/"])
BUCKETS = st.sampled_from(["first", "second", "not-there"])
BODIES = st.binary(max_size=200) | st.just(b"x" * 100_000)
TEXTS = st.text(max_size=8)
ROWS = st.sampled_from(["one", "two", "ü"]).map(lambda name: {"LockID": {"S": name}})
WHICH_KEY = st.integers(0, 2)


def call(service: str, operation: str, **parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    return st.fixed_dictionaries(dict(parameters)).map(lambda given: (service, operation, given))


CALLS = st.one_of(
    call("s3", "list_buckets"),
    call("s3", "create_bucket", Bucket=BUCKETS),
    call("s3", "put_object", Bucket=BUCKETS, Key=KEYS, Body=BODIES),
    call("s3", "put_object", Bucket=BUCKETS, Key=KEYS, Body=BODIES, Metadata=st.just({"a_b": "c", "d-e": "f"})),
    call("s3", "put_object", Bucket=BUCKETS, Key=KEYS, Body=BODIES, ServerSideEncryption=st.just("AES256")),
    call("s3", "get_object", Bucket=BUCKETS, Key=KEYS),
    call("s3", "get_object", Bucket=BUCKETS, Key=KEYS, Range=st.sampled_from(["bytes=0-3", "bytes=5-", "bytes=900-"])),
    call("s3", "head_object", Bucket=BUCKETS, Key=KEYS),
    call("s3", "delete_object", Bucket=BUCKETS, Key=KEYS),
    call(
        "s3", "copy_object", Bucket=BUCKETS, Key=KEYS, CopySource=KEYS.map(lambda key: {"Bucket": "first", "Key": key})
    ),
    call(
        "s3", "list_objects_v2", Bucket=BUCKETS, Prefix=st.sampled_from(["", "a", "a/", "ü"]), MaxKeys=st.integers(0, 3)
    ),
    call("s3", "delete_objects", Bucket=BUCKETS, Delete=KEYS.map(lambda key: {"Objects": [{"Key": key}]})),
    call("s3", "get_bucket_encryption", Bucket=BUCKETS),
    call("s3", "put_bucket_versioning", Bucket=BUCKETS, VersioningConfiguration=st.just({"Status": "Enabled"})),
    call("s3", "get_bucket_versioning", Bucket=BUCKETS),
    call("s3", "put_bucket_tagging", Bucket=BUCKETS, Tagging=st.just({"TagSet": [{"Key": "a", "Value": "b"}]})),
    call("s3", "get_bucket_tagging", Bucket=BUCKETS),
    call("dynamodb", "list_tables"),
    call("dynamodb", "put_item", TableName=st.sampled_from(["locks", "no"]), Item=ROWS),
    call(
        "dynamodb",
        "put_item",
        TableName=st.just("locks"),
        Item=ROWS,
        ConditionExpression=st.just("attribute_not_exists(LockID)"),
    ),
    call("dynamodb", "get_item", TableName=st.sampled_from(["locks", "no"]), Key=ROWS),
    call("dynamodb", "delete_item", TableName=st.just("locks"), Key=ROWS),
    call("dynamodb", "scan", TableName=st.just("locks")),
    call("dynamodb", "get_item", TableName=st.just("locks"), Key=TEXTS.map(lambda text: {"wrong": {"S": text}})),
    call("kms", "create_key", Description=TEXTS),
    call("kms", "describe_key", KeyId=WHICH_KEY),
    call("kms", "encrypt", KeyId=WHICH_KEY, Plaintext=st.binary(min_size=1, max_size=30)),
    call("kms", "get_key_rotation_status", KeyId=WHICH_KEY),
    call("kms", "list_aliases"),
    call("sts", "get_caller_identity"),
    call("iam", "get_user", UserName=st.sampled_from(["nobody", "ü"])),
)
UNLIKE = {
    "RequestId",
    "HostId",
    "x-amz-request-id",
    "x-amzn-requestid",
    "date",
    "server",
    "last-modified",
    "connection",
}
"""What is another in each answer."""
OF_ITS_OWN = {
    "KeyId",
    "Arn",
    "CreationDate",
    "LastModified",
    "VersionId",
    "CiphertextBlob",
    "x-amz-version-id",
    "DeleteMarkerVersionId",
}
"""What a server makes up itself: there or not there is compared, not what it is."""


@dataclass
class Side:
    """One of the two ways to moto."""

    endpoint: str
    keys: list[str] = field(default_factory=list)

    def start_afresh(self) -> None:
        urllib.request.urlopen(f"{self.endpoint}/moto-api/reset", data=b"", timeout=10).close()  # noqa: S310  # loopback
        self.keys = []
        self.client("s3").create_bucket(Bucket="first")
        self.client("dynamodb").create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def client(self, service: str) -> Any:
        if service not in self.__dict__:
            self.__dict__[service] = make_client(
                service, endpoint=self.endpoint, region="us-east-1", access_key=ADMINISTRATOR, secret_key=ADMINISTRATOR
            )
        return self.__dict__[service]

    def answer(self, wanted: Call) -> Any:
        service, operation, parameters = wanted
        given = dict(parameters)
        if isinstance(given.get("KeyId"), int):
            number = given["KeyId"]
            given["KeyId"] = self.keys[number] if number < len(self.keys) else "99999999-9999-4999-8999-999999999999"
        client = self.client(service)
        try:
            found = getattr(client, operation)(**given)
        except client.exceptions.ClientError as error:
            return plain(error.response)
        if operation == "create_key":
            self.keys.append(found["KeyMetadata"]["KeyId"])
        if service == "kms":
            # A point in time is a number of more or fewer digits.
            del found["ResponseMetadata"]["HTTPHeaders"]["content-length"]
        return plain(found)


def plain(value: Any) -> Any:
    """An answer without what is another each time."""
    if isinstance(value, dict):
        return {
            name: "..." if name in OF_ITS_OWN else plain(item) for name, item in value.items() if name not in UNLIKE
        }
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.read() if hasattr(value, "read") else value


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    straight = ThreadedMotoServer(port=0, verbose=False)
    straight.start()
    host, port = straight.get_host_and_port()
    with EmbeddedTarget(tmp_path_factory.mktemp("gateway") / "target.log") as target:
        yield Side(f"http://{host.replace('localhost', '127.0.0.1')}:{port}"), Side(target.endpoint)
    straight.stop()


@given(st.lists(CALLS, min_size=1, max_size=12))
@settings(
    max_examples=at_night(400, 25), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_answers_are_those_of_moto(sides: tuple[Side, Side], calls: list[Call]) -> None:
    straight, through = sides
    for side in sides:
        side.start_afresh()

    for wanted in calls:
        assert through.answer(wanted) == straight.answer(wanted), wanted
