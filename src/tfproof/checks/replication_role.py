"""Whether the role that replicates can, and can nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, missing
from tfproof.checks.finding import Answer
from tfproof.checks.reach import Asked, answers, asked, others
from tfproof.terraform.resource import Resource
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_RULE: Final = "aws_s3_bucket_replication_configuration"
_CONTEXT: Final = "kms:EncryptionContext:aws:s3:arn"
_TRUST = Expectation("s3.amazonaws.com, and nobody else, may assume it", lambda found: found == [["s3.amazonaws.com"]])
_OBJECTS: Final = "s3:GetObjectVersionForReplication s3:GetObjectVersionAcl s3:GetObjectVersionTagging"
_COPIES: Final = "s3:ReplicateObject s3:ReplicateDelete s3:ReplicateTags"
_EVERYTHING: Final = (
    f"{_OBJECTS} {_COPIES} s3:GetReplicationConfiguration s3:ListBucket s3:GetObject s3:PutObject s3:DeleteObject"
    " s3:PutBucketPolicy s3:ObjectOwnerOverrideToBucketOwner"
)
_KEY_ACTIONS: Final = "kms:Encrypt kms:Decrypt kms:GenerateDataKey kms:DescribeKey kms:CreateGrant kms:PutKeyPolicy"


def _made_role(backend: Backend, rule: Resource) -> Resource | None:
    """The role of a rule, when it is one of the configuration's own."""
    roles = backend.all_of("aws_iam_role")
    named = rule.at("role", default=None)
    if named is UNKNOWN:
        return roles[0] if len(roles) == 1 else None
    return next(
        (role for role in roles if role.at("arn", default=None) is not UNKNOWN and role.at("arn") == named), None
    )


def _via(key: str, service: str) -> str:
    return f"{service}.{key.split(':')[3]}.amazonaws.com{'.cn' if key.startswith('arn:aws-cn:') else ''}"


def _kms(key: str, service: str, context: str) -> dict[str, str]:
    return {"kms:ViaService": _via(key, service), _CONTEXT: context}


def _requests(bucket: str, key: str, copy: str, copy_key: str) -> tuple[list[Asked], list[Asked]]:
    """What it is for, and what it must not."""
    state, copied = f"{bucket}/env/terraform.tfstate", f"{copy}/env/terraform.tfstate"
    needed = [
        *asked("s3:GetReplicationConfiguration s3:ListBucket", [bucket]),
        *asked(_OBJECTS, [state]),
        *asked(_COPIES, [copied]),
        # The bucket's ARN is the context with a bucket key, the object's without one.
        *(item for context in (bucket, state) for item in asked("kms:Decrypt", [key], _kms(key, "s3", context))),
        *(
            item
            for context in (copy, copied)
            for item in asked("kms:Encrypt kms:GenerateDataKey kms:Decrypt", [copy_key], _kms(copy_key, "s3", context))
        ),
    ]
    other = f"{bucket}-of-others"
    contexts: list[tuple[str, dict[str, str]]] = [
        (used, given)
        for used, own in ((key, bucket), (copy_key, copy), (f"{key[:-1]}x", bucket), (f"{copy_key[:-1]}x", copy))
        for given in (
            _kms(used, "s3", own),
            _kms(used, "dynamodb", own),
            _kms(used, "s3", other),
            {"kms:ViaService": _via(used, "s3")},
            {_CONTEXT: own},
            {},
        )
    ]
    universe = [
        *asked(_EVERYTHING, [bucket, state, copy, copied, other, f"{other}/x"]),
        *(item for used, given in contexts for item in asked(_KEY_ACTIONS, [used], given)),
    ]
    return needed, others(universe, needed)


def _configured(backend: Backend) -> Iterator[Answer]:
    for rule in backend.bucket_parts(_RULE):
        role = _made_role(backend, rule)
        if role is None:
            continue  # somebody else's role: what it may is not in this configuration
        policies = [
            item
            for item in backend.all_of("aws_iam_role_policy")
            if item.at("role", default=None) is UNKNOWN or item.at("role", default=None) == role.at("name", default="")
        ]
        trust = role.at("assume_role_policy", default=None)
        found = UNKNOWN if trust is UNKNOWN else _trusted(reveal(trust))
        yield answer(_TRUST, found, subject=role.address, path="assume_role_policy", address=role.address)
        if not policies:
            yield missing("aws_iam_role_policy of the role that replicates", subject=role.address, address=role.address)
        for policy in policies:
            values = [
                backend.bucket.at("arn", default=None) if backend.bucket is not None else None,
                backend.key.at("arn", default=None) if backend.key is not None else None,
                rule.at("rule[0].destination[0].bucket", default=None),
                rule.at("rule[0].destination[0].encryption_configuration[0].replica_kms_key_id", default=None),
            ]
            texts = [reveal(value) for value in values if isinstance(reveal(value), str)]
            needed, beyond = _requests(*texts) if len(texts) == len(values) else ([], [])
            text = policy.at("policy", default=None) if needed else UNKNOWN
            yield from answers(text, needed, beyond, subject=policy.address, address=policy.address, path="policy")


def _trusted(text: Any) -> list[Any]:
    """The services that each statement lets assume the role; whatever else a statement does stands there as it is."""
    try:
        listed = json.loads(text)["Statement"]
        statements = listed if isinstance(listed, list) else [listed]
        return [
            _names(statement["Principal"]["Service"])
            if statement["Effect"] == "Allow"
            and _names(statement["Action"]) == ["sts:AssumeRole"]
            and list(statement["Principal"]) == ["Service"]
            else statement
            for statement in statements
        ]
    except (TypeError, ValueError, LookupError):
        return ["a policy that is not one of trust"]


def _names(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CHECK = Check(
    id="replication-role",
    section="bucket",
    title="The role that replicates can read the states and write the copies, and nothing else",
    reason="A role that lacks one action replicates nothing, and nobody is told; one with too much reads every bucket "
    "in the name of S3.",
    references=("aws-ia/terraform-aws-control_tower_account_factory#639",),
    configured=_configured,
    applies=lambda backend: any(_made_role(backend, rule) is not None for rule in backend.bucket_parts(_RULE)),
)
