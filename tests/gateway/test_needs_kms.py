"""What the operations of KMS need."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.needs_of import UnmappedOperation

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
ALIAS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias"


def pairs(found: tuple[Need, ...]) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found]


# KMS: every way to name a key becomes its ARN.
@pytest.mark.parametrize("key_id", [KEY, KEY[-36:], "alias/state", f"{ALIAS}/state"])
def test_a_key_is_its_arn(needs: Any, key_id: str) -> None:
    (need,) = needs("kms", "DescribeKey", KeyId=key_id)
    assert pairs((need,)) == [("kms:DescribeKey", KEY)]
    assert need.context["kms:ResourceAliases"] == ["alias/state"]
    assert need.context["kms:CallerAccount"] == ACCOUNT
    assert need.context.get("kms:RequestAlias") == ("alias/state" if "alias" in key_id else None)
    assert "kms:ViaService" not in need.context


def test_a_key_that_is_not_there_stays_what_it_was_named(needs: Any) -> None:
    assert needs("kms", "DescribeKey", KeyId="alias/none")[0].resource == f"{ALIAS}/none"
    assert needs("kms", "DescribeKey", KeyId="no-such")[0].resource == f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/no-such"


def test_an_alias_needs_itself_and_its_keys(needs: Any) -> None:
    alias = f"{ALIAS}/state"
    assert pairs(needs("kms", "CreateAlias", AliasName="alias/state", TargetKeyId=OTHER_KEY)) == [
        ("kms:CreateAlias", alias), ("kms:CreateAlias", OTHER_KEY)
    ]  # fmt: skip
    assert pairs(needs("kms", "UpdateAlias", AliasName="alias/state", TargetKeyId=OTHER_KEY)) == [
        ("kms:UpdateAlias", alias), ("kms:UpdateAlias", KEY), ("kms:UpdateAlias", OTHER_KEY)
    ]  # fmt: skip
    assert pairs(needs("kms", "DeleteAlias", AliasName="alias/state")) == [
        ("kms:DeleteAlias", alias), ("kms:DeleteAlias", KEY)
    ]  # fmt: skip
    assert pairs(needs("kms", "DeleteAlias", AliasName="alias/none")) == [("kms:DeleteAlias", f"{ALIAS}/none")]


def test_a_new_key_has_no_resource_and_its_properties(needs: Any) -> None:
    (bare,) = needs("kms", "CreateKey")
    assert pairs((bare,)) == [("kms:CreateKey", "*")]
    properties = {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT", "kms:KeyOrigin": "AWS_KMS"}
    assert {key: bare.context[key] for key in properties} == properties
    assert bare.context["kms:MultiRegion"] is False
    assert "kms:BypassPolicyLockoutSafetyCheck" not in bare.context
    tags = [{"TagKey": "team", "TagValue": "infra"}]
    made, tagged = needs("kms", "CreateKey", Tags=tags, MultiRegion=True, BypassPolicyLockoutSafetyCheck=True)
    assert (tagged.action, tagged.basis) == ("kms:TagResource", Basis.MODELLED)
    assert made.context["aws:RequestTag/team"] == tagged.context["aws:RequestTag/team"] == "infra"
    assert (made.context["kms:MultiRegion"], made.context["kms:BypassPolicyLockoutSafetyCheck"]) == (True, True)


def test_re_encryption_needs_one_action_on_each_key(needs: Any) -> None:
    found = needs("kms", "ReEncrypt", CiphertextBlob=b"x", SourceKeyId="alias/state", DestinationKeyId=OTHER_KEY,
                  SourceEncryptionContext={"from": "a"}, DestinationEncryptionContext={"to": "b"})  # fmt: skip
    assert pairs(found) == [("kms:ReEncryptFrom", KEY), ("kms:ReEncryptTo", OTHER_KEY)]
    assert found[0].context["kms:EncryptionContext:from"] == "a"
    assert found[1].context["kms:EncryptionContext:to"] == "b"
    assert "kms:EncryptionContext:from" not in found[1].context
    assert [need.context["kms:ReEncryptOnSameKey"] for need in found] == [False, False]
    assert [need.context.get("kms:RequestAlias") for need in found] == ["alias/state", None]


def test_a_ciphertext_may_name_its_key_as_the_emulators_do(needs: Any) -> None:
    (need,) = needs("kms", "Decrypt", CiphertextBlob=KEY[-36:].encode() + b"sealed")
    assert need.resource == KEY


def test_encryption_context_and_algorithm_of_a_direct_call(needs: Any) -> None:
    (need,) = needs("kms", "Encrypt", KeyId=KEY, Plaintext=b"x", EncryptionContext={"b": "2", "a": "1"})
    assert need.context["kms:EncryptionContext:a"] == "1"
    assert need.context["kms:EncryptionContextKeys"] == ["a", "b"]
    assert need.context["kms:EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert "Plaintext" not in str(need.context)


@pytest.mark.parametrize(
    ("name", "parameters", "key", "value"),
    [
        ("ScheduleKeyDeletion", {"PendingWindowInDays": 7}, "ScheduleKeyDeletionPendingWindowInDays", 7),
        ("EnableKeyRotation", {"RotationPeriodInDays": 90}, "RotationPeriodInDays", 90),
        (
            "PutKeyPolicy",
            {"Policy": "{}", "BypassPolicyLockoutSafetyCheck": True},
            "BypassPolicyLockoutSafetyCheck",
            True,
        ),
        ("CreateGrant", {"GranteePrincipal": "p", "Operations": ["Decrypt"]}, "GrantOperations", ["Decrypt"]),
        ("CreateGrant", {"GranteePrincipal": "p", "Operations": ["Decrypt"]}, "GranteePrincipal", "p"),
        (
            "CreateGrant",
            {
                "GranteePrincipal": "p",
                "Operations": ["Decrypt"],
                "Constraints": {"EncryptionContextEquals": {"a": "b"}},
            },
            "GrantConstraintType",
            "EncryptionContextEquals",
        ),
    ],
)
def test_keys_of_kms_that_stand_in_the_body(
    needs: Any, name: str, parameters: dict[str, Any], key: str, value: Any
) -> None:
    (need,) = needs("kms", name, KeyId=KEY, **parameters)
    assert need.context[f"kms:{key}"] == value


@pytest.mark.parametrize("name", ["ListKeys", "ListAliases", "GenerateRandom"])
def test_calls_to_kms_without_a_resource(needs: Any, name: str) -> None:
    (need,) = needs("kms", name)
    assert pairs((need,)) == [(f"kms:{name}", "*")]
    assert "kms:CallerAccount" not in need.context


def test_the_key_in_a_ciphertext_must_be_known(needs: Any, known: Any) -> None:
    blob = b"99999999-9999-4999-8999-999999999999sealed"
    assert known.key_arn(blob[:36].decode(), "eu-west-1") == ""
    with pytest.raises(UnmappedOperation):
        needs("kms", "Decrypt", CiphertextBlob=blob)
