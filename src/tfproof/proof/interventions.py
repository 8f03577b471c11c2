"""What the journey does to the target by hand, and why each is allowed."""

from __future__ import annotations

import contextlib
from typing import Any

from tfproof.checks.live import LiveBackend
from tfproof.checks.written_object import PROBE_KEY
from tfproof.errors import TfproofError
from tfproof.targets.target import Target
from tfproof.targets.versions import delete_versions, versions_of
from tfproof.terraform.resource import Resource
from tfproof.terraform.state import State
from tfproof.values import reveal

__all__ = ["count_versions", "release", "write_probe"]

_LOGGING = "aws_s3_bucket_logging"
_HOLDS_DATA = ("aws_dynamodb_table", "aws_s3_bucket")


def write_probe(target: Target, live: LiveBackend) -> str:
    """Writes an object twice, naming no encryption: the bucket's default decides, and there are versions to protect.

    A write that is refused is no error here: the check on what was written finds nothing.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415  # slow to import

    s3 = target.client("s3")
    try:
        for body in (b"written first", b"written second"):
            s3.put_object(Bucket=live.bucket_name, Key=PROBE_KEY, Body=body)
    except ClientError as error:
        return f"could not write s3://{live.bucket_name}/{PROBE_KEY}: {error.response['Error']['Code']}"
    return f"wrote s3://{live.bucket_name}/{PROBE_KEY} twice, naming no encryption"


def count_versions(target: Target, live: LiveBackend) -> int:
    """How many object versions and delete markers the bucket holds; 0 when it is gone."""
    return sum(1 for _ in versions_of(target.client("s3"), live.bucket_name))


def release(target: Target, state: State) -> list[str]:
    """Makes everything in a state destroyable, where it is the run's own: protections off, buckets emptied.

    Returns:
        What was done, for people.

    Raises:
        TfproofError: The target is a real account, and something in the state is not the run's own.
    """
    _check_owned(target, state)
    # Every call to a bucket that logs, Terraform's own refresh among them, may put another object into the log bucket.
    done = [_stop_logging(target.client("s3"), resource) for resource in state.managed if resource.type == _LOGGING]
    for resource in state.managed:
        name = str(resource.at("name", default="") or resource.at("bucket", default=""))
        if resource.type == "aws_dynamodb_table" and resource.at("deletion_protection_enabled", default=False):
            target.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
            done.append(f"switched deletion protection of table {name} off")
        elif resource.type == "aws_s3_bucket":
            deleted, _ = delete_versions(target.client("s3"), name)  # what is left Terraform's destroy will say
            done += [f"deleted {deleted} object versions of bucket {name}"] if deleted else []
    return done


def _check_owned(target: Target, state: State) -> None:
    for resource in state.managed:
        if resource.type in _HOLDS_DATA and not target.owns(reveal(resource.at("tags_all", default={}))):
            raise TfproofError(
                f"target={target.description!r}: {resource.address} does not carry the tags of this run: "
                "its protections and data are not touched",
                remedy="See docs/runbook.md on destroying by hand.",
            )


def _stop_logging(s3: Any, resource: Resource) -> str:
    bucket = str(resource.at("bucket"))
    with contextlib.suppress(s3.exceptions.NoSuchBucket):
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    return f"switched access logging of bucket {bucket} off"
