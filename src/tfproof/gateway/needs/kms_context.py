"""The condition keys of a direct call to KMS. Which key an action has: Service Authorization Reference, AWS KMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tfproof.gateway.needs.situation import Situation
from tfproof.gateway.needs.tags import removed_tag_context, structure_tags, tag_context
from tfproof.iam.request import ContextValue

__all__ = ["encryption_context", "kms_context"]

_ENCRYPTING: Final = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    }
)
_MEMBERS: Final = {
    "CreateGrant": {"RetiringPrincipal": "RetiringPrincipal", "GranteePrincipal": "GranteePrincipal"},
    "CreateKey": {"BypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck"},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "KeyAgreementAlgorithm"},
    "EnableKeyRotation": {"RotationPeriodInDays": "RotationPeriodInDays"},
    "GenerateDataKeyPair": {"KeyPairSpec": "DataKeyPairSpec"},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "DataKeyPairSpec"},
    "GenerateMac": {"MacAlgorithm": "MacAlgorithm"},
    "GetParametersForImport": {"WrappingAlgorithm": "WrappingAlgorithm", "WrappingKeySpec": "WrappingKeySpec"},
    "ImportKeyMaterial": {"ExpirationModel": "ExpirationModel", "ValidTo": "ValidTo"},
    "PutKeyPolicy": {"BypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck"},
    "ReplicateKey": {"ReplicaRegion": "ReplicaRegion"},
    "ScheduleKeyDeletion": {"PendingWindowInDays": "ScheduleKeyDeletionPendingWindowInDays"},
    "Sign": {"MessageType": "MessageType", "SigningAlgorithm": "SigningAlgorithm"},
    "UpdatePrimaryRegion": {"PrimaryRegion": "PrimaryRegion"},
    "Verify": {"MessageType": "MessageType", "SigningAlgorithm": "SigningAlgorithm"},
    "VerifyMac": {"MacAlgorithm": "MacAlgorithm"},
}
# The key that is made has these whether they were asked for or not: KMS API Reference, CreateKey.
_NEW_KEY: Final[dict[str, tuple[tuple[str, ...], ContextValue]]] = {
    "kms:KeySpec": (("KeySpec", "CustomerMasterKeySpec"), "SYMMETRIC_DEFAULT"),
    "kms:KeyUsage": (("KeyUsage",), "ENCRYPT_DECRYPT"),
    "kms:KeyOrigin": (("Origin",), "AWS_KMS"),
    "kms:MultiRegion": (("MultiRegion",), False),
}


def kms_context(situation: Situation, name: str) -> dict[str, ContextValue]:
    """The keys of an action of KMS that stand in the request's body.

    Args:
        situation: The request.
        name: The action's name without its prefix; for ReEncrypt one of its two.
    """
    parameters = situation.parameters
    found: dict[str, ContextValue] = {
        f"kms:{key}": parameters[member]
        for member, key in _MEMBERS.get(name, {}).items()
        if isinstance(parameters.get(member), (str, bool, int, float))
    }
    if name in _ENCRYPTING:
        prefix = {"ReEncryptFrom": "Source", "ReEncryptTo": "Destination"}.get(name, "")
        algorithm = parameters.get(f"{prefix}EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"
        found["kms:EncryptionAlgorithm"] = str(algorithm)
        found.update(encryption_context(situation.members(f"{prefix}EncryptionContext")))
    elif name == "CreateKey":
        for key, (members, default) in _NEW_KEY.items():
            sent = next((parameters[member] for member in members if member in parameters), default)
            if isinstance(sent, (str, bool)):
                found[key] = sent
    elif name == "CreateGrant":
        found.update(_grant(situation))
    if name in ("CreateKey", "TagResource"):
        found.update(tag_context(structure_tags(situation, "Tags", key="TagKey", value="TagValue")))
    elif name == "UntagResource":
        found.update(removed_tag_context(parameters.get("TagKeys")))
    return found


def _grant(situation: Situation) -> dict[str, ContextValue]:
    found: dict[str, ContextValue] = {}
    operations = situation.parameters.get("Operations")
    if isinstance(operations, list):
        found["kms:GrantOperations"] = [str(each) for each in operations]
    constraints = situation.members("Constraints")
    for kind in ("EncryptionContextEquals", "EncryptionContextSubset"):
        if kind in constraints:
            found["kms:GrantConstraintType"] = kind
            found.update(encryption_context(situation.members(kind, within=constraints)))
    return found


def encryption_context(pairs: Mapping[str, Any]) -> dict[str, ContextValue]:
    """The keys of an encryption context; none for an empty one."""
    if not pairs:
        return {}
    found: dict[str, ContextValue] = {f"kms:EncryptionContext:{name}": str(value) for name, value in pairs.items()}
    # Names of an encryption context differ by case, names of condition keys do not: such a pair has no key here.
    if len({name.lower() for name in found}) != len(pairs):
        found = {}
    found["kms:EncryptionContextKeys"] = sorted(pairs)
    return found
