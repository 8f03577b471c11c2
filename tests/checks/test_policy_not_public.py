"""Whom a bucket policy lets in: each way of opening a bucket to everybody, and of limiting what everybody may do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from documents import as_bytes, resource, state, state_bucket

from tfproof.audit.audited import audit_bytes
from tfproof.checks.finding import Verdict

BUCKET = "arn:aws:s3:::acme-tfstate"
OBJECTS = f"{BUCKET}/*"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1b2c3d4e-1111-4111-8111-0123456789ab"


def allow(action: Any, on: Any = OBJECTS, condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": on, **more}
    return made if condition is None else {**made, "Condition": condition}


def deny(action: Any, on: Any = OBJECTS, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**allow(action, on, condition), "Effect": "Deny"}


def but(statement: dict[str, Any], element: str) -> dict[str, Any]:
    """The statement with an element negated."""
    return {f"Not{name}" if name == element else name: value for name, value in statement.items()}


ALGORITHM = "s3:x-amz-server-side-encryption"
KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"
MODULE = [
    deny("s3:*", [BUCKET, OBJECTS], {"Bool": {"aws:SecureTransport": "false"}}),
    deny("s3:*", [BUCKET, OBJECTS], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    deny("s3:PutObject", OBJECTS, {"Null": {ALGORITHM: "false"}, "StringNotEquals": {ALGORITHM: "aws:kms"}}),
    deny("s3:PutObject", OBJECTS, {"Null": {KEY_ID: "false"}, "ArnNotEquals": {KEY_ID: KEY}}),
    deny("s3:PutObject", OBJECTS, {"StringEquals": {ALGORITHM: "aws:kms"}, "Null": {KEY_ID: "true"}}),
    deny("s3:PutObject", OBJECTS, {"Null": {CUSTOMER: "false"}}),
]
"""The statements of modules/state-backend."""


def answers(*statements: dict[str, Any]) -> dict[Verdict, list[str]]:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    policy = resource("aws_s3_bucket_policy.tf_state", {"bucket": "acme-tfstate", "policy": text})
    found: dict[Verdict, list[str]] = {}
    for finding in audit_bytes(as_bytes(state([state_bucket(), policy])), "s").findings:
        if finding.check_id == "policy-not-public":
            found.setdefault(finding.verdict, []).append(finding.answer.found)
    return found


PUBLIC = {
    "a prefix": allow("s3:GetObject", f"{BUCKET}/prod/*"),
    "one object": allow("s3:GetObject", f"{BUCKET}/prod/terraform.tfstate"),
    "objects of a name": allow("s3:GetObject", f"{BUCKET}/*.tfstate"),
    "old versions": allow("s3:GetObjectVersion"),
    "deleting versions": allow("s3:DeleteObjectVersion"),
    "expiry": allow("s3:PutLifecycleConfiguration", BUCKET),
    "listing versions": allow("s3:ListBucketVersions", BUCKET),
    "a part of the actions": allow("s3:*Acl"),
    "all but one action": but(allow("s3:GetObject", [BUCKET, OBJECTS]), "Action"),
    "all but one object": but(allow("s3:GetObject", f"{BUCKET}/a"), "Resource"),
    "an account by a wildcard": allow("s3:GetObject", Principal={"AWS": "*"}),
    "every address": allow("s3:GetObject", condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
    "half of all addresses": allow("s3:GetObject", condition={"IpAddress": {"aws:SourceIp": "128.0.0.0/1"}}),
    "every address of version 6": allow("s3:GetObject", condition={"IpAddress": {"aws:SourceIp": "::/0"}}),
    "one range and every address": allow(
        "s3:GetObject", condition={"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/0"]}}
    ),
    "every address but some": allow("s3:GetObject", condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    "any network": allow("s3:GetObject", condition={"StringLike": {"aws:SourceVpc": "vpc-*"}}),
    "a network, if there is one": allow("s3:GetObject", condition={"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}),
    "some organizations' absence": allow("s3:GetObject", condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
    "a role of any account": allow(
        "s3:GetObject", condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}
    ),
    "a header": allow("s3:GetObject", condition={"StringEquals": {"aws:Referer": "https://example.org"}}),
    "encrypted transport": allow("s3:GetObject", condition={"Bool": {"aws:SecureTransport": "true"}}),
    "a tag of the caller's": allow("s3:GetObject", condition={"StringEquals": {"aws:PrincipalTag/team": "infra"}}),
    "a tag of the object": allow("s3:GetObject", condition={"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}),
    "a prefix to list": allow("s3:ListBucket", BUCKET, {"StringLike": {"s3:prefix": "prod/*"}}),
    "a time": allow("s3:GetObject", condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
    "any access point": allow(
        "s3:GetObject", condition={"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}}
    ),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_statement_for_everybody_is_found_by_what_it_allows(name: str) -> None:
    found = answers(*MODULE, PUBLIC[name])

    assert any(text.startswith("allowed to anybody: s3:") for text in found[Verdict.FAILED])


LIMITED: dict[str, dict[str, Any]] = {
    "addresses": {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "10.0.0.0/8"]}},
    "addresses of version 6": {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}},
    "an organization": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}},
    "a network": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    "endpoints": {"StringLike": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
    "an account": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    "the caller's account": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
    "a role": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ci"}},
    "a user's id": {"StringEquals": {"aws:userid": "AIDAQ3EGSIWRZTKMEZEXA"}},
    "access points of an account": {
        "StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:123456789012:accesspoint/*"}
    },
    "a network, over encrypted transport": {
        "StringEquals": {"aws:SourceVpc": "vpc-1"},
        "Bool": {"aws:SecureTransport": "true"},
    },
}


@pytest.mark.parametrize("name", LIMITED)
def test_fixed_values_of_what_callers_cannot_choose_limit_access(name: str) -> None:
    found = answers(*MODULE, allow("s3:GetObject", condition=LIMITED[name]))

    assert set(found) == {Verdict.PASSED}


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ({"StringLike": {"aws:userid": "AROAQ3EGSIWRZTKMEZEXA:*"}}, "aws:userid"),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, "aws:PrincipalOrgPaths"),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, "aws:PrincipalIsAWSService"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}, "aws:PrincipalArn"),
        ({"StringEquals": {KEY_ID: KEY}}, KEY_ID),
    ],
)
def test_a_condition_that_cannot_be_tried_leaves_it_undecided(condition: dict[str, Any], named: str) -> None:
    found = answers(*MODULE, allow("s3:PutObject", condition=condition))

    assert len(found[Verdict.UNDECIDED]) == 1
    assert named in found[Verdict.UNDECIDED][0]
    assert Verdict.FAILED not in found


OWN_DENIALS = {
    "none": [],
    "other organizations": [
        deny("s3:*", [BUCKET, OBJECTS], {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}),
    ],
    "other networks": [
        deny(
            "s3:*",
            [BUCKET, OBJECTS],
            {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:ViaAWSService": "false"}},
        )
    ],
    "others": [
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/ci"},
            "Action": "s3:*",
            "Resource": [BUCKET, OBJECTS],
        }
    ],
    "deletion": [deny(["s3:DeleteObjectVersion", "s3:DeleteBucket"], [BUCKET, OBJECTS])],
    "what is not tagged": [deny("s3:*", [BUCKET, OBJECTS], {"StringNotLike": {"aws:PrincipalTag/team": "infra-*"}})],
}


@pytest.mark.parametrize("name", OWN_DENIALS)
def test_the_modules_policy_passes_with_whatever_else_is_denied(name: str) -> None:
    named = allow("s3:GetObject", Principal={"AWS": ["123456789012", "arn:aws:iam::111122223333:role/reader"]})

    assert set(answers(*MODULE, *OWN_DENIALS[name])) == {Verdict.PASSED}
    assert set(answers(*MODULE, *OWN_DENIALS[name], named)) == {Verdict.PASSED}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("other organizations", Verdict.PASSED),
        ("other networks", Verdict.PASSED),
        ("others", Verdict.PASSED),
        ("deletion", Verdict.FAILED),
        ("what is not tagged", Verdict.FAILED),
    ],
)
def test_what_is_allowed_everybody_is_public_unless_it_is_denied_all_strangers(name: str, verdict: Verdict) -> None:
    everybody = allow(["s3:GetObject", "s3:ListBucketVersions"], [BUCKET, OBJECTS])

    assert verdict in answers(*MODULE, *OWN_DENIALS[name], everybody)
    assert (Verdict.FAILED in answers(*OWN_DENIALS[name], everybody)) is (verdict is Verdict.FAILED)
