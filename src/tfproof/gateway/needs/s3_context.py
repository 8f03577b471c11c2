"""The condition keys of a request to S3: each from one header or parameter, and absent when that is.

Which key an action has: Service Authorization Reference, Amazon S3.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["object_tags", "s3_context"]

_GRANTS: Final = (
    "s3:x-amz-acl",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
)
_KEY_ID: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_LISTING: Final = {"s3:prefix": "prefix", "s3:max-keys": "max-keys", "s3:delimiter": "delimiter"}

# Keys whose name, without `s3:`, is the header's name.
_HEADERS: Final = {
    "s3:CreateBucket": (*_GRANTS, "s3:x-amz-object-ownership", "s3:x-amz-bucket-namespace"),
    "s3:DeleteObject": ("s3:if-match",),
    "s3:PutBucketAcl": _GRANTS,
    "s3:PutObject": (
        *_GRANTS,
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-customer-algorithm",
        "s3:if-match",
        "s3:if-none-match",
        "s3:x-amz-copy-source",
        "s3:x-amz-metadata-directive",
        "s3:x-amz-storage-class",
        "s3:x-amz-website-redirect-location",
    ),
    "s3:PutObjectAcl": (*_GRANTS, "s3:x-amz-storage-class"),
    "s3:PutObjectVersionAcl": (*_GRANTS, "s3:x-amz-storage-class"),
}
_LOCKS: Final = {
    "s3:object-lock-legal-hold": "x-amz-object-lock-legal-hold",
    "s3:object-lock-mode": "x-amz-object-lock-mode",
    "s3:object-lock-retain-until-date": "x-amz-object-lock-retain-until-date",
}
_LISTS: Final = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
_VERSIONS: Final = frozenset(
    {
        "s3:DeleteObjectVersion",
        "s3:DeleteObjectVersionTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionAttributes",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectVersionTagging",
    }
)
_UNSIGNED_BODIES: Final = frozenset({"s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"})
_TAGGINGS: Final = frozenset({"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"})


def s3_context(situation: Situation, action: str, *, version: str = "") -> dict[str, ContextValue]:
    """The keys of an action of S3, beyond those that every request has.

    Args:
        situation: The request.
        action: The action.
        version: Id of the version it is about, by default the one of the request.
    """
    headers = situation.request.headers
    found = {**_signature(situation), "s3:ResourceAccount": situation.surroundings.account_id}
    if "x-amz-content-sha256" in headers and action not in _UNSIGNED_BODIES:
        found["s3:x-amz-content-sha256"] = headers["x-amz-content-sha256"]
    for key in _HEADERS.get(action, ()):
        if key[3:] in headers:
            found[key] = headers[key[3:]]
    if action in _LISTS:
        query = situation.request.parameters
        found.update({key: query[name] for key, name in _LISTING.items() if name in query})
    named = version or situation.parameters.get("VersionId", "")
    if action in _VERSIONS and named:
        found["s3:versionid"] = named
    if action == "s3:PutObject" and _KEY_ID[3:] in headers:
        # Policies name a key by its ARN; whatever way it was named here, S3 compares that.
        sent = headers[_KEY_ID[3:]]
        found[_KEY_ID] = situation.surroundings.key_arn(sent, situation.region) or sent
    return {**found, **_of_body(situation, action)}


def object_tags(situation: Situation) -> list[tuple[str, str]]:
    """The tags of an object that a request sets, in a header or in its body."""
    header = situation.request.headers.get("x-amz-tagging")
    if header is not None:
        return parse_qsl(header, keep_blank_values=True)
    tags = situation.members("Tagging") if isinstance(situation.parameters.get("Tagging"), dict) else {}
    return [(str(tag.get("Key", "")), str(tag.get("Value", ""))) for tag in situation.items("TagSet", within=tags)]


def _request_tags(situation: Situation) -> dict[str, ContextValue]:
    tags = object_tags(situation)
    if not tags:
        return {}
    found: dict[str, ContextValue] = {f"s3:RequestObjectTag/{key}": value for key, value in tags}
    if len({name.lower() for name in found}) != len(tags):
        # S3 refuses tags of one key; keys that differ by case alone cannot be told apart by a policy.
        found = {}
    found["s3:RequestObjectTagKeys"] = [key for key, _ in tags]
    return found


def _of_body(situation: Situation, action: str) -> dict[str, ContextValue]:
    """Keys whose source may be the body."""
    if action == "s3:CreateBucket":
        place = situation.members("CreateBucketConfiguration").get("LocationConstraint")
        return {"s3:locationconstraint": place} if place else {}
    found: dict[str, ContextValue] = {}
    if action in ("s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"):
        found.update(_locks(situation, action))
    if action in _TAGGINGS:
        found.update(_request_tags(situation))
    return found


def _locks(situation: Situation, action: str) -> dict[str, ContextValue]:
    if action == "s3:PutObject":
        headers = situation.request.headers
        return {key: headers[name] for key, name in _LOCKS.items() if name in headers}
    if action == "s3:PutObjectLegalHold":
        status = situation.members("LegalHold").get("Status")
        return {"s3:object-lock-legal-hold": status} if status else {}
    retention = situation.members("Retention")
    keys = {"s3:object-lock-mode": "Mode", "s3:object-lock-retain-until-date": "RetainUntilDate"}
    return {key: retention[name] for key, name in keys.items() if retention.get(name)}


def _signature(situation: Situation) -> dict[str, ContextValue]:
    credential = situation.credential
    if not credential.algorithm:
        return {}
    found: dict[str, ContextValue] = {
        "s3:authType": "REST-QUERY-STRING" if credential.in_query else "REST-HEADER",
        "s3:signatureversion": credential.algorithm,
    }
    if credential.in_query:
        signed = situation.request.parameters.get("X-Amz-Date", "")
        try:
            age = situation.now - datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return found
        found["s3:signatureAge"] = int(age.total_seconds() * 1000)
    return found
