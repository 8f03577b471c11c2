"""What the operations of DynamoDB need."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.gateway.needs.need import Basis, Need

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/locks"
LOCK = {"LockID": {"S": "bucket/key"}}
DIGEST = {"LockID": {"S": "bucket/key-md5"}}


def pairs(found: tuple[Need, ...]) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found]


def test_the_calls_of_a_lock(needs: Any) -> None:
    (put,) = needs("dynamodb", "PutItem", TableName="locks", Item={**LOCK, "Info": {"S": "{}"}},
                   ConditionExpression="attribute_not_exists(LockID)")  # fmt: skip
    (get,) = needs("dynamodb", "GetItem", TableName="locks", Key=DIGEST, ProjectionExpression="LockID, Digest")
    (delete,) = needs("dynamodb", "DeleteItem", TableName="locks", Key=LOCK)
    assert pairs((put, get, delete)) == [
        ("dynamodb:PutItem", TABLE), ("dynamodb:GetItem", TABLE), ("dynamodb:DeleteItem", TABLE)
    ]  # fmt: skip
    assert put.context["dynamodb:LeadingKeys"] == ["bucket/key"]
    assert put.context["dynamodb:Attributes"] == ["LockID", "Info"]
    assert get.context["dynamodb:LeadingKeys"] == ["bucket/key-md5"]
    assert get.context["dynamodb:Attributes"] == ["LockID", "Digest"]
    assert delete.context["dynamodb:Attributes"] == ["LockID"]
    for absent in ("ReturnValues", "ReturnConsumedCapacity", "Select", "EnclosingOperation"):
        assert f"dynamodb:{absent}" not in put.context


def test_leading_keys_are_absent_when_the_tables_key_is_not_known(needs: Any, known: Any) -> None:
    known.partition_keys = {}
    assert "dynamodb:LeadingKeys" not in needs("dynamodb", "GetItem", TableName="locks", Key=LOCK)[0].context


def test_leading_keys_are_absent_when_one_of_them_cannot_be_read(needs: Any) -> None:
    # A list without it would let the batch pass a condition on all of its keys.
    other = {"Other": {"S": "somebody else's"}}
    (need,) = needs("dynamodb", "BatchGetItem", RequestItems={"locks": {"Keys": [LOCK, other]}})
    assert "dynamodb:LeadingKeys" not in need.context


def test_a_table_may_be_named_by_its_arn(needs: Any) -> None:
    (need,) = needs("dynamodb", "GetItem", TableName=TABLE, Key=LOCK)
    assert need.resource == TABLE
    assert need.context["dynamodb:LeadingKeys"] == ["bucket/key"]


def test_what_is_asked_to_be_returned(needs: Any) -> None:
    (need,) = needs("dynamodb", "UpdateItem", TableName="locks", Key=LOCK, ReturnValues="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL", UpdateExpression="SET #i.inner = :v REMOVE Digest ADD Hits :one",
                    ConditionExpression="size(Info) > :one AND Owner BETWEEN :v AND :one",
                    ExpressionAttributeNames={"#i": "Info"},
                    ExpressionAttributeValues={":v": {"S": "x"}, ":one": {"N": "1"}})  # fmt: skip
    assert need.context["dynamodb:ReturnValues"] == "ALL_OLD"
    assert need.context["dynamodb:ReturnConsumedCapacity"] == "TOTAL"
    assert set(need.context["dynamodb:Attributes"]) == {"LockID", "Info", "Digest", "Hits", "Owner"}


def test_searches(needs: Any) -> None:
    values = {":v": {"S": "bucket/key"}}
    (query,) = needs("dynamodb", "Query", TableName="locks", KeyConditionExpression="#k = :v", Select="COUNT",
                     ExpressionAttributeNames={"#k": "LockID"}, ExpressionAttributeValues=values)  # fmt: skip
    assert query.context["dynamodb:LeadingKeys"] == ["bucket/key"]
    assert query.context["dynamodb:Select"] == "COUNT"
    legacy = {"LockID": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "old"}]}}
    (old,) = needs("dynamodb", "Query", TableName="locks", KeyConditions=legacy)
    assert old.context["dynamodb:LeadingKeys"] == ["old"]
    (index,) = needs("dynamodb", "Query", TableName="locks", IndexName="by-owner", KeyConditionExpression="LockID = :v",
                     ExpressionAttributeValues=values)  # fmt: skip
    assert index.resource == f"{TABLE}/index/by-owner"
    assert "dynamodb:LeadingKeys" not in index.context
    (scan,) = needs("dynamodb", "Scan", TableName="locks")
    assert pairs((scan,)) == [("dynamodb:Scan", TABLE)]


def test_a_transaction_needs_the_action_of_every_item(needs: Any) -> None:
    found = needs("dynamodb", "TransactWriteItems", TransactItems=[
        {"Put": {"TableName": "locks", "Item": LOCK}},
        {"Delete": {"TableName": "locks", "Key": DIGEST}},
        {"ConditionCheck": {"TableName": "other", "Key": LOCK, "ConditionExpression": "attribute_exists(LockID)"}},
        {"Update": {"TableName": "locks", "Key": LOCK, "UpdateExpression": "SET Info = :i"}},
    ])  # fmt: skip
    assert pairs(found) == [
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:ConditionCheckItem", TABLE.replace("locks", "other")),
        ("dynamodb:UpdateItem", TABLE),
    ]
    assert found[0].context["dynamodb:EnclosingOperation"] == "TransactWriteItems"
    assert [need.context.get("dynamodb:LeadingKeys") for need in found] == [
        ["bucket/key"], ["bucket/key-md5"], None, ["bucket/key"]
    ]  # fmt: skip
    (got,) = needs("dynamodb", "TransactGetItems", TransactItems=[{"Get": {"TableName": "locks", "Key": LOCK}}])
    assert got.action == "dynamodb:GetItem"


def test_a_batch_needs_its_action_on_every_table_with_all_its_keys(needs: Any) -> None:
    found = needs("dynamodb", "BatchWriteItem", RequestItems={
        "locks": [{"PutRequest": {"Item": {**LOCK, "Info": {"S": "x"}}}}, {"DeleteRequest": {"Key": DIGEST}}],
        "other": [{"PutRequest": {"Item": LOCK}}],
    })  # fmt: skip
    assert pairs(found) == [
        ("dynamodb:BatchWriteItem", TABLE), ("dynamodb:BatchWriteItem", TABLE.replace("locks", "other"))
    ]  # fmt: skip
    assert found[0].context["dynamodb:LeadingKeys"] == ["bucket/key", "bucket/key-md5"]
    assert found[0].context["dynamodb:Attributes"] == ["LockID", "Info"]
    (got,) = needs("dynamodb", "BatchGetItem", RequestItems={
        "locks": {"Keys": [LOCK, DIGEST], "ProjectionExpression": "Digest"}
    })  # fmt: skip
    assert got.context["dynamodb:LeadingKeys"] == ["bucket/key", "bucket/key-md5"]
    assert got.context["dynamodb:Attributes"] == ["LockID", "Digest"]


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        ("SELECT * FROM \"locks\" WHERE LockID = 'a'", "PartiQLSelect", TABLE),
        ('select Info\nfrom locks."by-owner"', "PartiQLSelect", f"{TABLE}/index/by-owner"),
        ("INSERT INTO locks VALUE {'LockID': 'a'}", "PartiQLInsert", TABLE),
        ("UPDATE locks SET Info = 'b' WHERE LockID = 'a'", "PartiQLUpdate", TABLE),
        ("DELETE FROM locks WHERE LockID = 'a'", "PartiQLDelete", TABLE),
    ],
)
def test_partiql(needs: Any, statement: str, action: str, resource: str) -> None:
    assert pairs(needs("dynamodb", "ExecuteStatement", Statement=statement)) == [(f"dynamodb:{action}", resource)]


@pytest.mark.parametrize(
    ("name", "parameters", "resource"),
    [
        ("DescribeTable", {"TableName": "locks"}, TABLE),
        ("DeleteTable", {"TableName": "locks"}, TABLE),
        ("DescribeContinuousBackups", {"TableName": "locks"}, TABLE),
        ("DescribeTimeToLive", {"TableName": "locks"}, TABLE),
        ("ListTagsOfResource", {"ResourceArn": TABLE}, TABLE),
        ("UntagResource", {"ResourceArn": TABLE, "TagKeys": ["a"]}, TABLE),
        ("CreateBackup", {"TableName": "locks", "BackupName": "made"}, TABLE),
        ("DeleteBackup", {"BackupArn": f"{TABLE}/backup/1"}, f"{TABLE}/backup/1"),
        ("ListTables", {}, "*"),
        ("DescribeLimits", {}, "*"),
        ("DescribeGlobalTable", {"GlobalTableName": "g-t"}, f"arn:aws:dynamodb::{ACCOUNT}:global-table/g-t"),
    ],
)
def test_calls_about_tables(needs: Any, name: str, parameters: dict[str, Any], resource: str) -> None:
    assert pairs(needs("dynamodb", name, **parameters)) == [(f"dynamodb:{name}", resource)]


CREATE: dict[str, Any] = {
    "TableName": "locks",
    "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
}


def test_creating_a_table_with_tags_needs_to_tag_it(needs: Any) -> None:
    assert pairs(needs("dynamodb", "CreateTable", **CREATE)) == [("dynamodb:CreateTable", TABLE)]
    created, tagged = needs("dynamodb", "CreateTable", Tags=[{"Key": "team", "Value": "infra"}], **CREATE)
    assert (created.action, tagged.action) == ("dynamodb:CreateTable", "dynamodb:TagResource")
    assert created.context["aws:RequestTag/team"] == tagged.context["aws:RequestTag/team"] == "infra"


def test_choosing_a_tables_key_needs_it(needs: Any) -> None:
    encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/state"}
    found = needs("dynamodb", "CreateTable", SSESpecification=encrypted, **CREATE)[1:]
    assert {need.resource for need in found} == {KEY}
    assert all(need.implied and need.source for need in found)
    modelled = {need.action for need in found if need.basis is Basis.MODELLED}
    assert modelled == {"kms:DescribeKey", "kms:CreateGrant"}
    assert {need.context["kms:ViaService"] for need in found} == {"dynamodb.eu-west-1.amazonaws.com"}
    assert {need.action for need in found} - modelled == {
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"
    }  # fmt: skip
    changed = needs("dynamodb", "UpdateTable", TableName="locks", SSESpecification=encrypted)
    assert [need.action for need in changed[1:3]] == ["kms:DescribeKey", "kms:CreateGrant"]
    aws_owned = {"Enabled": True, "SSEType": "KMS"}
    assert len(needs("dynamodb", "UpdateTable", TableName="locks", SSESpecification=aws_owned)) == 1


def test_using_a_table_with_a_customer_key_may_need_it(needs: Any, known: Any) -> None:
    assert len(needs("dynamodb", "GetItem", TableName="locks", Key=LOCK)) == 1
    known.table_keys = {"locks": KEY}
    used = needs("dynamodb", "GetItem", TableName=TABLE, Key=LOCK)[1]
    assert (used.action, used.resource, used.basis, used.implied) == ("kms:Decrypt", KEY, Basis.UNSETTLED, True)
    assert used.source
    assert used.context["kms:ViaService"] == "dynamodb.eu-west-1.amazonaws.com"
    assert used.context["kms:EncryptionContext:aws:dynamodb:tableName"] == "locks"
    assert used.context["kms:EncryptionContext:aws:dynamodb:subscriberId"] == ACCOUNT
    assert used.context["kms:EncryptionContextKeys"] == ["aws:dynamodb:subscriberId", "aws:dynamodb:tableName"]
    assert len(needs("dynamodb", "DescribeTable", TableName="locks")) == 1
    assert len(needs("dynamodb", "ListTables")) == 1
    both = needs("dynamodb", "TransactGetItems", TransactItems=[{"Get": {"TableName": "locks", "Key": LOCK}}] * 2)
    assert [need.action for need in both] == ["dynamodb:GetItem", "dynamodb:GetItem", "kms:Decrypt"]


def test_a_restored_table_is_filled_by_the_caller(needs: Any) -> None:
    found = needs("dynamodb", "RestoreTableToPointInTime", SourceTableName="locks", TargetTableName="new")
    new = TABLE.replace("locks", "new")
    assert pairs(found)[:2] == [
        ("dynamodb:RestoreTableToPointInTime", TABLE),
        ("dynamodb:RestoreTableToPointInTime", new),
    ]
    assert ("dynamodb:BatchWriteItem", new) in pairs(found)
