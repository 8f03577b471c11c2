"""The calls to KMS that S3 makes in the caller's name: when, on which key, in which encryption context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.needs_of import needs_of
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.gateway.recognition.operation import recognise

RequestOf = Callable[..., HttpRequest]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
MANAGED_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/33333333-3333-4333-8333-333333333333"
BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a/b"
PRINCIPAL = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/terraform", "aws:PrincipalAccount": ACCOUNT}


@pytest.fixture
def needs(known: Any) -> Callable[..., tuple[Need, ...]]:
    """Needs of a request in the surroundings of `known`."""

    def find(request: HttpRequest, principal: Mapping[str, str] = PRINCIPAL) -> tuple[Need, ...]:
        return needs_of(recognise(request), request, known, principal, now=NOW)

    return find


SSE = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": OTHER_KEY}
BY_DEFAULT = Encryption("aws:kms", KEY, bucket_key=True)
STORED = Encryption("aws:kms", OTHER_KEY)


def implied(found: tuple[Need, ...]) -> list[tuple[str, str]]:
    assert all(need.basis is not Basis.OBSERVED and need.source for need in found if need.implied)
    return [(need.action, need.resource) for need in found if need.implied]


@pytest.mark.parametrize("line", ["PUT /bucket/a/b", "POST /bucket/a/b?uploads"])
@pytest.mark.parametrize(
    ("headers", "default", "expected"),
    [
        (SSE, Encryption("AES256"), [("kms:GenerateDataKey", OTHER_KEY)]),
        (SSE, BY_DEFAULT, [("kms:GenerateDataKey", OTHER_KEY)]),
        ({}, BY_DEFAULT, [("kms:GenerateDataKey", KEY)]),
        ({}, Encryption("aws:kms"), [("kms:GenerateDataKey", MANAGED_KEY)]),
        ({"x-amz-server-side-encryption": "aws:kms"}, Encryption("AES256"), [("kms:GenerateDataKey", MANAGED_KEY)]),
        ({"x-amz-server-side-encryption": "aws:kms:dsse"}, Encryption(), [("kms:GenerateDataKey", MANAGED_KEY)]),
        ({"x-amz-server-side-encryption": "AES256"}, BY_DEFAULT, []),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, BY_DEFAULT, []),
        ({}, Encryption("AES256"), []),
        ({}, Encryption(), []),
    ],
)
def test_writing_generates_a_data_key(
    *, needs: Any, request_of: RequestOf, known: Any, line: str, headers: dict[str, str], default: Encryption,
    expected: list[tuple[str, str]],
) -> None:  # fmt: skip
    known.default = default
    method, _, target = line.partition(" ")
    assert implied(needs(request_of(method, target, headers=headers))) == expected


def test_a_key_that_is_not_named_beside_a_default_key_is_unsettled(
    needs: Any, request_of: RequestOf, known: Any
) -> None:
    request = request_of("PUT", "/bucket/key", headers={"x-amz-server-side-encryption": "aws:kms"})
    assert needs(request)[1].basis is Basis.MODELLED
    known.default = BY_DEFAULT
    assert needs(request)[1].basis is Basis.UNSETTLED


def test_reading_decrypts_with_the_key_of_the_object(needs: Any, request_of: RequestOf, known: Any) -> None:
    known.default = BY_DEFAULT
    known.objects = {("bucket", "a/b", ""): STORED, ("bucket", "a/b", "7"): BY_DEFAULT}
    assert implied(needs(request_of("GET", "/bucket/a/b"))) == [("kms:Decrypt", OTHER_KEY)]
    assert implied(needs(request_of("GET", "/bucket/a/b?versionId=7"))) == [("kms:Decrypt", KEY)]
    assert implied(needs(request_of("GET", "/bucket/missing"))) == []
    assert implied(needs(request_of("HEAD", "/bucket/a/b"))) == []
    with_checksum = request_of("HEAD", "/bucket/a/b", headers={"x-amz-checksum-mode": "ENABLED"})
    assert implied(needs(with_checksum)) == [("kms:Decrypt", OTHER_KEY)]
    for line in ("DELETE /bucket/a/b", "GET /bucket/a/b?tagging", "GET /bucket?list-type=2", "PUT /bucket?encryption",
                 "DELETE /bucket/a/b?uploadId=U"):  # fmt: skip
        method, _, target = line.partition(" ")
        assert implied(needs(request_of(method, target))) == [], line


@pytest.mark.parametrize("line", ["PUT /bucket/a/b?partNumber=1&uploadId=U", "POST /bucket/a/b?uploadId=U"])
def test_parts_decrypt_with_the_key_of_the_upload(needs: Any, request_of: RequestOf, known: Any, line: str) -> None:
    method, _, target = line.partition(" ")
    known.default = BY_DEFAULT
    unseen = needs(request_of(method, target))
    assert implied(unseen) == [("kms:Decrypt", KEY)]
    assert unseen[1].basis is Basis.UNSETTLED
    known.uploads = {"U": STORED}
    seen = needs(request_of(method, target))
    assert implied(seen) == [("kms:Decrypt", OTHER_KEY)]
    assert seen[1].basis is Basis.MODELLED
    known.uploads = {"U": Encryption("AES256")}
    assert implied(needs(request_of(method, target))) == []


def test_a_copy_decrypts_and_generates(needs: Any, request_of: RequestOf, known: Any) -> None:
    known.default, known.objects = BY_DEFAULT, {("from-b", "k", "7"): STORED}
    headers = {"x-amz-copy-source": "from-b/k?versionId=7"}
    copied = needs(request_of("PUT", "/bucket/a/b", headers=headers))
    assert implied(copied) == [("kms:Decrypt", OTHER_KEY), ("kms:GenerateDataKey", KEY)]
    part = needs(request_of("PUT", "/bucket/a/b?partNumber=1&uploadId=U", headers=headers))
    assert implied(part) == [("kms:Decrypt", OTHER_KEY), ("kms:Decrypt", KEY)]


@pytest.mark.parametrize(
    ("headers", "bucket_key", "arn"),
    [
        ({}, True, BUCKET),
        ({}, False, OBJECT),
        ({"x-amz-server-side-encryption-bucket-key-enabled": "true", **SSE}, False, BUCKET),
        ({"x-amz-server-side-encryption-bucket-key-enabled": "false", **SSE}, True, OBJECT),
    ],
)
def test_the_encryption_context_is_the_bucket_with_a_bucket_key(
    *,
    needs: Any,
    request_of: RequestOf,
    known: Any,
    headers: dict[str, str],
    bucket_key: bool,
    arn: str,
) -> None:
    known.default = Encryption("aws:kms", KEY, bucket_key=bucket_key)
    context = needs(request_of("PUT", "/bucket/a/b", headers=headers))[1].context
    assert context["kms:EncryptionContext:aws:s3:arn"] == arn
    assert context["kms:EncryptionContextKeys"] == ["aws:s3:arn"]


def test_the_context_of_a_call_to_kms_in_the_callers_name(needs: Any, request_of: RequestOf, known: Any) -> None:
    known.default = BY_DEFAULT
    need = needs(request_of("PUT", "/bucket/a/b"))[1]
    assert need.implied
    assert need.context == {
        **PRINCIPAL,
        "aws:CurrentTime": "2026-01-02T03:04:05Z",
        "aws:EpochTime": int(NOW.timestamp()),
        "aws:RequestedRegion": "eu-west-1",
        "aws:ResourceAccount": ACCOUNT,
        "kms:CallerAccount": ACCOUNT,
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "kms:EncryptionContext:aws:s3:arn": BUCKET,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "kms:ResourceAliases": ["alias/state"],
        "kms:ViaService": "s3.eu-west-1.amazonaws.com",
    }


def test_an_encryption_context_of_ones_own_is_added(needs: Any, request_of: RequestOf, known: Any) -> None:
    known.default = BY_DEFAULT
    headers = {"x-amz-server-side-encryption-context": "eyJ0ZWFtIjoiaW5mcmEifQ=="}
    context = needs(request_of("PUT", "/bucket/a/b", headers=headers))[1].context
    assert context["kms:EncryptionContext:team"] == "infra"
    assert context["kms:EncryptionContextKeys"] == ["aws:s3:arn", "team"]


@pytest.mark.parametrize(
    ("region", "partition", "via"),
    [
        ("eu-west-1", "aws", "s3.eu-west-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "s3.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "aws-iso", "s3.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "s3.us-isob-east-1.sc2s.sgov.gov"),
    ],
)
def test_the_partition_is_the_regions(
    *,
    needs: Any,
    request_of: RequestOf,
    known: Any,
    region: str,
    partition: str,
    via: str,
) -> None:
    known.default = Encryption("aws:kms", f"arn:{partition}:kms:{region}:{ACCOUNT}:key/k")
    writing, generating = needs(request_of("PUT", "/bucket/a/b", region=region))
    assert writing.resource == f"arn:{partition}:s3:::bucket/a/b"
    assert generating.resource == f"arn:{partition}:kms:{region}:{ACCOUNT}:key/k"
    assert generating.context["kms:EncryptionContext:aws:s3:arn"] == f"arn:{partition}:s3:::bucket/a/b"
    assert generating.context["kms:ViaService"] == via
