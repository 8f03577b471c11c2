"""Whatever comes in, there is an operation or an error of ours: never another exception, never needs out of nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tfproof.errors import TfproofError
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.needs_of import needs_of
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import Operation, needs_body, recognise
from tfproof.gateway.recognition.service_models import operation_names
from tfproof.iam.request import Request

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PRINCIPAL = {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/made", "aws:PrincipalAccount": "123456789012"}


class Anything:
    """Surroundings in which everything is encrypted by one key, so that every rule has its say."""

    account_id = "123456789012"
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-4111-8111-111111111111"

    def key_arn(self, key_id: str, region: str) -> str:  # noqa: ARG002
        return "" if "x" in key_id else self.key

    def key_aliases(self, key_arn: str) -> tuple[str, ...]:  # noqa: ARG002
        return ("alias/made",)

    def bucket_default(self, bucket: str) -> Encryption:  # noqa: ARG002
        return Encryption("aws:kms", self.key)

    def object_encryption(self, bucket: str, key: str, version: str) -> Encryption | None:  # noqa: ARG002
        return Encryption("aws:kms", self.key, bucket_key=True)

    def upload_encryption(self, upload_id: str) -> Encryption | None:  # noqa: ARG002
        return None

    def table_key(self, table: str, region: str) -> str:  # noqa: ARG002
        return self.key

    def partition_key(self, table: str, region: str) -> str:  # noqa: ARG002
        return "LockID"


words = st.sampled_from(
    ["acl", "uploads", "uploadId", "partNumber", "versionId", "delete", "tagging", "list-type", "2", "x-id", "prefix"]
)
texts = st.one_of(words, st.text(max_size=20))
queries = st.lists(st.tuples(texts, texts), max_size=4).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs))
paths = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.one_of(st.sampled_from(["bucket", "v20180820", "tags", "", ".", "..", "%2F", "%FF"]), texts), max_size=5
    ).map(lambda parts: "/" + "/".join(parts)),
)
services = st.sampled_from(["s3", "dynamodb", "kms", "sts", "iam", "ec2", "S3", ""])
authorizations = st.one_of(
    st.text(max_size=60),
    services.map(lambda name: f"AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/{name}/aws4_request, Signature=0"),
)
targets = st.one_of(
    st.text(max_size=30),
    st.sampled_from(sorted(operation_names("dynamodb"))).map(lambda name: f"DynamoDB_20120810.{name}"),
    st.sampled_from(sorted(operation_names("kms"))).map(lambda name: f"TrentService.{name}"),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "authorization": authorizations,
        "content-type": st.sampled_from(["application/x-www-form-urlencoded", "application/json", ""]),
        "host": texts,
        "x-amz-account-id": texts,
        "x-amz-acl": texts,
        "x-amz-copy-source": texts,
        "x-amz-region-set": texts,
        "x-amz-server-side-encryption": st.sampled_from(["aws:kms", "AES256", ""]),
        "x-amz-server-side-encryption-aws-kms-key-id": texts,
        "x-amz-server-side-encryption-context": texts,
        "x-amz-tagging": texts,
        "x-amz-target": targets,
    },
)
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"{}", b"<Delete><Object><Key>a</Key></Object></Delete>", b"Action=GetUser&Version=2010-05-08"]),
)


def as_evaluator_takes_it(operation: Operation, request: HttpRequest) -> None:
    """Its needs are there, and each can be put to the evaluator; or an error of ours says why not."""
    try:
        needs = needs_of(operation, request, Anything(), PRINCIPAL, now=NOW)
    except TfproofError:
        return
    assert needs
    for need in needs:
        Request(need.action, need.resource, context=need.context)


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", ""]),
    path=paths,
    query=st.one_of(queries, st.text(max_size=30)),
    headers=headers,
    body=bodies,
)
@example(method="PUT", path="/bucket/key", query="", headers={"authorization": "A" * 100_000}, body=b"")
@example(method="GET", path="/" + "a/" * 100_000, query="", headers={}, body=b"")
def test_any_request_is_an_operation(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
    request = HttpRequest(method, path, query, headers, body)
    needs_body(method, headers, path, query)
    operation = recognise(request)
    assert bool(operation.name) is not bool(operation.problem)
    as_evaluator_takes_it(operation, request)


MEMBERS = st.sampled_from(
    re.findall(
        r"\w+",
        """
        TableName Key Item RequestItems TransactItems Statement Statements TransactStatements Tags KeyId AliasName
        TargetKeyId SourceKeyId CiphertextBlob EncryptionContext SSESpecification BackupArn ResourceArn Constraints
        ExpressionAttributeNames ReplicaUpdates TargetTableName DestinationKeyId ReplicaRegion KMSMasterKeyId Keys
        PutRequest DeleteRequest Get Put Update Delete ConditionCheck LockID S N IndexName KeyConditions TagKeys
        KeyConditionExpression ExpressionAttributeValues AttributesToGet Operations EncryptionContextEquals TagKey
        """,
    )
)
json_values: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), MEMBERS, st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(MEMBERS, inner, max_size=3)),
    max_leaves=8,
)


@given(
    service=st.sampled_from(["dynamodb", "kms"]),
    choice=st.integers(min_value=0),
    parameters=st.dictionaries(MEMBERS, json_values, max_size=5),
)
def test_any_json_body_has_needs_or_an_error_of_ours(service: str, choice: int, parameters: dict[str, Any]) -> None:
    names = sorted(operation_names(service))
    operation = Operation(service, names[choice % len(names)], parameters=parameters)
    as_evaluator_takes_it(operation, HttpRequest("POST", "/", "", {}))


@given(
    service=st.sampled_from(["sts", "iam"]),
    choice=st.integers(min_value=0),
    parameters=st.dictionaries(
        st.sampled_from(["RoleArn", "UserName", "RoleName", "PolicyArn", "Path", "Tags.member.1.Key", "Name", "Arn"]),
        st.text(max_size=10),
        max_size=5,
    ),
)
def test_any_form_has_needs_or_an_error_of_ours(service: str, choice: int, parameters: dict[str, Any]) -> None:
    names = sorted(operation_names(service))
    operation = Operation(service, names[choice % len(names)], parameters=parameters)
    as_evaluator_takes_it(operation, HttpRequest("POST", "/", "", {}))
