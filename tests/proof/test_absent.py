"""What an output names and is not there: an answer of the audit, never an end of the run."""

from __future__ import annotations

from tfproof.checks import Backend, LiveBackend
from tfproof.proof import interventions
from tfproof.targets.target import Target
from tfproof.terraform import State

OUTPUTS = {
    "bucket_name": "tfproof-there-is-none",
    "lock_table_name": "tfproof-there-is-none",
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
}


def absent(target: Target) -> LiveBackend:
    return LiveBackend(target.client, Backend(State({"version": 4, "resources": [], "outputs": {}}), outputs=OUTPUTS))


def test_bucket_and_table_that_are_not_there_read_as_nothing(target: Target) -> None:
    live = absent(target)

    assert (live.versioning, live.default_encryption, live.public_access_block, live.bucket_policy) == (
        {},
        {},
        {},
        None,
    )
    assert (live.ownership, live.lifecycle_rules, live.replication) == (None, [], {})
    assert (live.table, live.recovery) == ({}, {})
    assert live.written_object("a state") == {}


def test_probe_that_cannot_be_written_is_told_and_ends_nothing(target: Target) -> None:
    told = interventions.write_probe(target, absent(target))

    assert told.startswith("could not write s3://tfproof-there-is-none/")
    assert told.endswith("NoSuchBucket")
