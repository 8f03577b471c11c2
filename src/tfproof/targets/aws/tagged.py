"""Finds what runs have made, in an account that has other things too: by tag, service by service.

The Resource Groups Tagging API would answer in one call, but does not know IAM policies and is itself one more
permission; what a state backend is made of are five kinds of things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from tfproof.targets.aws.tags import RUN_TAG
from tfproof.targets.sweep import sweep

__all__ = ["Search", "Tagged", "delete_tagged", "find_tagged"]

_GONE: Final = frozenset(
    {"NoSuchTagSet", "NoSuchBucket", "ResourceNotFoundException", "NoSuchEntity", "NotFoundException"}
)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A resource that a run has made.

    Attributes:
        kind: `bucket`, `table`, `key`, `policy` or `role`.
        name: Its name; the id of a key.
        tags: All its tags.
    """

    kind: str
    name: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        service = {"bucket": "s3", "table": "dynamodb", "key": "kms"}.get(self.kind, "iam")
        return f"{service} {self.kind} {self.name}"


@dataclass(slots=True)
class Search:
    """What was found, and what could not be looked at.

    Attributes:
        found: Resources with the tag of a run.
        unread: Resources whose tags cannot be read, by name.
    """

    found: list[Tagged] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def find_tagged(client: Callable[[str], Any]) -> Search:
    """Everything in the account and region with the tag of a run; keys only while they are not pending deletion.

    Args:
        client: Makes the boto3 client of a service.

    Raises:
        botocore.exceptions.ClientError: A list is refused.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415

    search = Search()
    for kind, name, read in _candidates(client):
        try:
            tags = read()
        except ClientError as error:
            # Whatever stands in the way with one is no reason to leave the others unseen.
            if error.response["Error"]["Code"] not in _GONE:
                search.unread.append(f"{kind} {name}")
            continue
        if RUN_TAG in tags:
            search.found.append(Tagged(kind, name, tags))
    return search


def delete_tagged(client: Callable[[str], Any], resources: Iterable[Tagged]) -> Iterator[str]:
    """Deletes resources, and nothing else, with all that is in them; names each.

    Args:
        client: Makes the boto3 client of a service.
        resources: What to delete, as `find_tagged` found it.

    Raises:
        TargetError: Some of them could not be deleted; the others are.
    """
    wanted = {(resource.kind, resource.name) for resource in resources}
    if wanted:
        yield from sweep(client, lambda kind, name: (kind, name) in wanted)


_Candidate = tuple[str, str, Callable[[], dict[str, str]]]


def _candidates(client: Callable[[str], Any]) -> Iterator[_Candidate]:
    """Kind and name of everything there is, each with how its tags are read."""
    yield from _buckets(client("s3"))
    yield from _tables(client("dynamodb"))
    yield from _keys(client("kms"))
    yield from _identities(client("iam"))


def _buckets(s3: Any) -> Iterator[_Candidate]:
    def read(name: str) -> dict[str, str]:
        return _tags(s3.get_bucket_tagging(Bucket=name)["TagSet"])

    for bucket in s3.list_buckets().get("Buckets", []):
        yield "bucket", bucket["Name"], partial(read, bucket["Name"])


def _tables(dynamodb: Any) -> Iterator[_Candidate]:
    def read(name: str) -> dict[str, str]:
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        return _tags(dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", []))

    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            yield "table", name, partial(read, name)


def _keys(kms: Any) -> Iterator[_Candidate]:
    def read(key_id: str) -> dict[str, str]:
        metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        if metadata.get("KeyManager") == "AWS" or metadata["KeyState"] == "PendingDeletion":
            return {}
        return _tags(kms.list_resource_tags(KeyId=key_id).get("Tags", []))

    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            yield "key", key["KeyId"], partial(read, key["KeyId"])


def _identities(iam: Any) -> Iterator[_Candidate]:
    def of_policy(arn: str) -> dict[str, str]:
        return _tags(iam.list_policy_tags(PolicyArn=arn).get("Tags", []))

    def of_role(name: str) -> dict[str, str]:
        return _tags(iam.list_role_tags(RoleName=name).get("Tags", []))

    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            yield "policy", policy["PolicyName"], partial(of_policy, policy["Arn"])
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if not role.get("Path", "/").startswith("/aws-"):
                yield "role", role["RoleName"], partial(of_role, role["RoleName"])


def _tags(found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    # KMS alone says TagKey and TagValue.
    return {tag.get("Key", tag.get("TagKey", "")): tag.get("Value", tag.get("TagValue", "")) for tag in found}
