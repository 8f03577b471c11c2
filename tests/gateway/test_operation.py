"""Every operation that boto3 can send is recognised as itself, and nothing else is."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import pytest

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.recognition.operation import Operation, needs_body, recognise

RequestOf = Callable[..., HttpRequest]

# On the wire these are another operation, or go to another service.
ALIKE = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
OTHER_SERVICES = {"ListDirectoryBuckets": "s3express", "WriteGetObjectResponse": "s3-object-lambda"}


def named(request: HttpRequest) -> str:
    operation = recognise(request)
    return f"{operation.service}:{operation.name}"


@pytest.mark.parametrize(
    "on",
    [
        {"style": "path"},
        {"style": "virtual", "endpoint": "http://s3.localhost:4566"},
        {"style": "virtual", "endpoint": None},
    ],
    ids=["path", "virtual host of an emulator", "virtual host of AWS"],
)
def test_every_operation_of_s3_is_recognised_as_itself(wire: Any, minimal: Any, on: dict[str, Any]) -> None:
    client = wire.client("s3", **on)
    wrong = {}
    for name in client.meta.service_model.operation_names:
        parameters = minimal.parameters(client, name)
        if name in ("CreateSession", "ListDirectoryBuckets", "RenameObject") and on["style"] == "virtual":
            continue  # boto3 resolves these for directory buckets only
        if name == "WriteGetObjectResponse" and on.get("endpoint", "") is not None:
            parameters["RequestRoute"] = "127"  # it becomes a label of the host
        found = recognise(wire("s3", name, on=on, **parameters))
        expected = OTHER_SERVICES.get(name, "s3"), "" if name in OTHER_SERVICES else ALIKE.get(name, name)
        if (found.service, found.name) != expected:
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize("service", ["dynamodb", "kms", "sts", "iam"])
def test_every_operation_of_the_other_services_is_recognised_as_itself(wire: Any, minimal: Any, service: str) -> None:
    client = wire.client(service)
    wrong = {}
    for name in client.meta.service_model.operation_names:
        request = wire(service, name, **minimal.parameters(client, name))
        found = recognise(request)
        if (found.service, found.name, found.problem) != (service, name, ""):
            wrong[name] = found
        assert needs_body(request.method, request.headers, request.path, request.query), name
    assert wrong == {}


def test_streams_of_dynamodb_share_its_service(wire: Any) -> None:
    assert named(wire("dynamodbstreams", "ListStreams")) == "dynamodb:ListStreams"


@pytest.mark.parametrize("name", ["ListTagsForResource", "TagResource", "UntagResource"])
def test_tags_of_s3_control_are_recognised(wire: Any, name: str) -> None:
    more: dict[str, Any] = {
        "TagResource": {"Tags": [{"Key": "a", "Value": "b"}]},
        "UntagResource": {"TagKeys": ["a", "b"]},
    }
    request = wire("s3control", name, AccountId="123456789012", ResourceArn="arn:aws:s3:::b-b", **more.get(name, {}))
    operation = recognise(request)
    assert (operation.service, operation.name) == ("s3", name)
    assert operation.parameters["ResourceArn"] == "arn:aws:s3:::b-b"
    assert {key: operation.parameters[key] for key in more.get(name, {})} == more.get(name, {})


def test_operations_of_s3_control_never_pass_for_those_of_s3_that_share_their_name(wire: Any, minimal: Any) -> None:
    control, s3 = wire.client("s3control", endpoint=None), wire.client("s3")
    shared = set(control.meta.service_model.operation_names) & set(s3.meta.service_model.operation_names)
    assert {"GetPublicAccessBlock", "DeleteBucket", "GetBucketPolicy"} <= shared
    wrong = {}
    for name in shared:
        parameters = minimal.parameters(control, name)
        if "AccountId" in control.meta.service_model.operation_model(name).input_shape.members:
            parameters["AccountId"] = "123456789012"
        if "Bucket" in parameters:
            parameters["Bucket"] = "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01/bucket/made"
        found = recognise(wire("s3control", name, on={"endpoint": None}, **parameters))
        if found.name:
            wrong[name] = found
    assert wrong == {}


# Section "Requests on the wire": what Terraform's backend sends, recorded.
TERRAFORM = [
    ("GET", "/B-b?list-type=2&max-keys=1000&prefix=env%3A%2F", {}, "ListObjectsV2",
     {"Bucket": "B-b", "Prefix": "env:/", "MaxKeys": "1000"}),
    ("HEAD", "/bucket/env%3A/dev/key", {}, "HeadObject", {"Bucket": "bucket", "Key": "env:/dev/key"}),
    ("GET", "/bucket/key?x-id=GetObject", {"x-amz-checksum-mode": "ENABLED", "range": "bytes=0-5242879"}, "GetObject",
     {"Key": "key", "ChecksumMode": "ENABLED", "Range": "bytes=0-5242879"}),
    ("PUT", "/bucket/key?x-id=PutObject",
     {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "k"}, "PutObject",
     {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}),
    ("PUT", "/bucket/key.tflock?x-id=PutObject", {"if-none-match": "*"}, "PutObject",
     {"Key": "key.tflock", "IfNoneMatch": "*"}),
    ("POST", "/bucket/key?uploads=", {"x-amz-checksum-algorithm": "SHA256"}, "CreateMultipartUpload", {"Key": "key"}),
    ("PUT", "/bucket/key?partNumber=3&uploadId=U&x-id=UploadPart", {"expect": "100-continue"}, "UploadPart",
     {"PartNumber": "3", "UploadId": "U"}),
    ("POST", "/bucket/key?uploadId=U", {}, "CompleteMultipartUpload", {"UploadId": "U"}),
    ("DELETE", "/bucket/key?uploadId=U&x-id=AbortMultipartUpload", {}, "AbortMultipartUpload", {"UploadId": "U"}),
    ("DELETE", "/bucket/env%3A/dev/key?x-id=DeleteObject", {}, "DeleteObject", {"Key": "env:/dev/key"}),
]  # fmt: skip


@pytest.mark.parametrize("row", TERRAFORM, ids=lambda row: row[3])
def test_requests_of_the_backend(
    request_of: RequestOf, row: tuple[str, str, dict[str, str], str, dict[str, str]]
) -> None:
    method, target, headers, name, parameters = row
    request = request_of(method, target, headers=headers)
    operation = recognise(request)
    assert (operation.service, operation.name, operation.region) == ("s3", name, "eu-west-1")
    assert operation.access_key == "AKIDEXAMPLE"
    assert {key: operation.parameters.get(key) for key in parameters} == parameters
    assert not needs_body(request.method, request.headers, request.path, request.query)


@pytest.mark.parametrize(
    "target",
    [
        "/bucket/key?acl&policy",
        "/bucket/key?unheard-of",
        "/bucket/key?Acl",
        "/bucket?unheard-of",
        "/bucket?list-type=1",
        "/bucket?versioning&versions",
        "/?acl",
        "/bucket?prefix=a&prefix=b",
        "/bucket/key?versionId=a&versionId=b",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "POST", "DELETE"])
def test_what_has_an_unexpected_query_is_no_plain_operation(request_of: RequestOf, method: str, target: str) -> None:
    operation = recognise(request_of(method, target))
    assert operation.name == ""
    assert operation.problem


@pytest.mark.parametrize("target", ["/bucket/key?uploadId=U", "/bucket/key?partNumber=1", "/bucket/key?versionId=1"])
def test_half_of_what_a_part_needs_is_no_put_object(request_of: RequestOf, target: str) -> None:
    assert recognise(request_of("PUT", target)).name == ""


@pytest.mark.parametrize(
    ("method", "target", "headers", "name"),
    [
        ("PUT", "/bucket/key?acl", {}, "PutObjectAcl"),
        ("PUT", "/bucket/key?%61cl", {}, "PutObjectAcl"),
        ("PUT", "/bucket/key?tagging=", {}, "PutObjectTagging"),
        ("PUT", "/bucket?acl=anything", {}, "PutBucketAcl"),
        ("PUT", "/bucket/key", {"x-amz-copy-source": "a-b/c"}, "CopyObject"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=U", {"x-amz-copy-source": "a-b/c"}, "UploadPartCopy"),
        ("PUT", "/bucket/", {}, "CreateBucket"),
        ("GET", "/bucket/", {}, "ListObjects"),
        ("GET", "/", {}, "ListBuckets"),
        ("GET", "", {}, "ListBuckets"),
        ("GET", "/bucket?analytics", {}, "ListBucketAnalyticsConfigurations"),
        ("GET", "/bucket?analytics&id=1", {}, "GetBucketAnalyticsConfiguration"),
    ],
)
def test_sub_resources_and_headers_decide(
    request_of: RequestOf, method: str, target: str, headers: dict[str, str], name: str
) -> None:
    assert recognise(request_of(method, target, headers=headers)).name == name


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/bucket//key", "/key"),
        ("/bucket//", "/"),
        ("/bucket/a//b", "a//b"),
        ("/bucket/a%2Fb", "a/b"),
        ("/bucket/a%252Fb", "a%2Fb"),
        ("/bucket/../other/key", "../other/key"),
        ("/bucket/./key", "./key"),
        ("/bucket/%E2%82%AC%20+", "€ +"),
        ("/bucket/%zz", "%zz"),
        ("/bucket/a%3Facl", "a?acl"),
        ("/bucket/*", "*"),
    ],
)
def test_a_key_is_what_was_sent_decoded_once(request_of: RequestOf, target: str, key: str) -> None:
    operation = recognise(request_of("GET", target))
    assert (operation.name, operation.parameters["Bucket"], operation.parameters["Key"]) == ("GetObject", "bucket", key)


@pytest.mark.parametrize(
    "target",
    [
        "//bucket/key",
        "/bucket%2Fkey",
        "/%FF/key",
        "/bucket/%FF",
        "/arn%3Aaws%3As3%3A%3A%3Ax/key",
        "bucket/key",
        "*",
        "/b",
    ],
)
def test_paths_that_name_no_bucket_or_no_text_are_no_operation(request_of: RequestOf, target: str) -> None:
    assert recognise(request_of("GET", target)).name == ""


@pytest.mark.parametrize(
    ("host", "bucket", "key"),
    [
        ("state.s3.localhost:4566", "state", "a/b"),
        ("state.s3.eu-west-1.amazonaws.com", "state", "a/b"),
        ("state.s3-us-west-2.amazonaws.com", "state", "a/b"),
        ("state.s3.amazonaws.com", "state", "a/b"),
        ("my.s3.state.s3.amazonaws.com", "my.s3.state", "a/b"),
        ("state.s3.dualstack.eu-west-1.amazonaws.com", "state", "a/b"),
        ("s3.eu-west-1.amazonaws.com", "aaa", "b"),
        ("127.0.0.1:5000", "aaa", "b"),
        ("localhost", "aaa", "b"),
    ],
)
def test_the_host_may_name_the_bucket(request_of: RequestOf, host: str, bucket: str, key: str) -> None:
    path = "/a/b" if bucket != "aaa" else "/aaa/b"
    operation = recognise(request_of("GET", path, headers={"host": host}))
    assert (operation.parameters["Bucket"], operation.parameters["Key"]) == (bucket, key)


@pytest.mark.parametrize(
    "host", ["123456789012.s3-control.eu-west-1.amazonaws.com", "x-1.s3-accesspoint.eu-west-1.amazonaws.com"]
)
def test_other_hosts_of_s3_name_no_bucket(request_of: RequestOf, host: str) -> None:
    assert recognise(request_of("GET", "/bucket/key", headers={"host": host})).name == ""


@pytest.mark.parametrize(
    "header",
    [
        "",
        "junk",
        "Bearer token",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=A/B",
        "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/s3/aws4_requests, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20260101//s3/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20260101/eu west/s3/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/1/r/s3/aws4_request, Credential=B/1/r/sts/aws4_request",
        "AWS4-HMAC-SHA256 " + "x" * 1_000_000,
    ],
)
def test_an_authorization_that_cannot_be_read_is_a_problem(request_of: RequestOf, header: str) -> None:
    operation = recognise(request_of("GET", "/bucket/key", headers={"authorization": header}))
    assert (operation.name, operation.access_key) == ("", "")
    assert operation.problem


def test_version_2_and_asymmetric_signatures_name_the_access_key(request_of: RequestOf) -> None:
    old = recognise(request_of("GET", "/bucket/key", headers={"authorization": "AWS AKOLD:c2ln"}))
    assert (old.name, old.access_key, old.region) == ("GetObject", "AKOLD", "us-east-1")
    text = "AWS4-ECDSA-P256-SHA256 Credential=AKNEW/20260101/s3/aws4_request, SignedHeaders=host, Signature=0"
    new = recognise(request_of("GET", "/bucket/key", headers={"authorization": text, "x-amz-region-set": "eu-west-3"}))
    assert (new.name, new.access_key, new.region) == ("GetObject", "AKNEW", "eu-west-3")


@pytest.mark.parametrize(("signature", "region"), [("s3v4", "eu-west-1"), ("s3", "us-east-1")])
def test_a_presigned_address_is_recognised(wire: Any, signature: str, region: str) -> None:
    client = wire.client("s3", signature=signature)
    address = client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b"})
    path, _, query = address.removeprefix("http://127.0.0.1:5000").partition("?")
    operation = recognise(HttpRequest("GET", path, query, {"host": "127.0.0.1:5000"}))
    assert (operation.name, operation.access_key, operation.region) == ("GetObject", "AKIDEXAMPLE", region)
    assert operation.parameters == {"Bucket": "bucket", "Key": "a b"}


def test_a_presigned_caller_identity_is_recognised(wire: Any) -> None:
    address = wire.client("sts").generate_presigned_url("get_caller_identity")
    path, _, query = address.removeprefix("http://127.0.0.1:5000").partition("?")
    assert named(HttpRequest("GET", path, query, {"host": "127.0.0.1:5000"})) == "sts:GetCallerIdentity"


def test_two_signatures_are_a_problem(request_of: RequestOf) -> None:
    operation = recognise(request_of("GET", "/bucket/key?X-Amz-Credential=B/20260101/eu-west-1/s3/aws4_request"))
    assert operation.name == ""
    assert "both" in operation.problem


def test_what_is_not_signed_is_told_by_its_shape(request_of: RequestOf) -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r&WebIdentityToken=t&RoleSessionName=s"
    web = request_of("POST", "/", headers=form, body=body, signed=False)
    assert named(web) == "sts:AssumeRoleWithWebIdentity"
    assert needs_body(web.method, web.headers, web.path, web.query)
    target = {"x-amz-target": "TrentService.ListKeys"}
    assert named(request_of("POST", "/", headers=target, body=b"{}", signed=False)) == "kms:ListKeys"
    anonymous = recognise(request_of("GET", "/bucket/key", signed=False))
    assert (anonymous.service, anonymous.name, anonymous.access_key) == ("s3", "GetObject", "")
    assert anonymous.region == "us-east-1"


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("dynamodb", "DynamoDB_20120810.MakeCoffee"),
        ("dynamodb", "TrentService.Decrypt"),
        ("dynamodb", "GetItem"),
        ("dynamodb", ""),
        ("kms", "DynamoDB_20120810.GetItem"),
        ("kms", "TrentService.decrypt"),
    ],
)
def test_targets_that_are_no_operation_of_the_signed_service(request_of: RequestOf, service: str, target: str) -> None:
    operation = recognise(request_of("POST", "/", service=service, headers={"x-amz-target": target}, body=b"{}"))
    assert (operation.service, operation.name) == (service, "")


def test_a_target_does_not_turn_a_signed_s3_request_into_another(request_of: RequestOf) -> None:
    request = request_of("PUT", "/bucket/key", headers={"x-amz-target": "DynamoDB_20120810.ListTables"})
    assert named(request) == "s3:PutObject"
    assert not needs_body(request.method, request.headers, request.path, request.query)


def test_other_services_are_named_by_the_scope(request_of: RequestOf) -> None:
    request = request_of("POST", "/", service="ec2", body=b"Action=DescribeInstances")
    assert recognise(request).service == "ec2"
    assert recognise(request).name == ""
    assert not needs_body(request.method, request.headers, request.path, request.query)


@pytest.mark.parametrize(
    ("method", "target", "needed"),
    [
        ("PUT", "/bucket/key", False),
        ("PUT", "/bucket/key?partNumber=1&uploadId=U", False),
        ("POST", "/bucket/key?uploadId=U", False),
        ("GET", "/bucket/key", False),
        ("PUT", "/bucket?policy", False),
        ("PUT", "/bucket/key?nonsense", False),
        ("PUT", "/bucket", True),
        ("PUT", "/bucket?replication", True),
        ("POST", "/bucket?delete", True),
        ("POST", "/bucket?delete=", True),
        ("PUT", "/bucket/key?tagging", True),
        ("PUT", "/bucket/key?retention", True),
        ("PUT", "/bucket/key?legal-hold", True),
    ],
)
def test_only_small_bodies_that_permissions_depend_on_are_read(
    request_of: RequestOf,
    method: str,
    target: str,
    needed: bool,  # noqa: FBT001  a column of the table
) -> None:
    request = request_of(method, target)
    assert needs_body(request.method, request.headers, request.path, request.query) is needed


def test_customer_keys_and_parameters_are_not_shown(request_of: RequestOf) -> None:
    headers = {
        "x-amz-server-side-encryption-customer-key": "c2VjcmV0",
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    }
    operation = recognise(request_of("PUT", "/bucket/key", headers=headers))
    assert "SSECustomerKey" not in operation.parameters
    assert operation.parameters["SSECustomerAlgorithm"] == "AES256"
    secret = Operation("kms", "Encrypt", parameters={"Plaintext": "c2VjcmV0"})
    assert "c2VjcmV0" not in repr(secret)


def test_a_warm_recognition_costs_well_under_0_3_milliseconds(wire: Any) -> None:
    put = wire(
        "s3", "PutObject", Bucket="bucket", Key="key", Body=b"x", SSEKMSKeyId="k", ServerSideEncryption="aws:kms"
    )
    item = wire("dynamodb", "GetItem", TableName="locks", Key={"LockID": {"S": "x"}})

    def once() -> None:
        for request in (put, item):
            recognise(HttpRequest(request.method, request.path, request.query, request.headers, request.body))

    once()
    seconds = min(timeit.repeat(once, number=50, repeat=5)) / 100
    assert seconds < 0.000_3
