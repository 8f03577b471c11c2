"""What the operations of KMS need to be allowed. Source: Service Authorization Reference, AWS KMS."""

from __future__ import annotations

import base64
import binascii
import re
from types import MappingProxyType
from typing import Final

from tfproof.gateway.needs.kms_context import kms_context
from tfproof.gateway.needs.kms_keys import alias_arn, key_use_context
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["KEY_OPERATIONS", "NOT_MAPPED", "WITHOUT_KEY", "kms_needs"]

WITHOUT_KEY: Final = frozenset(
    {
        "ConnectCustomKeyStore",
        "CreateCustomKeyStore",
        "CreateKey",
        "DeleteCustomKeyStore",
        "DescribeCustomKeyStores",
        "DisconnectCustomKeyStore",
        "GenerateRandom",
        "ListAliases",
        "ListKeys",
        "ListRetirableGrants",
        "UpdateCustomKeyStore",
    }
)
"""Operations whose action knows no resource."""

KEY_OPERATIONS: Final = frozenset(
    {
        "CancelKeyDeletion",
        "CreateGrant",
        "Decrypt",
        "DeleteImportedKeyMaterial",
        "DeriveSharedSecret",
        "DescribeKey",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "GetParametersForImport",
        "GetPublicKey",
        "ImportKeyMaterial",
        "ListGrants",
        "ListKeyPolicies",
        "ListKeyRotations",
        "ListResourceTags",
        "PutKeyPolicy",
        "ReplicateKey",
        "RetireGrant",
        "RevokeGrant",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "Sign",
        "TagResource",
        "UntagResource",
        "UpdateKeyDescription",
        "UpdatePrimaryRegion",
        "Verify",
        "VerifyMac",
    }
)
"""Operations on the key that their `KeyId` names, by the action of the same name."""

NOT_MAPPED: Final = MappingProxyType(
    dict.fromkeys(
        ("Decapsulate", "Encapsulate", "GetKeyLastUsage"),
        "the Service Authorization Reference has no action for it yet",
    )
)
"""Operations that are recognised and not mapped, with the reason."""

_WITHOUT_ACCOUNT: Final = frozenset({"GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"})
_BY_ALIAS: Final = frozenset(
    {
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncryptFrom",
        "ReEncryptTo",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
_KEY_ID: Final = re.compile(rb"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})")


def kms_needs(situation: Situation) -> list[Need]:
    """The needs of an operation of KMS.

    Raises:
        UnmappedOperation: What the operation needs is not known.
    """
    name = situation.operation.name
    if name in WITHOUT_KEY:
        return _without_key(situation)
    if name in ("CreateAlias", "DeleteAlias", "UpdateAlias"):
        return _alias_needs(situation)
    if name == "ReEncrypt":
        return _re_encrypts(situation)
    if name not in KEY_OPERATIONS:
        raise situation.unmapped(NOT_MAPPED.get(name, "nobody mapped it"))
    if name == "RetireGrant" and not situation.optional_text("KeyId"):
        raise situation.unmapped("it names its key in a grant token only")
    key_id = situation.optional_text("KeyId")
    if not key_id and name == "Decrypt":
        key_id = _key_in_ciphertext(situation)
    found = [_on_key(situation, name, key_id or situation.text("KeyId"))]
    return [*found, *_replica(situation)] if name == "ReplicateKey" else found


def _on_key(situation: Situation, name: str, key_id: str) -> Need:
    resource, context = key_use_context(situation, key_id)
    context.update(kms_context(situation, name))
    if name in _BY_ALIAS and (key_id.startswith("alias/") or ":alias/" in key_id):
        context["kms:RequestAlias"] = key_id[key_id.index("alias/") :]
    return situation.need(f"kms:{name}", resource, context)


def _without_key(situation: Situation) -> list[Need]:
    name = situation.operation.name
    context = {**_caller(situation), **kms_context(situation, name)}
    found = [situation.need(f"kms:{name}", "*", context)]
    if name == "CreateKey" and situation.items("Tags"):
        # The key has no ARN yet: AWS's own examples allow it on every resource.
        tags = {**_caller(situation), **kms_context(situation, "TagResource")}
        found.append(situation.need("kms:TagResource", "*", tags, source="KMS API Reference, CreateKey, permissions"))
    return found


def _caller(situation: Situation) -> dict[str, ContextValue]:
    account = situation.principal.get("aws:PrincipalAccount")
    if account is None or situation.operation.name in _WITHOUT_ACCOUNT:
        return {}
    return {"kms:CallerAccount": account}


def _alias_needs(situation: Situation) -> list[Need]:
    """An alias is changed by those who may change the alias and every key that it leaves or joins."""
    name, alias = situation.operation.name, situation.text("AliasName")
    source = f"KMS API Reference, {name}, required permissions"
    found = [situation.need(f"kms:{name}", alias_arn(situation, alias), _caller(situation))]
    keys = []
    if name != "CreateAlias":
        # An alias that names nothing has no key to ask for; KMS then answers that it is not there.
        keys.append(situation.surroundings.key_arn(alias, situation.region))
    if name != "DeleteAlias":
        keys.append(situation.text("TargetKeyId"))
    for key in dict.fromkeys(key for key in keys if key):
        resource, context = key_use_context(situation, key)
        found.append(situation.need(f"kms:{name}", resource, context, source=source))
    return found


def _re_encrypts(situation: Situation) -> list[Need]:
    source_key = situation.optional_text("SourceKeyId") or _key_in_ciphertext(situation)
    halves = [
        _on_key(situation, "ReEncryptFrom", source_key),
        _on_key(situation, "ReEncryptTo", situation.text("DestinationKeyId")),
    ]
    same: dict[str, ContextValue] = {"kms:ReEncryptOnSameKey": halves[0].resource == halves[1].resource}
    return [situation.need(half.action, half.resource, {**half.context, **same}) for half in halves]


def _key_in_ciphertext(situation: Situation) -> str:
    """The key that a ciphertext names itself, as the emulators' do: with a key's id in front.

    Raises:
        UnmappedOperation: It names none. AWS's own ciphertexts cannot be read.
    """
    try:
        blob = base64.b64decode(situation.text("CiphertextBlob"), validate=True)
    except (binascii.Error, ValueError):
        raise situation.unmapped("its ciphertext is no base64") from None
    found = _KEY_ID.match(blob)
    known = situation.surroundings.key_arn(found[0].decode(), situation.region) if found else ""
    if not known:
        raise situation.unmapped("it names its key in the ciphertext only")
    return known


def _replica(situation: Situation) -> list[Need]:
    source = "KMS API Reference, ReplicateKey, required permissions"
    elsewhere: dict[str, ContextValue] = {
        **_caller(situation),
        "aws:RequestedRegion": situation.text("ReplicaRegion"),
        "kms:MultiRegion": True,
    }
    found = [situation.need("kms:CreateKey", "*", elsewhere, source=source)]
    if situation.items("Tags"):
        tags = {**elsewhere, **kms_context(situation, "TagResource")}
        del tags["kms:MultiRegion"]
        found.append(situation.need("kms:TagResource", "*", tags, source=source))
    return found
