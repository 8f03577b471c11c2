"""What is known of the actions of the services a state backend touches: the ARN an action is authorised on.

Only what the rules need: which actions know no resource and so are authorised on `*` alone (R45), and the ARN template
of an action's resource (R3). An action that is not listed is authorised on the ARN it is asked with.
Source: the Service Authorization Reference's pages of S3, DynamoDB, KMS, STS and IAM.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ACCOUNT_WIDE", "arn_template"]

ACCOUNT_WIDE: Final = frozenset(
    action.lower()
    for service, names in {
        "s3": "ListAllMyBuckets CreateJob GetAccountPublicAccessBlock PutAccountPublicAccessBlock ListAccessPoints "
        "ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations PutStorageLensConfiguration",
        "dynamodb": "ListTables ListBackups ListContributorInsights ListExports ListGlobalTables ListImports "
        "DescribeEndpoints DescribeLimits DescribeReservedCapacity DescribeReservedCapacityOfferings "
        "PurchaseReservedCapacityOfferings",
        "kms": "CreateKey ListKeys ListAliases GenerateRandom ConnectCustomKeyStore CreateCustomKeyStore "
        "DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore UpdateCustomKeyStore",
        "sts": "GetCallerIdentity GetSessionToken DecodeAuthorizationMessage GetServiceBearerToken GetAccessKeyInfo",
        "iam": "ListUsers ListRoles ListGroups ListPolicies ListInstanceProfiles ListAccountAliases GetAccountSummary "
        "GetAccountPasswordPolicy CreateAccountAlias DeleteAccountAlias UpdateAccountPasswordPolicy "
        "DeleteAccountPasswordPolicy GenerateCredentialReport GetCredentialReport GetAccountAuthorizationDetails "
        "SimulateCustomPolicy GetContextKeysForCustomPolicy",
    }.items()
    for action in (f"{service}:{name}" for name in names.split())
)
"""Actions, in lower case, that are authorised on `*` whatever ARN is named: a policy naming one never matches (R45)."""

_S3_OBJECT = frozenset(
    "abortmultipartupload bypassgovernanceretention deleteobject deleteobjecttagging deleteobjectversion "
    "deleteobjectversiontagging getobject getobjectacl getobjectattributes getobjectlegalhold getobjectretention "
    "getobjecttagging getobjecttorrent getobjectversion getobjectversionacl getobjectversionattributes "
    "getobjectversionfromreplication getobjectversiontagging getobjectversiontorrent initiatereplication "
    "listmultipartuploadparts objectowneroverridetobucketowner putobject putobjectacl putobjectlegalhold "
    "putobjectretention putobjecttagging putobjectversionacl putobjectversiontagging replicatedelete replicateobject "
    "replicatetags restoreobject updateobjectencryption".split()
)
_KMS_ALIAS = frozenset({"createalias", "deletealias", "updatealias"})
_DYNAMODB_PARTS = {
    "describestream": "table/${TableName}/stream/${StreamLabel}",
    "getrecords": "table/${TableName}/stream/${StreamLabel}",
    "getsharditerator": "table/${TableName}/stream/${StreamLabel}",
    "deletebackup": "table/${TableName}/backup/${BackupName}",
    "describebackup": "table/${TableName}/backup/${BackupName}",
    "restoretablefrombackup": "table/${TableName}/backup/${BackupName}",
    "describeexport": "table/${TableName}/export/${ExportName}",
    "describeimport": "table/${TableName}/import/${ImportName}",
    "createglobaltable": "",
    "describeglobaltable": "",
    "updateglobaltable": "",
}


def arn_template(action: str) -> str:
    """The ARN template of an action's resource, `*` where none is known (R3).

    Args:
        action: An action's full name in any case, `s3:GetObject`.
    """
    folded = action.lower()
    if folded in ACCOUNT_WIDE:
        return "*"
    service, _, name = folded.partition(":")
    if service == "s3":
        if name in _S3_OBJECT:
            return "arn:${Partition}:s3:::${BucketName}/${KeyName}"
        return (
            "*"
            if "accesspoint" in name or "job" in name or "storagelens" in name
            else "arn:${Partition}:s3:::${BucketName}"
        )
    if service == "dynamodb":
        part = _DYNAMODB_PARTS.get(name, "table/${TableName}")
        if not part:
            return "arn:${Partition}:dynamodb::${Account}:global-table/${GlobalTableName}"
        return f"arn:${{Partition}}:dynamodb:${{Region}}:${{Account}}:{part}"
    if service == "kms":
        part = "alias/${Alias}" if name in _KMS_ALIAS else "key/${KeyId}"
        return f"arn:${{Partition}}:kms:${{Region}}:${{Account}}:{part}"
    if service == "sts" and name.startswith("assumerole") or (service, name) == ("iam", "passrole"):
        return "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
    if service == "iam":
        for word in ("Role", "Group", "Policy", "User"):
            if name.endswith(word.lower()):
                return f"arn:${{Partition}}:iam::${{Account}}:{word.lower()}/${{{word}NameWithPath}}"
    return "*"


def authorised_on(action: str, resource: str) -> str:
    """The text a statement's resources are compared with.

    `*` for actions that know no resource (R45). KMS authorises the use of a key on the key's ARN, never on an alias's
    (R47): which key an alias names is not known here, so the alias stands as `key/alias/...`, which `key/*` and `*`
    cover and neither an alias nor another key does.

    Args:
        action: The action in lower case.
        resource: The ARN as asked, or `*`.
    """
    if action in ACCOUNT_WIDE:
        return "*"
    if action.startswith("kms:") and ":alias/" in resource and action[4:] not in _KMS_ALIAS:
        return resource.replace(":alias/", ":key/alias/", 1)
    return resource
