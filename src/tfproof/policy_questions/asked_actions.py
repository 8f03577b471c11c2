"""Which actions a policy is asked for: those it names, and for wildcards those that matter around a state backend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.policy import values_of
from tfproof.policy_questions.samples import examples

__all__ = ["ASKED_ACTIONS", "AskedAction", "actions_to_ask"]

ASKED_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    service: tuple(f"{service}:{name}" for name in names.split())
    for service, names in {
        "s3": "GetObject GetObjectVersion PutObject DeleteObject DeleteObjectVersion ListBucket ListBucketVersions "
        "PutBucketPolicy DeleteBucketPolicy PutBucketVersioning PutEncryptionConfiguration PutBucketPublicAccessBlock "
        "PutLifecycleConfiguration PutReplicationConfiguration DeleteBucket PutObjectAcl PutBucketAcl",
        "kms": "Decrypt Encrypt GenerateDataKey ReEncryptFrom CreateGrant PutKeyPolicy ScheduleKeyDeletion DisableKey "
        "DescribeKey",
        "dynamodb": "GetItem PutItem DeleteItem UpdateItem Scan Query DeleteTable UpdateTable",
        "sts": "AssumeRole",
        "iam": "PassRole CreateAccessKey PutRolePolicy AttachRolePolicy",
    }.items()
}
"""By service, in the order in which they are told."""
_WHOLE: Final = re.compile(r"\*|[^*?]+:\*|\*:\*")


@dataclass(frozen=True, slots=True)
class AskedAction:
    """An action to ask for.

    Attributes:
        name: What is asked for.
        shown: The action, or the pattern that a made-up one is an example of.
        is_made_up: Whether no service is known to have it: it stands for whatever a wildcard covers besides.
    """

    name: str
    shown: str
    is_made_up: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it stands for all actions there are, or all of a service."""
        return self.is_made_up and (_WHOLE.fullmatch(self.shown) is not None or self.shown.startswith("every "))


def actions_to_ask(statements: Iterable[CompiledStatement], service: str) -> Iterator[AskedAction]:
    """The actions that statements name or may cover: the known ones first, then made-up ones for each wildcard.

    Args:
        statements: The statements.
        service: The service whose resource they are the policy of, `""` for a policy of an identity.
    """
    services = (service,) if service in ASKED_ACTIONS else tuple(ASKED_ACTIONS)
    found = {name.lower(): name for known in services for name in ASKED_ACTIONS[known]}
    bodies = [one.statement.body for one in statements]
    patterns: dict[str, None] = {}
    for name in (text for body in bodies for key in ("Action", "NotAction") for text in values_of(body.get(key))):
        if "*" in name or "?" in name:
            patterns.setdefault(name)
        else:
            found.setdefault(name.lower(), name)
    yield from (AskedAction(name, name) for name in found.values())
    anything = f"{service or 'another'}:Any"
    for excepted in (values_of(body.get("NotAction")) for body in bodies):
        if excepted:
            yield AskedAction(anything, f"every action but {', '.join(excepted)}", is_made_up=True)
    for name in patterns:
        if name in ("*", "*:*"):
            yield AskedAction(anything, "*", is_made_up=True)
        else:
            texts = examples(name, variables=False)
            yield from (AskedAction(text, name, is_made_up=True) for text in texts if not text.endswith(":"))
