"""ARNs and the principals they name."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["PARTITIONS", "Arn", "account_of", "caller_kind", "is_account_id", "read_arn"]

PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})
_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_PARTS = 6


class Arn(NamedTuple):
    """The six parts of an ARN; `resource` is everything after the fifth colon."""

    arn: str
    partition: str
    service: str
    region: str
    account: str
    resource: str


def read_arn(text: str) -> Arn | None:
    """The parts of an ARN, None for a text that is none (fewer than six parts, or no partition, service, resource)."""
    parts = text.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        return None
    return Arn(*parts)


def is_account_id(text: str) -> bool:
    """Whether a text is the twelve digits of an account."""
    return _ACCOUNT.match(text) is not None


def account_of(text: str) -> str:
    """The account in an ARN, "" where there is none (S3 buckets, R44)."""
    parts = text.split(":", _PARTS - 1)
    return parts[4] if len(parts) == _PARTS and is_account_id(parts[4]) else ""


def caller_kind(text: str) -> str:
    """What a principal's ARN names: user, group, role, assumed-role, federated-user, root, or "" for none of them."""
    arn = read_arn(text)
    if arn is None or not is_account_id(arn.account):
        return ""
    kind, slash, name = arn.resource.partition("/")
    if arn.service == "iam" and kind in ("user", "group", "role") and slash and name:
        return kind
    if arn.service == "sts" and kind in ("assumed-role", "federated-user") and slash and name:
        return kind
    return "root" if arn.service == "iam" and arn.resource == "root" else ""
