"""What requests need: the direct actions and their context, and the calls to KMS that services make for the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tfproof.errors import TfproofError
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.needs_of import UnmappedOperation, needs_of
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import Operation, recognise

RequestOf = Callable[..., HttpRequest]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
MANAGED_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/33333333-3333-4333-8333-333333333333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/made"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/locks"
BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a/b"
PRINCIPAL = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/terraform", "aws:PrincipalAccount": ACCOUNT}


@pytest.fixture
def needs(known: Any) -> Callable[..., tuple[Need, ...]]:
    """Needs of a request in the surroundings of `known`."""

    def find(request: HttpRequest, principal: Mapping[str, str] = PRINCIPAL) -> tuple[Need, ...]:
        return needs_of(recognise(request), request, known, principal, now=NOW)

    return find


def pairs(found: tuple[Need, ...]) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found]


# Section 4.2 of AWS's mapping, row by row: request, and the actions with their resources.
S3 = [
    ("GET /", {}, [("s3:ListAllMyBuckets", "*")]),
    ("GET /bucket?list-type=2", {}, [("s3:ListBucket", BUCKET)]),
    ("GET /bucket", {}, [("s3:ListBucket", BUCKET)]),
    ("HEAD /bucket", {}, [("s3:ListBucket", BUCKET)]),
    ("GET /bucket?versions", {}, [("s3:ListBucketVersions", BUCKET)]),
    ("GET /bucket?uploads", {}, [("s3:ListBucketMultipartUploads", BUCKET)]),
    ("PUT /bucket", {}, [("s3:CreateBucket", BUCKET)]),
    ("PUT /bucket", {"x-amz-acl": "private"}, [("s3:CreateBucket", BUCKET)]),
    ("PUT /bucket", {"x-amz-acl": "public-read"}, [("s3:CreateBucket", BUCKET), ("s3:PutBucketAcl", BUCKET)]),
    ("PUT /bucket", {"x-amz-object-ownership": "ObjectWriter"},
     [("s3:CreateBucket", BUCKET), ("s3:PutBucketOwnershipControls", BUCKET)]),
    ("PUT /bucket", {"x-amz-bucket-object-lock-enabled": "true"},
     [("s3:CreateBucket", BUCKET), ("s3:PutBucketObjectLockConfiguration", BUCKET),
      ("s3:PutBucketVersioning", BUCKET)]),
    ("DELETE /bucket", {}, [("s3:DeleteBucket", BUCKET)]),
    ("HEAD /bucket/a/b", {}, [("s3:GetObject", OBJECT)]),
    ("HEAD /bucket/a/b?versionId=1", {}, [("s3:GetObjectVersion", OBJECT)]),
    ("GET /bucket/a/b", {}, [("s3:GetObject", OBJECT)]),
    ("GET /bucket/a/b?versionId=1", {}, [("s3:GetObjectVersion", OBJECT)]),
    ("GET /bucket/a/b?uploadId=U", {}, [("s3:ListMultipartUploadParts", OBJECT)]),
    ("PUT /bucket/a/b", {}, [("s3:PutObject", OBJECT)]),
    ("PUT /bucket/a/b", {"x-amz-acl": "private"}, [("s3:PutObject", OBJECT), ("s3:PutObjectAcl", OBJECT)]),
    ("PUT /bucket/a/b", {"x-amz-grant-read": "id=1"}, [("s3:PutObject", OBJECT), ("s3:PutObjectAcl", OBJECT)]),
    ("PUT /bucket/a/b", {"x-amz-tagging": "a=b"}, [("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT)]),
    ("PUT /bucket/a/b", {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-legal-hold": "ON"},
     [("s3:PutObject", OBJECT), ("s3:PutObjectRetention", OBJECT), ("s3:PutObjectLegalHold", OBJECT)]),
    ("PUT /bucket/a/b", {"x-amz-copy-source": "/from-b/k%20k"},
     [("s3:PutObject", OBJECT), ("s3:GetObject", "arn:aws:s3:::from-b/k k")]),
    ("PUT /bucket/a/b", {"x-amz-copy-source": "from-b/k?versionId=1"},
     [("s3:PutObject", OBJECT), ("s3:GetObjectVersion", "arn:aws:s3:::from-b/k")]),
    ("PUT /bucket/a/b?partNumber=1&uploadId=U", {}, [("s3:PutObject", OBJECT)]),
    ("PUT /bucket/a/b?partNumber=1&uploadId=U", {"x-amz-copy-source": "from-b/k"},
     [("s3:PutObject", OBJECT), ("s3:GetObject", "arn:aws:s3:::from-b/k")]),
    ("POST /bucket/a/b?uploads", {}, [("s3:PutObject", OBJECT)]),
    ("POST /bucket/a/b?uploadId=U", {}, [("s3:PutObject", OBJECT)]),
    ("DELETE /bucket/a/b?uploadId=U", {}, [("s3:AbortMultipartUpload", OBJECT)]),
    ("DELETE /bucket/a/b", {}, [("s3:DeleteObject", OBJECT)]),
    ("DELETE /bucket/a/b?versionId=1", {}, [("s3:DeleteObjectVersion", OBJECT)]),
    ("DELETE /bucket/a/b", {"x-amz-bypass-governance-retention": "true"},
     [("s3:DeleteObject", OBJECT), ("s3:BypassGovernanceRetention", OBJECT)]),
    ("GET /bucket/a/b?attributes", {"x-amz-object-attributes": "ETag"},
     [("s3:GetObjectAttributes", OBJECT), ("s3:GetObject", OBJECT)]),
    ("GET /bucket/a/b?attributes&versionId=1", {"x-amz-object-attributes": "ETag"},
     [("s3:GetObjectVersionAttributes", OBJECT), ("s3:GetObjectVersion", OBJECT)]),
    ("GET /bucket/a/b?acl", {}, [("s3:GetObjectAcl", OBJECT)]),
    ("PUT /bucket/a/b?acl&versionId=1", {}, [("s3:PutObjectVersionAcl", OBJECT)]),
    ("GET /bucket/a/b?tagging&versionId=1", {}, [("s3:GetObjectVersionTagging", OBJECT)]),
    ("DELETE /bucket/a/b?tagging", {}, [("s3:DeleteObjectTagging", OBJECT)]),
    ("GET /bucket/a/b?retention", {}, [("s3:GetObjectRetention", OBJECT)]),
    ("GET /bucket/a/b?legal-hold", {}, [("s3:GetObjectLegalHold", OBJECT)]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "headers", "expected"), S3, ids=lambda value: str(value)[:60])
def test_s3_actions(
    needs: Any, request_of: RequestOf, line: str, headers: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    method, _, target = line.partition(" ")
    found = needs(request_of(method, target, headers=headers))
    assert pairs(found) == expected
    assert found[0].basis is Basis.OBSERVED
    assert all(need.basis is Basis.MODELLED and need.source for need in found[1:])
    assert not any(need.implied for need in found)


# GET, PUT and DELETE of a bucket's configuration: "" where S3 has no such operation.
SUB_RESOURCES = {
    "versioning": ("GetBucketVersioning", "PutBucketVersioning", ""),
    "encryption": ("GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"),
    "policy": ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "policyStatus": ("GetBucketPolicyStatus", "", ""),
    "acl": ("GetBucketAcl", "PutBucketAcl", ""),
    "location": ("GetBucketLocation", "", ""),
    "lifecycle": ("GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"),
    "logging": ("GetBucketLogging", "PutBucketLogging", ""),
    "tagging": ("GetBucketTagging", "PutBucketTagging", "PutBucketTagging"),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "ownershipControls": ("GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"),
    "object-lock": ("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration", ""),
    "replication": ("GetReplicationConfiguration", "PutReplicationConfiguration", "PutReplicationConfiguration"),
    "cors": ("GetBucketCORS", "PutBucketCORS", "PutBucketCORS"),
    "website": ("GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
    "accelerate": ("GetAccelerateConfiguration", "PutAccelerateConfiguration", ""),
    "requestPayment": ("GetBucketRequestPayment", "PutBucketRequestPayment", ""),
    "notification": ("GetBucketNotification", "PutBucketNotification", ""),
}
ROLE_IN_BODY = f"<ReplicationConfiguration><Role>{ROLE}</Role></ReplicationConfiguration>".encode()


@pytest.mark.parametrize("sub_resource", SUB_RESOURCES)
@pytest.mark.parametrize(("column", "method"), [(0, "GET"), (1, "PUT"), (2, "DELETE")])
def test_configurations_of_a_bucket(
    needs: Any, request_of: RequestOf, sub_resource: str, column: int, method: str
) -> None:
    action = SUB_RESOURCES[sub_resource][column]
    body = ROLE_IN_BODY if sub_resource == "replication" and method == "PUT" else b""
    request = request_of(method, f"/bucket?{sub_resource}", body=body)
    if not action:
        assert recognise(request).name == ""
        return
    assert pairs(needs(request))[0] == (f"s3:{action}", BUCKET)
    assert len(needs(request)) == 1 + (sub_resource == "replication" and method == "PUT")


def test_a_replication_passes_its_role(needs: Any, request_of: RequestOf) -> None:
    _, passed = needs(request_of("PUT", "/bucket?replication", body=ROLE_IN_BODY))
    assert (passed.action, passed.resource) == ("iam:PassRole", ROLE)
    assert passed.context["iam:PassedToService"] == "s3.amazonaws.com"
    assert (passed.basis, passed.implied) == (Basis.MODELLED, False)
    assert "PutBucketReplication" in passed.source


def test_a_multiple_delete_needs_its_action_on_every_key(needs: Any, wire: Any) -> None:
    asked = {"Objects": [{"Key": "a"}, {"Key": "b/c", "VersionId": "7"}]}
    found = needs(wire("s3", "DeleteObjects", Bucket="bucket", Delete=asked))
    assert pairs(found) == [("s3:DeleteObject", f"{BUCKET}/a"), ("s3:DeleteObjectVersion", f"{BUCKET}/b/c")]
    assert "s3:versionid" not in found[0].context
    assert found[1].context["s3:versionid"] == "7"


def test_tags_of_buckets_through_s3_control(needs: Any, wire: Any) -> None:
    common = {"AccountId": ACCOUNT, "ResourceArn": BUCKET}
    read = needs(wire("s3control", "ListTagsForResource", **common))
    write = needs(wire("s3control", "TagResource", Tags=[{"Key": "team", "Value": "infra"}], **common))
    remove = needs(wire("s3control", "UntagResource", TagKeys=["team", "cost"], **common))
    assert pairs(read + write + remove) == [
        ("s3:ListTagsForResource", BUCKET),
        ("s3:TagResource", BUCKET),
        ("s3:UntagResource", BUCKET),
    ]
    assert write[0].context["aws:RequestTag/team"] == "infra"
    assert write[0].context["aws:TagKeys"] == ["team"]
    assert remove[0].context["aws:TagKeys"] == ["team", "cost"]


# Section 4.4: where each key comes from, and that it is absent without its source.
def test_keys_that_every_request_has(needs: Any, request_of: RequestOf) -> None:
    (need,) = needs(request_of("GET", "/bucket", headers={"user-agent": "Terraform/1.11.4"}))
    expected = {
        **PRINCIPAL,
        "aws:SecureTransport": False,
        "aws:SourceIp": "127.0.0.1",
        "aws:RequestedRegion": "eu-west-1",
        "aws:UserAgent": "Terraform/1.11.4",
        "aws:CurrentTime": "2026-01-02T03:04:05Z",
        "aws:EpochTime": int(NOW.timestamp()),
        "aws:ResourceAccount": ACCOUNT,
        "s3:ResourceAccount": ACCOUNT,
        "s3:authType": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }
    assert need.context == expected


def test_what_has_no_source_is_absent(needs: Any, request_of: RequestOf) -> None:
    (need,) = needs(request_of("PUT", "/bucket/key", signed=False), {})
    assert set(need.context) == {
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:SecureTransport",
        "aws:SourceIp",
        "s3:ResourceAccount",
    }


@pytest.mark.parametrize(
    ("line", "headers", "key", "value"),
    [
        ("GET /bucket?list-type=2&prefix=env%3A%2F", {}, "s3:prefix", "env:/"),
        ("GET /bucket?prefix=", {}, "s3:prefix", ""),
        ("GET /bucket?list-type=2&max-keys=1000", {}, "s3:max-keys", "1000"),
        ("GET /bucket?versions&delimiter=/", {}, "s3:delimiter", "/"),
        ("PUT /bucket/k", {"x-amz-server-side-encryption": "AES256"}, "s3:x-amz-server-side-encryption", "AES256"),
        ("PUT /bucket/k", {"x-amz-acl": "private"}, "s3:x-amz-acl", "private"),
        ("PUT /bucket/k", {"if-none-match": "*"}, "s3:if-none-match", "*"),
        ("PUT /bucket/k", {"if-match": '"e"'}, "s3:if-match", '"e"'),
        ("PUT /bucket/k", {"x-amz-content-sha256": "00ff"}, "s3:x-amz-content-sha256", "00ff"),
        ("PUT /bucket/k", {"x-amz-storage-class": "STANDARD"}, "s3:x-amz-storage-class", "STANDARD"),
        ("PUT /bucket/k", {"x-amz-copy-source": "from-b/k"}, "s3:x-amz-copy-source", "from-b/k"),
        ("PUT /bucket/k", {"x-amz-tagging": "team=in%20fra"}, "s3:RequestObjectTag/team", "in fra"),
        ("PUT /bucket/k", {"x-amz-tagging": "a=1&b=2"}, "s3:RequestObjectTagKeys", ["a", "b"]),
        ("PUT /bucket/k", {"x-amz-object-lock-mode": "GOVERNANCE"}, "s3:object-lock-mode", "GOVERNANCE"),
        ("GET /bucket/k?versionId=7", {}, "s3:versionid", "7"),
        (
            "POST /bucket/k?uploads",
            {"x-amz-server-side-encryption": "AES256"},
            "s3:x-amz-server-side-encryption",
            "AES256",
        ),
        (
            "PUT /bucket/k",
            {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
            "s3:x-amz-server-side-encryption-customer-algorithm",
            "AES256",
        ),
    ],
)
def test_keys_of_s3_come_from_the_request_alone(
    *,
    needs: Any,
    request_of: RequestOf,
    known: Any,
    line: str,
    headers: dict[str, str],
    key: str,
    value: Any,
) -> None:
    known.default = Encryption("aws:kms", KEY, bucket_key=True)
    method, _, target = line.partition(" ")
    assert needs(request_of(method, target, headers=headers))[0].context[key] == value
    plain = target if target.endswith("?uploads") else target.partition("?")[0]
    bare = needs(request_of(method, plain, headers={"content-length": "0"}))[0]
    assert key not in bare.context


@pytest.mark.parametrize("sent", ["alias/state", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/state", KEY, KEY[-36:]])
def test_the_key_in_the_header_is_compared_as_an_arn(needs: Any, request_of: RequestOf, sent: str) -> None:
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": sent}
    writing, generating = needs(request_of("PUT", "/bucket/key", headers=headers))
    assert writing.context["s3:x-amz-server-side-encryption-aws-kms-key-id"] == KEY
    assert generating.resource == KEY
    assert generating.context.get("kms:RequestAlias") == ("alias/state" if "alias" in sent else None)


def test_the_age_of_a_presigned_address(needs: Any, request_of: RequestOf) -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260102%2Feu-west-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20260102T030400Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
    )
    (need,) = needs(request_of("GET", f"/bucket/key?{query}", signed=False))
    assert need.context["s3:authType"] == "REST-QUERY-STRING"
    assert need.context["s3:signatureAge"] == 5000


# Nothing is waved through.
@pytest.mark.parametrize(
    "operation",
    [
        Operation("s3", "", problem="no such thing"),
        Operation("ec2", "DescribeInstances"),
        Operation("s3", "MakeCoffee"),
        Operation("s3", "GetObject"),
        Operation("s3", "CreateSession", parameters={"Bucket": "bucket"}),
        Operation(
            "s3", "CopyObject", parameters={"Bucket": "b", "Key": "k", "CopySource": "arn:aws:s3:r:1:accesspoint/x"}
        ),
        Operation("s3", "CopyObject", parameters={"Bucket": "b", "Key": "k", "CopySource": "nothing"}),
        Operation("s3", "DeleteObjects", parameters={"Bucket": "b", "Delete": {"Objects": []}}),
        Operation("dynamodb", "GetItem", parameters={"TableName": 5}),
        Operation("dynamodb", "BatchGetItem", parameters={"RequestItems": {}}),
        Operation("dynamodb", "BatchGetItem", parameters={"RequestItems": {"locks": {"Keys": []}}}),
        Operation("dynamodb", "TransactWriteItems", parameters={"TransactItems": [{}]}),
        Operation("dynamodb", "ExecuteStatement", parameters={"Statement": "EXPLAIN everything"}),
        Operation("kms", "Decrypt", parameters={"CiphertextBlob": "c2VhbGVk"}),
        Operation("kms", "DescribeKey"),
        Operation("kms", "RetireGrant", parameters={"GrantToken": "t"}),
        Operation("iam", "CreateServiceLinkedRole", parameters={"AWSServiceName": "x.amazonaws.com"}),
        Operation("iam", "GetRole"),
        Operation("sts", "AssumeRole"),
        Operation("sts", "AssumeRole", parameters={"RoleArn": "made"}),
        Operation("iam", "SimulatePrincipalPolicy", parameters={"PolicySourceArn": "made"}),
    ],
    ids=lambda operation: f"{operation.service}:{operation.name} {operation.parameters}"[:70],
)
def test_what_is_not_mapped_is_an_error(known: Any, operation: Operation) -> None:
    with pytest.raises(UnmappedOperation) as caught:
        needs_of(operation, HttpRequest("POST", "/", "", {}), known, PRINCIPAL)
    assert isinstance(caught.value, TfproofError)
    assert operation.service in str(caught.value)
    assert caught.value.reason
