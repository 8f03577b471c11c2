"""IAM's own question, asked with plain boto3: what may a principal do?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["simulate"]

_ASKED_APART = re.compile(r"sts:AssumeRole|s3:(Get|Put)(Bucket|Account)PublicAccessBlock|s3:(Get|Put)BucketOwnership")
"""IAM refuses these beside others in one call: they need different authorization information."""


def simulate(
    iam: Any,
    principal: str,
    actions: Iterable[str],
    resources: Iterable[str],
    context: Mapping[str, Any] | None = None,
    **request: Any,
) -> dict[tuple[str, str], str]:
    """The decisions of SimulatePrincipalPolicy, by action and resource.

    Args:
        iam: A boto3 client.
        principal: ARN of a user or role.
        actions: Names of actions.
        resources: ARNs, or `*`.
        context: Condition keys; a list makes a key multi-valued.
        **request: Further parameters, such as ResourcePolicy.
    """
    asked, arns = list(dict.fromkeys(actions)), list(dict.fromkeys(resources))
    groups = [[action] for action in asked if _ASKED_APART.match(action)]
    groups.append([action for action in asked if not _ASKED_APART.match(action)])
    decisions: dict[tuple[str, str], str] = {}
    for group in filter(None, groups):
        paginator = iam.get_paginator("simulate_principal_policy")
        pages = paginator.paginate(
            PolicySourceArn=principal,
            ActionNames=group,
            ResourceArns=arns,
            ContextEntries=[_entry(name, value) for name, value in (context or {}).items()],
            **request,
        )
        for page in pages:
            for result in page["EvaluationResults"]:
                # With one resource IAM leaves the list of each resource's own result out.
                for found in result.get("ResourceSpecificResults") or [
                    {"EvalResourceName": arns[0], "EvalResourceDecision": result["EvalDecision"]}
                ]:
                    decisions[result["EvalActionName"], found["EvalResourceName"]] = found["EvalResourceDecision"]
    return decisions


def _entry(name: str, value: Any) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    kind = {bool: "boolean", int: "numeric", float: "numeric"}.get(type(values[0]), "string")
    return {
        "ContextKeyName": name,
        "ContextKeyValues": [str(item).lower() if isinstance(item, bool) else str(item) for item in values],
        "ContextKeyType": f"{kind}List" if isinstance(value, list) else kind,
    }
