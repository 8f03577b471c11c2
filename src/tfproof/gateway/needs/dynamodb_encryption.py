"""The calls that DynamoDB makes to KMS in the caller's name, for tables with a customer managed key.

What the one who uses a table needs on its key, AWS leaves open: the Developer Guide (Encryption at rest, usage notes)
lists what "the principal that selects the key for a table" needs, and says that the table's key is decrypted on behalf
of the callers, which a cache hides for some minutes.
"""

from __future__ import annotations

from typing import Final

from tfproof.gateway.needs.kms_context import encryption_context
from tfproof.gateway.needs.kms_keys import key_use_context
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["key_chosen", "table_used"]

_USE: Final = "DynamoDB Developer Guide, Encryption at rest: how it works; usage notes"
_CHOICE: Final = "DynamoDB Developer Guide, Encryption at rest: usage notes, authorizing use of a key"


def table_used(situation: Situation, tables: list[str]) -> list[Need]:
    """What a caller may need on the keys of the tables whose items they touch.

    Args:
        situation: The request.
        tables: The tables' ARNs.
    """
    found = []
    for arn in tables:
        table = arn.rpartition(":table/")[2]
        key = situation.surroundings.table_key(table, situation.region)
        if key:
            resource, context = key_use_context(situation, key)
            context.update(_context(situation, table))
            found.append(situation.implied("kms:Decrypt", resource, context, source=_USE, basis=Basis.UNSETTLED))
    return found


def key_chosen(situation: Situation, table: str, key_id: str) -> list[Need]:
    """What whoever chooses a table's key needs on it.

    Args:
        situation: The request.
        table: The table's name.
        key_id: The key, as the request names it.
    """
    resource, common = key_use_context(situation, key_id)
    via: dict[str, ContextValue] = {**common, "kms:ViaService": situation.via("dynamodb")}
    using = {**via, **_context(situation, table)}
    granting: dict[str, ContextValue] = {**via, "kms:GrantIsForAWSResource": True}
    # DescribeKey and CreateGrant make the table; the rest the guide lists as a minimum, without saying when.
    found = [
        situation.implied("kms:DescribeKey", resource, via, source=_CHOICE),
        situation.implied("kms:CreateGrant", resource, granting, source=_CHOICE),
    ]
    for action in ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"):
        need = situation.implied(f"kms:{action}", resource, using, source=_CHOICE, basis=Basis.UNSETTLED)
        found.append(need)
    return found


def _context(situation: Situation, table: str) -> dict[str, ContextValue]:
    pairs = {
        "aws:dynamodb:subscriberId": situation.surroundings.account_id,
        "aws:dynamodb:tableName": table,
    }
    return {
        "kms:ViaService": situation.via("dynamodb"),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        **encryption_context(pairs),
    }
