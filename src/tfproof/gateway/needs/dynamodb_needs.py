"""What the operations of DynamoDB need to be allowed. Source: Service Authorization Reference, Amazon DynamoDB."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tfproof.gateway.needs.dynamodb_encryption import key_chosen, table_used
from tfproof.gateway.needs.dynamodb_items import ITEM_OPERATIONS, item_needs, tables_of
from tfproof.gateway.needs.dynamodb_tables import global_table_arn, index_arn, table_arn
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.situation import Situation
from tfproof.gateway.needs.tags import removed_tag_context, structure_tags, tag_context

__all__ = ["BY_PARAMETER", "NOT_MAPPED", "WITHOUT_RESOURCE", "dynamodb_needs"]

WITHOUT_RESOURCE: Final = frozenset(
    {
        "DescribeEndpoints",
        "DescribeLimits",
        "ListBackups",
        "ListContributorInsights",
        "ListExports",
        "ListGlobalTables",
        "ListImports",
        "ListStreams",
        "ListTables",
    }
)
"""Operations whose action knows no resource."""

BY_PARAMETER: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "CreateBackup",
                "CreateTable",
                "DeleteTable",
                "DescribeContinuousBackups",
                "DescribeContributorInsights",
                "DescribeKinesisStreamingDestination",
                "DescribeTable",
                "DescribeTableReplicaAutoScaling",
                "DescribeTimeToLive",
                "DisableKinesisStreamingDestination",
                "EnableKinesisStreamingDestination",
                "UpdateContinuousBackups",
                "UpdateContributorInsights",
                "UpdateKinesisStreamingDestination",
                "UpdateTable",
                "UpdateTimeToLive",
            ),
            "TableName",
        ),
        **dict.fromkeys(("DeleteBackup", "DescribeBackup"), "BackupArn"),
        **dict.fromkeys(
            (
                "DeleteResourcePolicy",
                "GetResourcePolicy",
                "ListTagsOfResource",
                "PutResourcePolicy",
                "TagResource",
                "UntagResource",
            ),
            "ResourceArn",
        ),
        **dict.fromkeys(
            ("DescribeGlobalTable", "DescribeGlobalTableSettings", "UpdateGlobalTableSettings"), "GlobalTableName"
        ),
        "DescribeExport": "ExportArn",
        "DescribeImport": "ImportArn",
        "DescribeStream": "StreamArn",
        "GetShardIterator": "StreamArn",
    }
)
"""Operations on one resource, by the parameter that names it."""

NOT_MAPPED: Final = MappingProxyType(
    {
        "ExportTableToPointInTime": "what it writes to S3 is not modelled",
        "GetRecords": "it names its stream in a shard iterator only",
        "ImportTable": "what it reads from S3 is not modelled",
        "UpdateTableReplicaAutoScaling": "what it needs of Application Auto Scaling is not modelled",
        **dict.fromkeys(
            (
                "CancelBulkOperation",
                "DescribeBulkOperation",
                "ListBulkOperations",
                "SearchVectors",
                "StartBulkPutItems",
            ),
            "the Service Authorization Reference has no action for it yet",
        ),
    }
)
"""Operations that are recognised and not mapped, with the reason."""

_RESTORES: Final = frozenset({"RestoreTableFromBackup", "RestoreTableToPointInTime"})
_RESTORE_WRITES: Final = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


def dynamodb_needs(situation: Situation) -> list[Need]:
    """The needs of an operation of DynamoDB, the direct ones first.

    Raises:
        UnmappedOperation: What the operation needs is not known.
    """
    name = situation.operation.name
    if name in ITEM_OPERATIONS:
        direct = item_needs(situation)
        return [*direct, *table_used(situation, tables_of(direct))]
    if name in WITHOUT_RESOURCE:
        return [situation.need(f"dynamodb:{name}", "*")]
    if name in _RESTORES:
        return _restores(situation)
    if name in ("CreateGlobalTable", "UpdateGlobalTable"):
        return _global_tables(situation)
    parameter = BY_PARAMETER.get(name)
    if parameter is None:
        raise situation.unmapped(NOT_MAPPED.get(name, "nobody mapped it"))
    return _on_resource(situation, parameter)


def _on_resource(situation: Situation, parameter: str) -> list[Need]:
    name, sent = situation.operation.name, situation.text(parameter)
    if situation.items("ReplicaUpdates") or situation.items("GlobalTableWitnessUpdates"):
        raise situation.unmapped("what replicas of a table need is not modelled")
    resource = sent
    if parameter == "TableName":
        index = situation.optional_text("IndexName")
        resource = index_arn(situation, sent, index) if index else table_arn(situation, sent)
    elif parameter == "GlobalTableName":
        resource = global_table_arn(situation, sent)
    context = {}
    if name == "TagResource":
        context = tag_context(structure_tags(situation, "Tags"))
    elif name == "UntagResource":
        context = removed_tag_context(situation.parameters.get("TagKeys"))
    elif name == "CreateTable":
        context = tag_context(structure_tags(situation, "Tags"))
    found = [situation.need(f"dynamodb:{name}", resource, context)]
    if name == "CreateTable" and context:
        source = "DynamoDB Developer Guide, Tagging resources"
        found.append(situation.need("dynamodb:TagResource", resource, context, source=source))
    if name in ("CreateTable", "UpdateTable"):
        found += _key_choice(situation, sent, "SSESpecification")
    return found


def _key_choice(situation: Situation, table: str, parameter: str) -> list[Need]:
    specification = situation.members(parameter)
    key_id = specification.get("KMSMasterKeyId")
    if not key_id:
        # With no key named it is DynamoDB's own or alias/aws/dynamodb, whose policy admits the account's principals.
        return []
    name = table.rpartition(":table/")[2]
    return key_chosen(situation, name, situation.text("KMSMasterKeyId", within=specification))


def _restores(situation: Situation) -> list[Need]:
    name = situation.operation.name
    target = table_arn(situation, situation.text("TargetTableName"))
    if name == "RestoreTableFromBackup":
        origin = situation.text("BackupArn")
    else:
        origin = situation.optional_text("SourceTableArn") or table_arn(situation, situation.text("SourceTableName"))
    found = [situation.need(f"dynamodb:{name}", origin), situation.need(f"dynamodb:{name}", target)]
    source = f"Service Authorization Reference, Amazon DynamoDB, dependent actions of {name}"
    found += [situation.need(f"dynamodb:{action}", target, source=source) for action in _RESTORE_WRITES]
    return [*found, *_key_choice(situation, target, "SSESpecificationOverride")]


def _global_tables(situation: Situation) -> list[Need]:
    """Both are authorised on the global table and on the tables of that name that it is made of."""
    name, table = situation.operation.name, situation.text("GlobalTableName")
    arns = [global_table_arn(situation, table), table_arn(situation, table)]
    return [situation.need(f"dynamodb:{name}", arn) for arn in arns]
