"""Every operation of the five services has needs that AWS's Service Authorization Reference knows, or a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tfproof.gateway.needs import dynamodb_needs, iam_resources, kms_needs, s3_actions
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.needs_of import UnmappedOperation, needs_of
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import recognise

REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "authorization_reference.json").read_text())
PRINCIPAL = {
    "aws:PrincipalArn": "arn:aws:iam::123456789012:user/made",
    "aws:PrincipalAccount": "123456789012",
    "aws:PrincipalType": "User",
    "aws:userid": "AIDAMADE",
    "aws:username": "made",
}
# Of every request: IAM User Guide, AWS global condition context keys.
GLOBAL = {
    *PRINCIPAL,
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:UserAgent",
}
# The key has no ARN before it is made; AWS's own examples allow this on every resource.
ON_NO_RESOURCE = {"kms:TagResource"}
# Properties of the key, listed with the resource in the reference and with no action.
OF_KEYS = {"kms:ResourceAliases", "kms:MultiRegion"}

NOT_MAPPED: dict[str, Mapping[str, str]] = {
    "s3": {
        **s3_actions.NOT_MAPPED,
        **dict.fromkeys(("ListDirectoryBuckets", "WriteGetObjectResponse"), "it is sent to another service"),
    },
    "dynamodb": dynamodb_needs.NOT_MAPPED,
    "kms": kms_needs.NOT_MAPPED,
    "sts": {},
    "iam": iam_resources.NOT_MAPPED,
}
# Where the least parameters do not say enough.
MORE: dict[str, dict[str, dict[str, Any]]] = {
    "dynamodb": {
        "BatchGetItem": {"RequestItems": {"locks": {"Keys": [{"LockID": {"S": "a"}}]}}},
        "BatchWriteItem": {"RequestItems": {"locks": [{"DeleteRequest": {"Key": {"LockID": {"S": "a"}}}}]}},
        "RestoreTableToPointInTime": {"SourceTableName": "locks"},
        "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": "locks", "Item": {"LockID": {"S": "a"}}}}]},
    },
    "kms": {
        "Decrypt": {"KeyId": "alias/state"},
        "ReEncrypt": {"SourceKeyId": "alias/state", "DestinationKeyId": "alias/state"},
        "RetireGrant": {"KeyId": "alias/state", "GrantId": "0" * 64},
    },
}


class _Locks:
    """Surroundings of `Known`, with everything encrypted, so that the implied calls are there too."""

    @staticmethod
    def fill(known: Any, key: str) -> None:
        known.default = Encryption("aws:kms", key, bucket_key=True)
        known.objects = _Everything(known.default)
        known.uploads = _Everything(known.default)
        known.table_keys = _Everything(key)


class _Everything(dict[Any, Any]):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self._value = value

    def get(self, _key: Any, _default: Any = None) -> Any:
        return self._value


def _pattern(template: str) -> str:
    # A bucket's template must not take an object's ARN, so only the last part of a name may have slashes.
    parts = re.split(r"\$\{(\w+)\}", template)
    found = [re.escape(part) if place % 2 == 0 else _part(part) for place, part in enumerate(parts)]
    return "".join(found) + r"\Z"


def _part(name: str) -> str:
    return r"[^:]+" if name in ("ObjectName", "Alias") or "WithPath" in name else r"[^:/]+"


def faults(need: Need) -> list[str]:
    """What the reference has against a need."""
    service, _, name = need.action.partition(":")
    actions, templates = REFERENCE[service]["actions"], REFERENCE[service]["arns"]
    if name not in actions:
        return [f"{need.action} is no action"]
    types, keys = actions[name]
    found = []
    if need.resource == "*":
        if types and need.action not in ON_NO_RESOURCE:
            found.append(f"{need.action} on *, which has the resources {types}")
    elif not any(re.match(_pattern(templates[kind]), need.resource) for kind in types):
        found.append(f"{need.action} on {need.resource}, which is none of {types}")
    known = {re.sub(r"[$<{].*", "", key) for key in keys}
    for key in need.context:
        stem = re.sub(r"(aws:RequestTag/|s3:RequestObjectTag/|kms:EncryptionContext:).*", r"\1", key)
        if key not in GLOBAL and stem not in known and key not in OF_KEYS:
            found.append(f"{need.action} has no key {key}")
    if need.source and need.basis == "observed":
        found.append(f"{need.action} has a source, and counts as observed")
    if need.basis != "observed" and not need.source:
        found.append(f"{need.action} is {need.basis} without a source")
    return found


@pytest.mark.parametrize("service", ["s3", "dynamodb", "kms", "sts", "iam"])
def test_every_operation_has_needs_that_aws_knows_or_a_reason(
    wire: Any, minimal: Any, known: Any, service: str
) -> None:
    key = known.keys["alias/state"]
    _Locks.fill(known, key)
    client = wire.client(service)
    wrong: dict[str, Any] = {}
    unmapped = set()
    for name in client.meta.service_model.operation_names:
        if service == "s3" and name == "WriteGetObjectResponse":
            unmapped.add(name)  # its host is made of a parameter: it never comes here
            continue
        parameters = {**minimal.parameters(client, name), **MORE.get(service, {}).get(name, {})}
        request = wire(service, name, **parameters)
        try:
            needs = needs_of(recognise(request), request, known, PRINCIPAL)
        except UnmappedOperation:
            unmapped.add(name)
            continue
        found = [fault for need in needs for fault in faults(need)]
        if found:
            wrong[name] = found
    assert wrong == {}
    # An older botocore lacks some of them.
    assert unmapped == set(NOT_MAPPED[service]) & set(client.meta.service_model.operation_names)


# What a request may carry beyond the least, so that every condition key has its say.
FULL: dict[tuple[str, str], dict[str, Any]] = {
    ("s3", "PutObject"): {
        "ACL": "private", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/state", "StorageClass": "STANDARD",
        "Tagging": "a=b&c=d", "WebsiteRedirectLocation": "/x", "IfNoneMatch": "*", "ObjectLockMode": "GOVERNANCE",
        "ObjectLockLegalHoldStatus": "ON", "ObjectLockRetainUntilDate": 2_000_000_000, "GrantRead": "id=1",
        "SSEKMSEncryptionContext": "eyJhIjoiYiJ9", "BucketKeyEnabled": True,
    },
    ("s3", "CopyObject"): {"CopySource": "a-b/c?versionId=1", "Tagging": "a=b", "MetadataDirective": "REPLACE"},
    ("s3", "CreateBucket"): {
        "ACL": "public-read", "ObjectLockEnabledForBucket": True, "ObjectOwnership": "ObjectWriter",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1", "Tags": [{"Key": "a", "Value": "b"}]},
    },
    ("s3", "DeleteObject"): {"VersionId": "1", "BypassGovernanceRetention": True},
    ("s3", "GetObject"): {"VersionId": "1"},
    ("s3", "HeadObject"): {"ChecksumMode": "ENABLED"},
    ("s3", "ListObjectsV2"): {"Prefix": "a", "Delimiter": "/", "MaxKeys": 1},
    ("s3", "ListMultipartUploads"): {"Prefix": "a", "Delimiter": "/"},
    ("s3", "PutBucketAcl"): {"ACL": "private"},
    ("s3", "PutObjectAcl"): {"ACL": "private", "VersionId": "1"},
    ("s3", "PutObjectTagging"): {"VersionId": "1", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    ("s3", "PutObjectLegalHold"): {"LegalHold": {"Status": "ON"}},
    ("s3", "PutObjectRetention"): {
        "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": 2_000_000_000}, "BypassGovernanceRetention": True,
    },
    ("dynamodb", "CreateTable"): {
        "Tags": [{"Key": "a", "Value": "b"}],
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/state"},
    },
    ("dynamodb", "UpdateItem"): {
        "TableName": "locks", "Key": {"LockID": {"S": "a"}}, "ReturnValues": "ALL_NEW",
        "ReturnConsumedCapacity": "TOTAL", "UpdateExpression": "SET #a = :b",
        "ExpressionAttributeNames": {"#a": "Info"}, "ExpressionAttributeValues": {":b": {"S": "c"}},
    },
    ("dynamodb", "Query"): {
        "TableName": "locks", "IndexName": "by-owner", "Select": "COUNT", "KeyConditionExpression": "Owner = :o",
        "ExpressionAttributeValues": {":o": {"S": "a"}},
    },
    ("dynamodb", "TagResource"): {
        "ResourceArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/locks", "Tags": [{"Key": "a", "Value": "b"}],
    },
    ("kms", "CreateKey"): {"Tags": [{"TagKey": "a", "TagValue": "b"}], "BypassPolicyLockoutSafetyCheck": True},
    ("kms", "CreateGrant"): {
        "KeyId": "alias/state", "Constraints": {"EncryptionContextSubset": {"a": "b"}}, "RetiringPrincipal": "x",
    },
    ("kms", "Encrypt"): {"KeyId": "alias/state", "EncryptionContext": {"a": "b"}},
    ("kms", "ScheduleKeyDeletion"): {"KeyId": "alias/state", "PendingWindowInDays": 7},
    ("kms", "ReplicateKey"): {"KeyId": "alias/state", "ReplicaRegion": "us-east-1", "Tags": [
        {"TagKey": "a", "TagValue": "b"}]},
    ("kms", "EnableKeyRotation"): {"KeyId": "alias/state", "RotationPeriodInDays": 90},
    ("sts", "AssumeRole"): {
        "ExternalId": "ex", "SourceIdentity": "who", "Tags": [{"Key": "a", "Value": "b"}], "TransitiveTagKeys": ["a"],
    },
    ("iam", "CreateRole"): {"Path": "/made/", "Tags": [{"Key": "a", "Value": "b"}], "PermissionsBoundary": "a" * 30},
    ("iam", "UntagRole"): {"TagKeys": ["a"]},
    ("iam", "AttachRolePolicy"): {},
    ("iam", "UpdateUser"): {"NewUserName": "other"},
    ("iam", "AddRoleToInstanceProfile"): {},
}  # fmt: skip


@pytest.mark.parametrize("place", FULL, ids=":".join)
def test_every_condition_key_belongs_to_its_action(wire: Any, minimal: Any, known: Any, place: tuple[str, str]) -> None:
    service, name = place
    _Locks.fill(known, known.keys["alias/state"])
    request = wire(service, name, **{**minimal.parameters(wire.client(service), name), **FULL[place]})
    needs = needs_of(recognise(request), request, known, PRINCIPAL)
    assert [fault for need in needs for fault in faults(need)] == []


def test_the_reference_notices_what_is_wrong() -> None:
    bucket, source = "arn:aws:s3:::bucket", "a page"
    assert faults(Need("s3:HeadObject", f"{bucket}/key"))
    assert faults(Need("s3:GetObject", bucket))
    assert faults(Need("s3:ListBucket", f"{bucket}/key"))
    assert faults(Need("s3:ListBucket", "*"))
    assert faults(Need("s3:GetObject", f"{bucket}/key", {"s3:prefix": "a"}))
    assert faults(Need("s3:GetObject", f"{bucket}/key", source=source))
    assert faults(Need("s3:GetObject", f"{bucket}/key/more", {"s3:authType": "REST-HEADER"})) == []
