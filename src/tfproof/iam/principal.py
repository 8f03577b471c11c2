"""SimulatePrincipalPolicy and GetContextKeysForPrincipalPolicy over any endpoint that can list a principal's policies.

No emulator without a licence answers Simulate*; all of them list policies. So the policies are read from the live
endpoint through the boto3 client given, and evaluated here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfproof.iam.attached import IamClient, principal_policies
from tfproof.iam.exclusions import read_exclusions
from tfproof.iam.shapes import check_request
from tfproof.iam.simulator import keys_of, read_documents, simulate

if TYPE_CHECKING:
    from tfproof.iam.json_text import Json

__all__ = ["get_context_keys_for_principal_policy", "simulate_principal_policy"]


def simulate_principal_policy(
    iam_client: IamClient, *, allow_role_callers: bool = False, **request: Json
) -> dict[str, Json]:
    """What IAM's SimulatePrincipalPolicy answers for a user, group or role of a live endpoint.

    Takes and returns what boto3's `iam` client does (PolicySourceArn, ActionNames, ...; see `simulate_custom_policy`).
    CallerArn defaults to PolicySourceArn (R15); the attached boundary counts unless the request brings one (R18);
    PolicyExclusionList leaves attached policies out (R6). Service control policies of the account are not read.

    Args:
        iam_client: A boto3 `iam` client; only Get* and List* operations are called.
        allow_role_callers: An extension: answer for a role with a ResourcePolicy, which AWS refuses.
        **request: The operation's parameters.

    Raises:
        UsageError: A parameter is unknown, missing or of the wrong type.
        ValidationError: A parameter breaks a limit of the service model.
        NoSuchEntity: There is no such user, group or role.
        InvalidInput: The request or a policy is refused, as AWS refuses it.
    """
    check_request("SimulatePrincipalPolicy", request)
    excluded = read_exclusions(request.get("PolicyExclusionList", []))
    source = principal_policies(iam_client, request["PolicySourceArn"]).without(excluded)
    given = read_documents(request.get("PolicyInputList", []), "PolicyInputList.{}")
    return simulate(
        request,
        [*(policy.document for policy in source.identity), *given],
        caller=request.get("CallerArn", request["PolicySourceArn"]),
        boundary=source.boundary.document if source.boundary else None,
        allow_role_callers=allow_role_callers,
    )


def get_context_keys_for_principal_policy(iam_client: IamClient, **request: Json) -> dict[str, Json]:
    """What IAM's GetContextKeysForPrincipalPolicy answers: keys of what is attached and of PolicyInputList (R20).

    Raises:
        UsageError: A parameter is unknown, missing or of the wrong type.
        ValidationError: A parameter breaks a limit of the service model.
        NoSuchEntity: There is no such user, group or role.
        InvalidInput: A policy is malformed.
    """
    check_request("GetContextKeysForPrincipalPolicy", request)
    source = principal_policies(iam_client, request["PolicySourceArn"])
    given = read_documents(request.get("PolicyInputList", []), "PolicyInputList.{}")
    return {"ContextKeyNames": keys_of([*(policy.document for policy in source.identity), *given])}
