"""The calls that S3 makes to KMS in the caller's name, and the key and encryption context of each."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final

from tfproof.gateway.needs.kms_context import encryption_context
from tfproof.gateway.needs.kms_keys import key_use_context
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.situation import Situation
from tfproof.gateway.needs.surroundings import Encryption
from tfproof.iam.request import ContextValue

__all__ = ["MANAGED_ALIAS", "generates_key", "reads_object", "reads_upload"]

MANAGED_ALIAS: Final = "alias/aws/s3"
"""Alias of the key that AWS makes in every account for S3."""

_ALGORITHM: Final = "x-amz-server-side-encryption"
_KEY_ID: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_CONTEXT: Final = "x-amz-server-side-encryption-context"
_BUCKET_KEY: Final = "x-amz-server-side-encryption-bucket-key-enabled"
_CUSTOMER: Final = "x-amz-server-side-encryption-customer-algorithm"
_WRITING: Final = "S3 API Reference, PutObject, x-amz-server-side-encryption-aws-kms-key-id"
_CONTRARY: Final = (
    "S3 API Reference, PutObject: aws:kms without a key id takes the AWS managed key; "
    "S3 User Guide, bucket-encryption: it takes the bucket's default key"
)


def generates_key(situation: Situation, *, source: str) -> list[Need]:
    """The data key for an object that a request writes; none when KMS has no part in it.

    Args:
        situation: The request.
        source: The AWS document that asks for it.
    """
    headers = situation.request.headers
    if _CUSTOMER in headers:
        return []
    bucket, key = situation.text("Bucket"), situation.text("Key")
    default = situation.surroundings.bucket_default(bucket)
    asked = headers.get(_ALGORITHM, "")
    encryption = Encryption(asked, headers.get(_KEY_ID, ""), _bucket_key(situation, default)) if asked else default
    if not encryption.by_kms:
        return []
    alone = bool(asked) and not encryption.key_arn
    contrary = alone and default.by_kms and bool(default.key_arn)
    sent = encryption.key_arn or MANAGED_ALIAS
    context = _context(situation, bucket, key, encryption, _own_context(situation))
    if sent.startswith("alias/") or ":alias/" in sent:
        context["kms:RequestAlias"] = sent[sent.index("alias/") :]
    return [
        _need(
            situation,
            "kms:GenerateDataKey",
            sent,
            context,
            source=_CONTRARY if contrary else f"{source}; {_WRITING}" if alone else source,
            basis=Basis.UNSETTLED if contrary else Basis.MODELLED,
        )
    ]


def reads_object(
    situation: Situation, bucket: str, key: str, version: str, *, source: str, basis: Basis = Basis.MODELLED
) -> list[Need]:
    """The decryption of a stored object's data key; none when KMS has no part in it, or there is no such object."""
    encryption = situation.surroundings.object_encryption(bucket, key, version)
    if encryption is None or not encryption.by_kms:
        return []
    context = _context(situation, bucket, key, encryption, {})
    sent = encryption.key_arn or MANAGED_ALIAS
    return [_need(situation, "kms:Decrypt", sent, context, source=source, basis=basis)]


def reads_upload(situation: Situation, *, source: str) -> list[Need]:
    """The decryption of a multipart upload's data key; none when KMS has no part in it."""
    bucket, key = situation.text("Bucket"), situation.text("Key")
    if _CUSTOMER in situation.request.headers:
        return []
    seen = situation.surroundings.upload_encryption(situation.text("UploadId"))
    # The key was chosen when the upload began. One that began unseen has, as far as can be told, the bucket's default.
    encryption = seen if seen is not None else situation.surroundings.bucket_default(bucket)
    if not encryption.by_kms:
        return []
    context = _context(situation, bucket, key, encryption, {})
    basis = Basis.MODELLED if seen is not None else Basis.UNSETTLED
    sent = encryption.key_arn or MANAGED_ALIAS
    return [_need(situation, "kms:Decrypt", sent, context, source=source, basis=basis)]


def _need(
    situation: Situation, action: str, key_id: str, context: dict[str, ContextValue], *, source: str, basis: Basis
) -> Need:
    resource, aliases = key_use_context(situation, key_id)
    return situation.implied(action, resource, {**aliases, **context}, source=source, basis=basis)


def _bucket_key(situation: Situation, default: Encryption) -> bool:
    header = situation.request.headers.get(_BUCKET_KEY)
    return default.bucket_key if header is None else header.lower() == "true"


def _context(
    situation: Situation, bucket: str, key: str, encryption: Encryption, own: dict[str, str]
) -> dict[str, ContextValue]:
    # With a bucket key, KMS is asked for the bucket, whatever the object: S3 User Guide, bucket-key.
    arn = situation.s3_arn(bucket if encryption.bucket_key else f"{bucket}/{key}")
    pairs = {**own, "aws:s3:arn": arn}
    return {
        "kms:ViaService": situation.via("s3"),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        **encryption_context(pairs),
    }


def _own_context(situation: Situation) -> dict[str, str]:
    """Encryption context of the caller's own, in base64 in a header; what cannot be read S3 refuses itself."""
    try:
        found = json.loads(base64.b64decode(situation.request.headers.get(_CONTEXT, ""), validate=True) or b"{}")
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
