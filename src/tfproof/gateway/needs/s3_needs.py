"""What the operations of S3 need to be allowed."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.s3_actions import BUCKET_ACTIONS, NOT_MAPPED, OBJECT_ACTIONS, SERVICE_ACTIONS
from tfproof.gateway.needs.s3_context import object_tags, s3_context
from tfproof.gateway.needs.s3_encryption import generates_key, reads_object, reads_upload
from tfproof.gateway.needs.situation import Situation, dns_suffix
from tfproof.gateway.needs.tags import removed_tag_context, structure_tags, tag_context
from tfproof.iam.request import ContextValue

__all__ = ["s3_needs"]

_API: Final = "S3 API Reference"
_ACLS: Final = ("x-amz-acl", "x-amz-grant-")
_TAG_OPERATIONS: Final = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
_BYPASSES: Final = frozenset({"DeleteObject", "DeleteObjects", "PutObjectRetention"})


def s3_needs(situation: Situation) -> list[Need]:
    """The needs of an operation of S3, the direct ones first.

    Raises:
        UnmappedOperation: What the operation needs is not known.
    """
    name = situation.operation.name
    if name in SERVICE_ACTIONS:
        return [_need(situation, SERVICE_ACTIONS[name], "*")]
    if name in _TAG_OPERATIONS:
        return [_tagging_of_resource(situation)]
    if name == "DeleteObjects":
        return _deletes(situation)
    if name in BUCKET_ACTIONS:
        return [_bucket_need(situation, BUCKET_ACTIONS[name]), *_more_for_bucket(situation)]
    if name in OBJECT_ACTIONS:
        return [*_object_needs(situation), *_more_for_object(situation), *_implied(situation)]
    raise situation.unmapped(NOT_MAPPED.get(name, "nobody mapped it"))


def _need(situation: Situation, action: str, resource: str, *, source: str = "", version: str = "") -> Need:
    return situation.need(action, resource, s3_context(situation, action, version=version), source=source)


def _bucket_need(situation: Situation, action: str, *, source: str = "") -> Need:
    return _need(situation, action, situation.s3_arn(situation.text("Bucket")), source=source)


def _object_need(situation: Situation, action: str, *, source: str = "") -> Need:
    path = f"{situation.text('Bucket')}/{situation.text('Key')}"
    return _need(situation, action, situation.s3_arn(path), source=source)


def _object_needs(situation: Situation) -> list[Need]:
    action, of_version = OBJECT_ACTIONS[situation.operation.name]
    versioned = bool(of_version) and bool(situation.optional_text("VersionId"))
    found = [_object_need(situation, of_version if versioned else action)]
    if situation.operation.name == "GetObjectAttributes":
        reading = "s3:GetObjectVersion" if versioned else "s3:GetObject"
        found.append(_object_need(situation, reading, source=f"{_API}, GetObjectAttributes, Permissions"))
    return found


def _tagging_of_resource(situation: Situation) -> Need:
    """Tags through S3 Control, which is how the AWS provider reads and writes those of buckets."""
    name = situation.operation.name
    context = s3_context(situation, f"s3:{name}")
    if name == "TagResource":
        context.update(tag_context(structure_tags(situation, "Tags")))
    elif name == "UntagResource":
        context.update(removed_tag_context(situation.parameters.get("TagKeys")))
    return situation.need(f"s3:{name}", situation.text("ResourceArn"), context)


def _deletes(situation: Situation) -> list[Need]:
    bucket = situation.text("Bucket")
    objects = situation.items("Objects", within=situation.members("Delete"))
    if not objects:
        raise situation.unmapped("its body names no object")
    found = []
    for each in objects:
        arn = situation.s3_arn(f"{bucket}/{situation.text('Key', within=each)}")
        version = each.get("VersionId") or ""
        action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
        found.append(_need(situation, action, arn, version=version))
        if _bypasses(situation):
            found.append(_need(situation, "s3:BypassGovernanceRetention", arn, source=f"{_API}, DeleteObjects"))
    return found


def _bypasses(situation: Situation) -> bool:
    return situation.request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _has_acl(situation: Situation) -> bool:
    return any(name.startswith(_ACLS) for name in situation.request.headers)


def _more_for_bucket(situation: Situation) -> list[Need]:
    name, headers = situation.operation.name, situation.request.headers
    if name == "PutBucketReplication":
        configuration = situation.members("ReplicationConfiguration")
        passed: dict[str, ContextValue] = {"iam:PassedToService": f"s3.{dns_suffix(situation.partition)}"}
        role = situation.text("Role", within=configuration)
        return [situation.need("iam:PassRole", role, passed, source=f"{_API}, PutBucketReplication, Permissions")]
    if name != "CreateBucket":
        return []
    source = f"{_API}, CreateBucket, Permissions"
    actions = []
    if _has_acl(situation) and headers.get("x-amz-acl") != "private":
        actions.append("s3:PutBucketAcl")
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        actions += ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]
    if "x-amz-object-ownership" in headers:
        actions.append("s3:PutBucketOwnershipControls")
    found = [_bucket_need(situation, action, source=source) for action in actions]
    tags = structure_tags(situation, "Tags", within=situation.members("CreateBucketConfiguration"))
    if tags:
        bucket = situation.s3_arn(situation.text("Bucket"))
        context: dict[str, ContextValue] = {**s3_context(situation, "s3:TagResource"), **tag_context(tags)}
        found[:0] = [situation.need("s3:TagResource", bucket, context, source=f"{_API}, CreateBucketConfiguration")]
    return found


def _more_for_object(situation: Situation) -> list[Need]:
    name, headers = situation.operation.name, situation.request.headers
    if name in _BYPASSES and _bypasses(situation):
        return [_object_need(situation, "s3:BypassGovernanceRetention", source=f"{_API}, {name}")]
    if name not in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        return _source_needs(situation) if name == "UploadPartCopy" else []
    source = f"{_API}, {name}, Permissions"
    actions = []
    if _has_acl(situation):
        actions.append("s3:PutObjectAcl")
    if object_tags(situation):
        actions.append("s3:PutObjectTagging")
    if "x-amz-object-lock-mode" in headers or "x-amz-object-lock-retain-until-date" in headers:
        actions.append("s3:PutObjectRetention")
    if "x-amz-object-lock-legal-hold" in headers:
        actions.append("s3:PutObjectLegalHold")
    more = [_object_need(situation, action, source=source) for action in actions]
    return [*_source_needs(situation), *more] if name == "CopyObject" else more


def _source_of_copy(situation: Situation) -> tuple[str, str, str]:
    """Bucket, key and version of what is copied.

    Raises:
        UnmappedOperation: It is no `bucket/key`: an access point, or nothing that S3 knows.
    """
    # Source of the form: S3 API Reference, CopyObject, x-amz-copy-source. It is percent-encoded but for the version.
    path, _, version = situation.text("CopySource").partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key or bucket.startswith("arn:"):
        raise situation.unmapped(f"x-amz-copy-source {path[:80]!r} is no bucket/key")
    return bucket, key, version


def _source_needs(situation: Situation) -> list[Need]:
    bucket, key, version = _source_of_copy(situation)
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    source = f"{_API}, {situation.operation.name}, Permissions"
    return [_need(situation, action, situation.s3_arn(f"{bucket}/{key}"), source=source, version=version)]


def _implied(situation: Situation) -> list[Need]:
    name = situation.operation.name
    source = f"{_API}, {name}, Permissions"
    if name == "PutObject":
        return generates_key(situation, source="S3 User Guide, UsingKMSEncryption, Permissions")
    if name == "CreateMultipartUpload":
        return generates_key(situation, source=source)
    if name == "CopyObject":
        user_guide = "S3 User Guide, UsingKMSEncryption, Permissions"
        reading = reads_object(situation, *_source_of_copy(situation), source=user_guide)
        return [*reading, *generates_key(situation, source=user_guide)]
    if name == "UploadPartCopy":
        reading = reads_object(situation, *_source_of_copy(situation), source="S3 User Guide, UsingKMSEncryption")
        return [*reading, *reads_upload(situation, source=source)]
    if name in ("UploadPart", "CompleteMultipartUpload", "ListParts"):
        return reads_upload(situation, source=source)
    return _implied_by_reading(situation, source)


def _implied_by_reading(situation: Situation, source: str) -> list[Need]:
    name, headers = situation.operation.name, situation.request.headers
    with_checksum = headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    basis = Basis.MODELLED
    if name in ("GetObject", "SelectObjectContent"):
        source = "S3 User Guide, UsingKMSEncryption, Permissions"
    elif name == "GetObjectAttributes":
        # The page asks for it where it speaks of directory buckets, and says nothing of others.
        basis = Basis.UNSETTLED
    elif not (name == "HeadObject" and with_checksum):
        return []
    bucket, key, version = situation.text("Bucket"), situation.text("Key"), situation.optional_text("VersionId")
    return reads_object(situation, bucket, key, version, source=source, basis=basis)
