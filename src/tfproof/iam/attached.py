"""Reads what is attached to a user, group or role from a live endpoint, with the texts as they were submitted."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote

from tfproof.errors import TargetError
from tfproof.iam.arn import caller_kind, read_arn
from tfproof.iam.errors import InvalidInput, MalformedPolicyDocument, NoSuchEntity
from tfproof.iam.policy import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tfproof.iam.exclusions import Exclusion
    from tfproof.iam.json_text import Json

__all__ = ["AttachedPolicy", "IamClient", "PrincipalPolicies", "principal_policies"]

_TEXT: Final = "PolicyTextAsSubmitted"
_SOURCES: Final = ("user", "group", "role")


class IamClient(Protocol):
    """The part of boto3's `iam` client that is used: Get* operations, and paginators of List* operations."""

    def get_policy(self, *, PolicyArn: str) -> Json:  # noqa: N803  boto3's names
        """A managed policy."""

    def get_policy_version(self, *, PolicyArn: str, VersionId: str) -> Json:  # noqa: N803
        """One version of a managed policy."""

    def get_paginator(self, operation_name: str) -> Json:
        """The paginator of a List* operation."""


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """One policy: its `document`, `name` and `arn` ("" for an inline one), and the entity it is attached to.

    `kind` is inline, aws-managed, user-managed or permission-boundary.
    """

    document: Document
    kind: str
    name: str
    arn: str
    entity_type: str
    entity_name: str


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """What decides for a principal: its `identity` policies (a user's groups' too) and its `boundary`."""

    arn: str
    identity: tuple[AttachedPolicy, ...]
    boundary: AttachedPolicy | None = None

    def without(self, exclusions: Sequence[Exclusion]) -> PrincipalPolicies:
        """The same without the policies that a PolicyExclusionList names (R6)."""

        def stays(policy: AttachedPolicy) -> bool:
            return not any(
                exclusion.covers(
                    kind=policy.kind,
                    arn=policy.arn,
                    name=policy.name,
                    entity_type=policy.entity_type,
                    entity_name=policy.entity_name,
                )
                for exclusion in exclusions
            )

        boundary = self.boundary if self.boundary and stays(self.boundary) else None
        return replace(self, identity=tuple(filter(stays, self.identity)), boundary=boundary)


def principal_policies(iam_client: IamClient, arn: str) -> PrincipalPolicies:
    """Every policy of a user (with its groups'), group or role, inline and managed, and its permissions boundary.

    Args:
        iam_client: A boto3 `iam` client of any endpoint.
        arn: The principal's ARN.

    Raises:
        InvalidInput: The ARN is not one of a user, group or role (a session's neither).
        NoSuchEntity: There is none with this ARN.
        TargetError: The endpoint refused a call, or holds a policy that is no JSON.
    """
    kind, parsed = caller_kind(arn), read_arn(arn)
    if kind not in _SOURCES or parsed is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn}", remedy="give the ARN of an IAM user, group or role")
    name = parsed.resource.rsplit("/", 1)[-1]
    with _as_submitted(iam_client), _our_errors(arn):
        entity = getattr(iam_client, f"get_{kind}")(**{f"{kind.capitalize()}Name": name})[kind.capitalize()]
        if entity["Arn"] != arn:
            raise NoSuchEntity(f"{arn} cannot be found.", remedy=f"there is {entity['Arn']}")
        identity = [*_policies_of(iam_client, kind, name)]
        if kind == "user":
            for page in iam_client.get_paginator("list_groups_for_user").paginate(UserName=name):
                for group in page["Groups"]:
                    identity.extend(_policies_of(iam_client, "group", group["GroupName"]))
        boundary = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        limit = None if boundary is None else _managed(iam_client, boundary, kind, name, "permission-boundary")
    return PrincipalPolicies(arn, tuple(identity), limit)


def _policies_of(client: IamClient, kind: str, name: str) -> Iterator[AttachedPolicy]:
    named = {f"{kind.capitalize()}Name": name}
    for page in client.get_paginator(f"list_{kind}_policies").paginate(**named):
        for policy_name in page["PolicyNames"]:
            answer = getattr(client, f"get_{kind}_policy")(**named, PolicyName=policy_name)
            document = _document(answer, "PolicyDocument", policy_name)
            yield AttachedPolicy(document, "inline", policy_name, "", kind, name)
    for page in client.get_paginator(f"list_attached_{kind}_policies").paginate(**named):
        for attached in page["AttachedPolicies"]:
            yield _managed(client, attached["PolicyArn"], kind, name, "")


def _managed(client: IamClient, arn: str, entity_type: str, entity_name: str, kind: str) -> AttachedPolicy:
    policy = client.get_policy(PolicyArn=arn)["Policy"]
    answer = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    name = policy["PolicyName"]
    kind = kind or ("aws-managed" if ":iam::aws:policy/" in arn else "user-managed")
    document = _document(answer["PolicyVersion"], "Document", name)
    return AttachedPolicy(document, kind, name, arn, entity_type, entity_name)


def _document(answer: Json, key: str, name: str) -> Document:
    source = answer.get(_TEXT, answer[key])
    try:
        return Document(source, name=name)
    except MalformedPolicyDocument as malformed:
        raise TargetError(
            f"the endpoint holds a policy {name!r} that cannot be read: {malformed.message}"
        ) from malformed


@contextlib.contextmanager
def _as_submitted(client: IamClient) -> Iterator[None]:
    """Keep the text of policies beside the object botocore makes of it: positions are those of the text (R11).

    botocore unquotes and parses documents after a call; a handler before that one copies the text into the answer.
    Anything but a boto3 client has no such events, and its objects are printed when a position is asked for.
    """
    events = getattr(getattr(client, "meta", None), "events", None)
    if events is None:
        yield
        return
    events.register_first("after-call.iam", _keep_text, unique_id="tfproof-policy-text")
    try:
        yield
    finally:
        events.unregister("after-call.iam", unique_id="tfproof-policy-text")


def _keep_text(parsed: Json, **_: Json) -> None:
    for holder, key in ((parsed, "PolicyDocument"), (parsed.get("PolicyVersion", {}), "Document")):
        text = holder.get(key)
        if isinstance(text, str):
            holder[_TEXT] = unquote(text)


@contextlib.contextmanager
def _our_errors(arn: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  botocore only where it is used

    try:
        yield
    except ClientError as refused:
        error = refused.response.get("Error", {})
        if error.get("Code") == "NoSuchEntity":
            raise NoSuchEntity(error.get("Message") or f"{arn} cannot be found.") from refused
        raise TargetError(f"reading the policies of {arn} failed: {refused}") from refused
    except BotoCoreError as failed:
        raise TargetError(f"reading the policies of {arn} failed: {failed}") from failed
