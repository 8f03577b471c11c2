"""What the operations of DynamoDB, KMS, STS and IAM need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tfproof.gateway.need import Basis, Need
from tfproof.gateway.needs import UnmappedOperation, needs_of
from tfproof.gateway.operation import recognise

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1111-4111-8111-111111111111"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
ALIAS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/locks"
IAM = f"arn:aws:iam::{ACCOUNT}"
PRINCIPAL = {"aws:PrincipalArn": f"{IAM}:user/terraform", "aws:PrincipalAccount": ACCOUNT}
LOCK = {"LockID": {"S": "bucket/key"}}
DIGEST = {"LockID": {"S": "bucket/key-md5"}}


@pytest.fixture
def needs(known: Any, wire: Any) -> Callable[..., tuple[Need, ...]]:
    """Needs of an operation that boto3 sends."""

    def find(service: str, name: str, /, **parameters: Any) -> tuple[Need, ...]:
        request = wire(service, name, **parameters)
        return needs_of(recognise(request), request, known, PRINCIPAL)

    return find


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


# STS and IAM.
def test_sts(needs: Any) -> None:
    assert pairs(needs("sts", "GetCallerIdentity")) == [("sts:GetCallerIdentity", "*")]
    assert pairs(needs("sts", "GetSessionToken")) == [("sts:GetSessionToken", "*")]
    (plain,) = needs("sts", "AssumeRole", RoleArn=f"{IAM}:role/made", RoleSessionName="session")
    assert pairs((plain,)) == [("sts:AssumeRole", f"{IAM}:role/made")]
    assert plain.context["sts:RoleSessionName"] == "session"
    assert "sts:ExternalId" not in plain.context
    tags = [{"Key": "team", "Value": "infra"}]
    found = needs("sts", "AssumeRole", RoleArn=f"{IAM}:role/made", RoleSessionName="session", Tags=tags, ExternalId="ex",
                  SourceIdentity="who", TransitiveTagKeys=["team"])  # fmt: skip
    assert [need.action for need in found] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert found[0].context["sts:ExternalId"] == "ex"
    assert found[1].context["aws:RequestTag/team"] == "infra"
    assert found[1].context["sts:TransitiveTagKeys"] == ["team"]
    assert pairs(needs("sts", "GetFederationToken", Name="fed")) == [
        ("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/fed")
    ]


POLICY = f"{IAM}:policy/made"


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("GetUser", {}, [("iam:GetUser", f"{IAM}:user/terraform")]),
        ("GetUser", {"UserName": "other"}, [("iam:GetUser", f"{IAM}:user/other")]),
        ("ListRoles", {}, [("iam:ListRoles", "*")]),
        ("GetRole", {"RoleName": "made"}, [("iam:GetRole", f"{IAM}:role/made")]),
        ("CreateRole", {"RoleName": "made", "Path": "/ci/", "AssumeRolePolicyDocument": "{}"},
         [("iam:CreateRole", f"{IAM}:role/ci/made")]),
        ("CreatePolicy", {"PolicyName": "made", "PolicyDocument": "{}"}, [("iam:CreatePolicy", POLICY)]),
        ("GetPolicy", {"PolicyArn": POLICY}, [("iam:GetPolicy", POLICY)]),
        ("AttachRolePolicy", {"RoleName": "made", "PolicyArn": POLICY}, [("iam:AttachRolePolicy", f"{IAM}:role/made")]),
        ("AddUserToGroup", {"GroupName": "g", "UserName": "u"}, [("iam:AddUserToGroup", f"{IAM}:group/g")]),
        ("SimulatePrincipalPolicy", {"PolicySourceArn": f"{IAM}:user/u", "ActionNames": ["s3:GetObject"]},
         [("iam:SimulatePrincipalPolicy", f"{IAM}:user/u")]),
        ("SimulateCustomPolicy", {"PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject"]},
         [("iam:SimulateCustomPolicy", "*")]),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "p", "RoleName": "r"},
         [("iam:AddRoleToInstanceProfile", f"{IAM}:instance-profile/p"), ("iam:PassRole", f"{IAM}:role/r")]),
        ("UpdateUser", {"UserName": "u", "NewUserName": "v"},
         [("iam:UpdateUser", f"{IAM}:user/u"), ("iam:UpdateUser", f"{IAM}:user/v")]),
        ("DeleteVirtualMFADevice", {"SerialNumber": f"{IAM}:mfa/m-f-a"},
         [("iam:DeleteVirtualMFADevice", f"{IAM}:mfa/m-f-a")]),
        ("CreateOpenIDConnectProvider", {"Url": "https://ci.example/x", "ThumbprintList": []},
         [("iam:CreateOpenIDConnectProvider", f"{IAM}:oidc-provider/ci.example/x")]),
    ],
)  # fmt: skip
def test_iam(needs: Any, name: str, parameters: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert pairs(needs("iam", name, **parameters)) == expected


def test_keys_of_iam(needs: Any) -> None:
    (attached,) = needs("iam", "AttachRolePolicy", RoleName="made", PolicyArn=POLICY)
    assert attached.context["iam:PolicyARN"] == POLICY
    (made,) = needs("iam", "CreateUser", UserName="u", PermissionsBoundary=POLICY, Tags=[{"Key": "a", "Value": "b"}])
    assert made.context["iam:PermissionsBoundary"] == POLICY
    assert made.context["aws:RequestTag/a"] == "b"
    (removed,) = needs("iam", "UntagUser", UserName="u", TagKeys=["a", "c"])
    assert removed.context["aws:TagKeys"] == ["a", "c"]


def test_the_key_in_a_ciphertext_must_be_known(needs: Any, known: Any) -> None:
    blob = b"99999999-9999-4999-8999-999999999999sealed"
    assert known.key_arn(blob[:36].decode(), "eu-west-1") == ""
    with pytest.raises(UnmappedOperation):
        needs("kms", "Decrypt", CiphertextBlob=blob)
