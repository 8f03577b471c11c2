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
    [
        "abortmultipartupload",
        "bypassgovernanceretention",
        "deleteobject",
        "deleteobjecttagging",
        "deleteobjectversion",
        "deleteobjectversiontagging",
        "getobject",
        "getobjectacl",
        "getobjectattributes",
        "getobjectlegalhold",
        "getobjectretention",
        "getobjecttagging",
        "getobjecttorrent",
        "getobjectversion",
        "getobjectversionacl",
        "getobjectversionattributes",
        "getobjectversionfromreplication",
        "getobjectversiontagging",
        "getobjectversiontorrent",
        "initiatereplication",
        "listmultipartuploadparts",
        "objectowneroverridetobucketowner",
        "putobject",
        "putobjectacl",
        "putobjectlegalhold",
        "putobjectretention",
        "putobjecttagging",
        "putobjectversionacl",
        "putobjectversiontagging",
        "replicatedelete",
        "replicateobject",
        "replicatetags",
        "restoreobject",
        "updateobjectencryption",
    ]
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
    service, _, name = folded.partition(":")
    if folded in ACCOUNT_WIDE or service not in _TEMPLATES:
        return "*"
    return _TEMPLATES[service](name)


def _s3(name: str) -> str:
    if name in _S3_OBJECT:
        return "arn:${Partition}:s3:::${BucketName}/${KeyName}"
    elsewhere = "accesspoint" in name or "job" in name or "storagelens" in name
    return "*" if elsewhere else "arn:${Partition}:s3:::${BucketName}"


def _dynamodb(name: str) -> str:
    part = _DYNAMODB_PARTS.get(name, "table/${TableName}")
    if not part:
        return "arn:${Partition}:dynamodb::${Account}:global-table/${GlobalTableName}"
    return f"arn:${{Partition}}:dynamodb:${{Region}}:${{Account}}:{part}"


def _kms(name: str) -> str:
    part = "alias/${Alias}" if name in _KMS_ALIAS else "key/${KeyId}"
    return f"arn:${{Partition}}:kms:${{Region}}:${{Account}}:{part}"


def _sts(name: str) -> str:
    return "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}" if name.startswith("assumerole") else "*"


def _iam(name: str) -> str:
    # An inline or attached policy is an action on the entity that has it: AttachRolePolicy on the role.
    entity = next((word for word in ("Role", "Group", "User") if name.endswith(f"{word.lower()}policy")), "")
    words = (word for word in ("Role", "Group", "Policy", "User") if name.endswith(word.lower()))
    word = entity or next(words, "")
    return f"arn:${{Partition}}:iam::${{Account}}:{word.lower()}/${{{word}NameWithPath}}" if word else "*"


_TEMPLATES: Final = {"s3": _s3, "dynamodb": _dynamodb, "kms": _kms, "sts": _sts, "iam": _iam}


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
