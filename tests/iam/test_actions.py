"""R3 and R45 action by action: the ARN template of each action's resource, and which actions know none.

After the Service Authorization Reference's pages of S3, DynamoDB, KMS, STS and IAM.
"""

from __future__ import annotations

import pytest

from tfproof.iam import Request, evaluate, simulate_custom_policy

OBJECT = "arn:${Partition}:s3:::${BucketName}/${KeyName}"
BUCKET = "arn:${Partition}:s3:::${BucketName}"
TABLE = "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
GLOBAL_TABLE = "arn:${Partition}:dynamodb::${Account}:global-table/${GlobalTableName}"
KEY = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"
ALIAS = "arn:${Partition}:kms:${Region}:${Account}:alias/${Alias}"
ROLE = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
USER = "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"
GROUP = "arn:${Partition}:iam::${Account}:group/${GroupNameWithPath}"
POLICY = "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}"
TEMPLATES = {
    OBJECT: "s3:GetObject s3:PutObject s3:DeleteObjectVersion s3:GetObjectTagging s3:AbortMultipartUpload "
    "s3:ListMultipartUploadParts s3:ReplicateObject s3:RestoreObject s3:BypassGovernanceRetention S3:GETOBJECT",
    BUCKET: "s3:ListBucket s3:ListBucketVersions s3:GetBucketPolicy s3:PutEncryptionConfiguration s3:CreateBucket",
    TABLE: "dynamodb:PutItem dynamodb:DescribeTable dynamodb:CreateTable DynamoDB:getitem",
    f"{TABLE}/stream/${{StreamLabel}}": "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
    f"{TABLE}/backup/${{BackupName}}": "dynamodb:DeleteBackup dynamodb:DescribeBackup dynamodb:RestoreTableFromBackup",
    f"{TABLE}/export/${{ExportName}}": "dynamodb:DescribeExport",
    f"{TABLE}/import/${{ImportName}}": "dynamodb:DescribeImport",
    GLOBAL_TABLE: "dynamodb:CreateGlobalTable dynamodb:DescribeGlobalTable dynamodb:UpdateGlobalTable",
    KEY: "kms:Decrypt kms:GenerateDataKey kms:PutKeyPolicy kms:ScheduleKeyDeletion",
    ALIAS: "kms:CreateAlias kms:DeleteAlias kms:UpdateAlias",
    ROLE: "sts:AssumeRole sts:AssumeRoleWithSAML sts:AssumeRoleWithWebIdentity iam:PassRole iam:CreateRole iam:GetRole "
    "iam:AttachRolePolicy iam:PutRolePolicy iam:UpdateAssumeRolePolicy",
    USER: "iam:GetUser iam:CreateUser iam:DetachUserPolicy iam:PutUserPolicy",
    GROUP: "iam:GetGroup iam:AddUserToGroup iam:DeleteGroupPolicy",
    POLICY: "iam:CreatePolicy iam:GetPolicy iam:DeletePolicy",
    "*": "s3:ListAllMyBuckets s3:GetAccessPoint s3:DescribeJob s3:GetStorageLensConfiguration s3:CreateJob "
    "dynamodb:ListTables kms:CreateKey kms:ListAliases sts:GetCallerIdentity sts:GetFederationToken iam:ListUsers "
    "iam:SimulateCustomPolicy iam:CreateInstanceProfile ec2:RunInstances frob:Nicate",
}
ACTIONS = {action: template for template, actions in TEMPLATES.items() for action in actions.split()}
# Those of sts:AssumeRole* need other authorization information than the rest: a call of their own.
APART = [action for action in ACTIONS if action.startswith("sts:AssumeRole")]


@pytest.mark.parametrize("actions", [[action for action in ACTIONS if action not in APART], APART])
def test_r3_the_template_is_that_of_the_actions_resource(actions: list[str]) -> None:
    answer = simulate_custom_policy(PolicyInputList=[], ActionNames=actions, MaxItems=1000)
    found = {result["EvalActionName"]: result["EvalResourceName"] for result in answer["EvaluationResults"]}
    assert found == {action: ACTIONS[action] for action in actions}


ALIAS_ASKED = "arn:aws:kms:eu-central-1:123456789012:alias/state"


@pytest.mark.parametrize(
    ("action", "covered", "asked", "decision"),
    [
        ("kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/alias/state", ALIAS_ASKED, "allowed"),
        ("kms:Decrypt", ALIAS_ASKED, ALIAS_ASKED, "implicitDeny"),
        (
            "kms:Decrypt",
            "arn:aws:kms:eu-central-1:123456789012:key/a:alias/b",
            f"{ALIAS_ASKED}:alias/b",
            "implicitDeny",
        ),
        ("kms:Decrypt", "arn:aws:kms:*:key/alias/state:alias/b", f"{ALIAS_ASKED}:alias/b", "allowed"),
        ("KMS:CreateAlias", ALIAS_ASKED, ALIAS_ASKED, "allowed"),
        ("s3:GetObject", "arn:aws:s3:::b/x:alias/k", "arn:aws:s3:::b/x:alias/k", "allowed"),
        ("KMS:ListKeys", "*", "arn:aws:kms:eu-central-1:123456789012:key/1", "allowed"),
        ("KMS:ListKeys", "arn:aws:kms:*", "arn:aws:kms:eu-central-1:123456789012:key/1", "implicitDeny"),
    ],
)
def test_r45_r47_what_an_action_is_authorised_on(action: str, covered: str, asked: str, decision: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": covered}}
    assert evaluate([policy], Request(action, asked)) == decision
