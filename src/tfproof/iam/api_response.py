"""Answers of Simulate* in the shape boto3 gives them since 2026: one result an action, details a resource (R1-R12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tfproof.iam.actions import arn_template
from tfproof.iam.api_request import ALL_RESOURCES
from tfproof.iam.decision import Decision, Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfproof.iam.json_text import Json
    from tfproof.iam.policy import Statement

__all__ = ["evaluation_result"]

_SEVERITY: Final = (Effect.ALLOWED, Effect.IMPLICIT_DENY, Effect.EXPLICIT_DENY)
_WIRE_TYPES: Final = {"identity": "IAM Policy", "boundary": "IAM Policy", "resource": "Resource Policy"}
"""R10: what stands on the wire, whatever the model's enumeration says."""
_DETAIL_TYPES: Final = {
    "identity": "IAM Policy",
    "resource": "Resource Policy",
    "boundary": "Permissions Boundary Policy",
}


def evaluation_result(
    action: str, resources: Sequence[str], decisions: Sequence[Decision], missing: Sequence[str]
) -> dict[str, Json]:
    """The EvaluationResult of one action.

    Args:
        action: The action as asked for.
        resources: The resources as asked for; `ALL_RESOURCES` when there were none.
        decisions: The decision on each resource.
        missing: MissingContextValues: what the policies refer to and the context lacks (R9).
    """
    result: dict[str, Json] = {
        "EvalActionName": action,
        "EvalResourceName": arn_template(action),
        "EvalDecision": str(_most_restrictive([decision.value for decision in decisions])),
        "MatchedStatements": _union([_matched(decision) for decision in decisions], result_of=decisions),
        "MissingContextValues": list(missing),
    }
    organizations = [layer.effect for decision in decisions if (layer := decision.layer("organizations"))]
    if organizations:
        allowed = all(effect is Effect.ALLOWED for effect in organizations)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    boundaries = [layer.effect for decision in decisions if (layer := decision.layer("boundary"))]
    if boundaries:
        allowed = all(effect is Effect.ALLOWED for effect in boundaries)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if tuple(resources) == ALL_RESOURCES:
        return result
    details = [_details(decision) for decision in decisions]
    if not any(found is None for found in details):
        result["EvalDecisionDetails"] = _merge([found for found in details if found is not None])
    result["ResourceSpecificResults"] = [
        _resource_result(resource, decision, missing) for resource, decision in zip(resources, decisions, strict=True)
    ]
    return result


def _resource_result(resource: str, decision: Decision, missing: Sequence[str]) -> dict[str, Json]:
    result: dict[str, Json] = {
        "EvalResourceName": resource,
        "EvalResourceDecision": str(decision.value),
        "MatchedStatements": _matched(decision),
        "MissingContextValues": list(missing),
    }
    details = _details(decision)
    if details is not None:
        result["EvalDecisionDetails"] = details
    boundary = decision.layer("boundary")
    if boundary is not None:
        allowed = boundary.effect is Effect.ALLOWED
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return result


def _matched(decision: Decision) -> list[dict[str, Json]]:
    """The statements that decided, service control policies never among them (R5)."""
    return [
        _reference(statement, _WIRE_TYPES[layer.name])
        for layer in decision.layers
        if layer.name in _WIRE_TYPES
        for statement in (compiled.statement for compiled in layer.statements)
        if any(statement is decided for decided in decision.statements)
    ]


def _reference(statement: Statement, wire_type: str) -> dict[str, Json]:
    start, end = statement.start, statement.end
    column = start.column
    if statement.index and start.line == statement.document.statements[statement.index - 1].end.line:
        column -= 1  # R11: of the second and later statements of a line, AWS counts the delimiter in
    return {
        "SourcePolicyId": statement.document.name,
        "SourcePolicyType": wire_type,
        "StartPosition": {"Line": start.line, "Column": column},
        "EndPosition": {"Line": end.line, "Column": end.column},
    }


def _union(matched: Sequence[list[dict[str, Json]]], *, result_of: Sequence[Decision]) -> list[dict[str, Json]]:
    """The statements that led to the aggregate decision: those of the most restrictive decisions, each once (R4)."""
    worst = _most_restrictive([decision.value for decision in result_of])
    found: list[dict[str, Json]] = []
    for references, decision in zip(matched, result_of, strict=True):
        if decision.value is worst:
            found.extend(reference for reference in references if reference not in found)
    return found


def _details(decision: Decision) -> dict[str, str] | None:
    """EvalDecisionDetails: None (absent) when an SCP denies, empty in one account, else one decision a type (R7)."""
    organizations = decision.layer("organizations")
    if organizations is not None and organizations.effect is not Effect.ALLOWED:
        return None
    if not decision.request.cross_account:
        return {}
    found = {_DETAIL_TYPES[layer.name]: str(layer.effect) for layer in decision.layers if layer.name in _DETAIL_TYPES}
    return {"Resource Policy": str(Effect.IMPLICIT_DENY), **found}


def _merge(details: Sequence[dict[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for found in details:
        for kind, effect in found.items():
            merged[kind] = str(_most_restrictive([Effect(effect), Effect(merged.get(kind, effect))]))
    return merged


def _most_restrictive(effects: Sequence[Effect]) -> Effect:
    return max(effects, key=_SEVERITY.index)
