"""What still exists at a target after destroy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

__all__ = ["find_leftovers"]

_OF_AWS: Final = "alias/aws/"


def find_leftovers(client: Callable[[str], Any]) -> list[str]:
    """Everything a state backend may be made of that is still at the target, by name.

    Args:
        client: Makes the boto3 client of a service.

    Returns:
        Names such as `s3 bucket x`; KMS keys only while they are not pending deletion.
    """
    return sorted(
        [*_buckets(client("s3")), *_tables(client("dynamodb")), *_keys(client("kms")), *_identities(client("iam"))]
    )


def _buckets(s3: Any) -> Iterator[str]:
    for bucket in s3.list_buckets().get("Buckets", []):
        yield f"s3 bucket {bucket['Name']}"


def _tables(dynamodb: Any) -> Iterator[str]:
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            yield f"dynamodb table {name}"


def _keys(kms: Any) -> Iterator[str]:
    aliases = [alias for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]]
    # Keys of AWS itself (aws/s3, aws/dynamodb) come into being by use and are nobody's to delete. LocalStack 4.14.0
    # calls them the customer's, so they are told by their aliases, which nobody else may have.
    of_aws = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith(_OF_AWS)}
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            is_ours = metadata.get("KeyManager") != "AWS" and key["KeyId"] not in of_aws
            if is_ours and metadata["KeyState"] != "PendingDeletion":
                yield f"kms key {key['KeyId']} ({metadata['KeyState']})"
    for alias in aliases:
        if not alias["AliasName"].startswith(_OF_AWS):
            yield f"kms {alias['AliasName']}"


def _identities(iam: Any) -> Iterator[str]:
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            yield f"iam policy {policy['PolicyName']}"
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if not role.get("Path", "/").startswith("/aws-service-role/"):
                yield f"iam role {role['RoleName']}"
