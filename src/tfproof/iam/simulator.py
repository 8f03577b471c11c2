"""SimulateCustomPolicy and GetContextKeysForCustomPolicy, with boto3's parameters and answers (botocore >= 1.44.5)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from tfproof.iam.api_request import (
    read_actions,
    read_entries,
    read_marker,
    read_owner,
    read_resources,
    refuse_caller,
    refuse_foreign_resource,
    write_marker,
)
from tfproof.iam.api_response import evaluation_result
from tfproof.iam.arn import account_of
from tfproof.iam.context_keys import context_keys
from tfproof.iam.errors import InvalidInput, MalformedPolicyDocument
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import Document, PolicyKind
from tfproof.iam.request import Request
from tfproof.iam.shapes import check_request
from tfproof.iam.validate import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tfproof.iam.json_text import Json

__all__ = ["get_context_keys_for_custom_policy", "simulate", "simulate_custom_policy"]

_DEFAULT_ITEMS: Final = 100
_BOUNDARY_INPUT: Final = "PermissionsBoundaryPolicyInputList"


def simulate_custom_policy(*, allow_role_callers: bool = False, **request: Json) -> dict[str, Json]:
    """What IAM's SimulateCustomPolicy answers, without AWS.

    Takes and returns exactly what boto3's `iam` client does: PolicyInputList, ActionNames, and as wanted
    PermissionsBoundaryPolicyInputList, OrderedOrganizationPolicyInputList, ResourceArns, ResourcePolicy, ResourceOwner,
    CallerArn, ContextEntries, ResourceHandlingOption (accepted, no effect), MaxItems, Marker.

    Args:
        allow_role_callers: An extension: answer for a role as CallerArn with a ResourcePolicy, which AWS refuses.
        **request: The operation's parameters.

    Returns:
        EvaluationResults, one an action in the order asked for (R1); IsTruncated, and Marker when there is more.

    Raises:
        UsageError: A parameter is unknown, missing or of the wrong type.
        ValidationError: A parameter breaks a limit of the service model.
        InvalidInput: The request or a policy in it is refused, as AWS refuses it.
    """
    check_request("SimulateCustomPolicy", request)
    identity = read_documents(request["PolicyInputList"], "PolicyInputList.{}")
    return simulate(request, identity, caller=request.get("CallerArn"), allow_role_callers=allow_role_callers)


def get_context_keys_for_custom_policy(**request: Json) -> dict[str, Json]:
    """What IAM's GetContextKeysForCustomPolicy answers: ContextKeyNames of PolicyInputList (R20).

    Raises:
        UsageError: A parameter is unknown, missing or of the wrong type.
        ValidationError: A parameter breaks a limit of the service model.
        InvalidInput: A policy is malformed.
    """
    check_request("GetContextKeysForCustomPolicy", request)
    return {"ContextKeyNames": keys_of(read_documents(request["PolicyInputList"], "PolicyInputList.{}"))}


def simulate(
    request: Mapping[str, Json],
    identity: Sequence[Document],
    *,
    caller: str | None,
    boundary: Document | None = None,
    allow_role_callers: bool,
) -> dict[str, Json]:
    """What both Simulate* operations do once the identity policies are known.

    Args:
        request: The checked parameters of the operation.
        identity: The identity policies, validated.
        caller: The ARN of the simulated caller, None when there is none.
        boundary: The attached boundary; one in the request replaces it (R18).
        allow_role_callers: As in `simulate_custom_policy`.

    Raises:
        InvalidInput: As AWS.
    """
    actions, resources = read_actions(request["ActionNames"]), read_resources(request.get("ResourceArns"))
    refuse_caller(caller, with_resource_policy="ResourcePolicy" in request, allow_role_callers=allow_role_callers)
    owner, context = read_owner(request.get("ResourceOwner")), read_entries(request.get("ContextEntries"))
    given = request.get(_BOUNDARY_INPUT) or []
    if len(given) > 1:
        raise InvalidInput(f"{_BOUNDARY_INPUT} holds {len(given)} policies: only one permissions boundary is allowed.")
    boundary = next(iter(read_documents(given, f"{_BOUNDARY_INPUT}.{{}}")), boundary)
    resource_policy = next(iter(read_documents(_listed(request.get("ResourcePolicy")), "ResourcePolicy")), None)
    levels = request.get("OrderedOrganizationPolicyInputList")
    organizations = levels and [
        read_documents(level.get("ServiceControlPolicyInputList", []), f"ServiceControlPolicy.{number}.{{}}")
        for number, level in enumerate(levels, 1)
    ]
    with refusing_malformed():
        policies = PolicySet(identity, resource=resource_policy, boundary=boundary, organizations=organizations)
    if resource_policy is not None:
        refuse_foreign_resource(resource_policy, resources)
    seen = [*identity, *([resource_policy] if resource_policy else []), *([boundary] if boundary else [])]
    held = {name.lower() for name in context}
    missing = [key for key in context_keys(seen) if key.lower() not in held]
    start = read_marker(request.get("Marker"))
    end = start + request.get("MaxItems", _DEFAULT_ITEMS)
    results = []
    for action in actions[start:end]:
        decisions = [
            policies.decide(
                Request(
                    action, resource, principal=caller, context=context, resource_account=_account(resource, owner)
                ),
                policies_only=True,
            )
            for resource in resources
        ]
        results.append(evaluation_result(action, resources, decisions, missing))
    answer: dict[str, Json] = {"EvaluationResults": results, "IsTruncated": end < len(actions)}
    if answer["IsTruncated"]:
        answer["Marker"] = write_marker(end)
    return answer


def _account(resource: str, owner: str | None) -> str | None:
    """ResourceOwner owns what does not name its owner itself (R17, R44)."""
    return account_of(resource) or owner


def read_documents(texts: Iterable[str], name: str) -> list[Document]:
    """The documents of an input list, each named by its number from 1.

    Raises:
        InvalidInput: One is not JSON.
    """
    with refusing_malformed():
        return [Document(text, name=name.format(number)) for number, text in enumerate(texts, 1)]


def keys_of(documents: Sequence[Document]) -> list[str]:
    """The context keys that identity policies refer to.

    Raises:
        InvalidInput: A policy is malformed.
    """
    with refusing_malformed():
        for document in documents:
            check(document, PolicyKind.IDENTITY)
    return context_keys(documents)


@contextlib.contextmanager
def refusing_malformed() -> Iterator[None]:
    """Neither Simulate* nor GetContextKeys* knows MalformedPolicyDocument: AWS answers InvalidInput."""
    try:
        yield
    except MalformedPolicyDocument as refused:
        raise InvalidInput(refused.message, remedy=refused.remedy) from refused


def _listed(text: str | None) -> list[str]:
    return [] if text is None else [text]
