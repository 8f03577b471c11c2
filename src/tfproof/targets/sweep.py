"""Deletes what a run leaves behind that could not destroy it: all of an account, or what was chosen of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from tfproof.errors import TargetError
from tfproof.targets.versions import delete_versions

__all__ = ["Chosen", "sweep"]

Chosen = Callable[[str, str], bool]
"""Whether to delete: asked with `bucket`, `table`, `key`, `policy`, `role` or `user`, and its name or id."""

_SHORTEST_WINDOW: Final = 7
"""Days; KMS deletes no key at once."""


def sweep(client: Callable[[str], Any], chosen: Chosen = lambda _kind, _name: True) -> Iterator[str]:
    """Deletes buckets, tables, keys, policies, roles and users, and names each.

    Without `chosen`, all there are: only for an account that is one run's own, as `LocalStackTarget` takes one.
    Protections are no reason to stop: whoever calls this has decided. Neither is one thing that cannot be deleted: the
    rest is, and what is left is told at the end.

    Args:
        client: Makes the boto3 client of a service, in the account and region to sweep.
        chosen: Which of them.

    Raises:
        TargetError: Something could not be deleted, or not even listed; names each with the reason.
    """
    left = _Left()
    for service, part in (("s3", _buckets), ("dynamodb", _tables), ("kms", _keys), ("iam", _identities)):
        with left.unless_done(f"what there is in {service}"):
            yield from part(client(service), chosen, left)
    left.tell()


class _Left:
    """What could not be deleted, with the reasons."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    @contextlib.contextmanager
    def unless_done(self, name: str) -> Iterator[None]:
        """Keeps what goes wrong with one thing."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            self._reasons.append(f"{name}: {error}")

    def tell(self) -> None:
        """Raises what was kept, if anything was."""
        if self._reasons:
            raise TargetError(
                "these could not be deleted:\n" + "\n".join(f"  {reason}" for reason in self._reasons),
                remedy="Everything else is. docs/aws.md lists the permissions needed; run `tfproof gc` again after.",
            )

    def add(self, reason: str) -> None:
        """Keeps a reason."""
        self._reasons.append(reason)


def _buckets(s3: Any, chosen: Chosen, left: _Left) -> Iterator[str]:
    every = [bucket["Name"] for bucket in s3.list_buckets().get("Buckets", [])]
    names = [name for name in every if chosen("bucket", name)]
    for name in names:  # before the first is emptied: calls to one that logs may put objects into another
        with left.unless_done(f"access logging of s3 bucket {name}"):
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={})
    for name in names:
        with left.unless_done(f"s3 bucket {name}"):
            s3.delete_bucket_policy(Bucket=name)  # it may deny the rest
            if _empty(s3, name, left):
                s3.delete_bucket(Bucket=name)
                yield f"s3 bucket {name}"


def _empty(s3: Any, name: str, left: _Left) -> bool:
    """Deletes all versions and uploads of a bucket; whether nothing is left."""
    _, refused = delete_versions(s3, name)
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    if refused:
        first = refused[0]
        left.add(f"s3 bucket {name}: {len(refused)} objects, the first {first.get('Key')}: {first.get('Code')}")
    return not refused


def _tables(dynamodb: Any, chosen: Chosen, left: _Left) -> Iterator[str]:
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if not chosen("table", name):
                continue
            with left.unless_done(f"dynamodb table {name}"):
                if dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
                    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
                dynamodb.delete_table(TableName=name)
                yield f"dynamodb table {name}"


def _keys(kms: Any, chosen: Chosen, left: _Left) -> Iterator[str]:
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if alias["AliasName"].startswith("alias/aws/") or not chosen("key", alias.get("TargetKeyId", "")):
                continue
            with left.unless_done(f"kms {alias['AliasName']}"):
                kms.delete_alias(AliasName=alias["AliasName"])
                yield f"kms {alias['AliasName']}"
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            if not chosen("key", key["KeyId"]):
                continue
            with left.unless_done(f"kms key {key['KeyId']}"):
                metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                gone = metadata["KeyState"] in ("PendingDeletion", "Unavailable")
                if metadata.get("KeyManager") != "AWS" and not gone:
                    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=_SHORTEST_WINDOW)
                    yield f"kms key {key['KeyId']} (pending deletion)"


def _identities(iam: Any, chosen: Chosen, left: _Left) -> Iterator[str]:
    for kind, all_of, name_of in (("role", "list_roles", "RoleName"), ("user", "list_users", "UserName")):
        for page in iam.get_paginator(all_of).paginate():
            for entity in page[f"{kind.title()}s"]:
                of_aws = entity.get("Path", "/").startswith("/aws-service-role/")
                if of_aws or not chosen(kind, entity[name_of]):
                    continue
                with left.unless_done(f"iam {kind} {entity[name_of]}"):
                    _delete_entity(iam, kind, {name_of: entity[name_of]})
                    yield f"iam {kind} {entity[name_of]}"
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if not chosen("policy", policy["PolicyName"]):
                continue
            with left.unless_done(f"iam policy {policy['PolicyName']}"):
                _detach(iam, policy["Arn"])
                for version in iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]:
                    if not version["IsDefaultVersion"]:
                        iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId=version["VersionId"])
                iam.delete_policy(PolicyArn=policy["Arn"])
                yield f"iam policy {policy['PolicyName']}"


def _detach(iam: Any, arn: str) -> None:
    """Takes a policy from whatever it is still attached to: AWS deletes none that is."""
    for page in iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn):
        for kind in ("Role", "User", "Group"):
            for entity in page.get(f"Policy{kind}s", []):
                name = {f"{kind}Name": entity[f"{kind}Name"]}
                getattr(iam, f"detach_{kind.lower()}_policy")(**name, PolicyArn=arn)


def _delete_entity(iam: Any, kind: str, which: dict[str, str]) -> None:
    """Deletes a role or a user with what hangs on it."""
    for attached in getattr(iam, f"list_attached_{kind}_policies")(**which)["AttachedPolicies"]:
        getattr(iam, f"detach_{kind}_policy")(**which, PolicyArn=attached["PolicyArn"])
    for name in getattr(iam, f"list_{kind}_policies")(**which)["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(**which, PolicyName=name)
    if kind == "user":
        for key in iam.list_access_keys(**which)["AccessKeyMetadata"]:
            iam.delete_access_key(**which, AccessKeyId=key["AccessKeyId"])
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        getattr(iam, f"delete_{kind}_permissions_boundary")(**which)
    getattr(iam, f"delete_{kind}")(**which)
