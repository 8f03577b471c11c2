"""What the operations of STS need to be allowed. Source: Service Authorization Reference, AWS STS."""

from __future__ import annotations

from typing import Final

from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.situation import Situation
from tfproof.gateway.needs.tags import form_tags, tag_context
from tfproof.iam.request import ContextValue

__all__ = ["sts_needs"]

_WITHOUT_RESOURCE: Final = frozenset(
    {
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetDelegatedAccessToken",
        "GetSessionToken",
        "GetWebIdentityToken",
    }
)
_ON_ROLE: Final = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_FIELDS: Final = {
    "sts:RoleSessionName": "RoleSessionName",
    "sts:ExternalId": "ExternalId",
    "sts:SourceIdentity": "SourceIdentity",
}


def sts_needs(situation: Situation) -> list[Need]:
    """The needs of an operation of STS.

    GetCallerIdentity is listed as any other, though AWS grants it to everybody, even under a Deny.

    Raises:
        UnmappedOperation: What the operation needs is not known.
    """
    name, tags = situation.operation.name, tag_context(form_tags(situation.parameters))
    if name in _WITHOUT_RESOURCE:
        return [situation.need(f"sts:{name}", "*", tags if name == "GetWebIdentityToken" else None)]
    if name in _ON_ROLE:
        return _on_role(situation, tags)
    if name == "GetFederationToken":
        arn = situation.global_arn("sts", f"federated-user/{situation.text('Name')}")
        return [situation.need("sts:GetFederationToken", arn, tags)]
    if name == "AssumeRoot":
        # TargetPrincipal is an account, or the ARN of its root user.
        account = situation.text("TargetPrincipal")
        arn = account if account.startswith("arn:") else f"arn:{situation.partition}:iam::{account}:root"
        policy = situation.optional_text("TaskPolicyArn.arn")
        return [situation.need("sts:AssumeRoot", arn, {"sts:TaskPolicyArn": policy} if policy else None)]
    raise situation.unmapped("nobody mapped it")


def _on_role(situation: Situation, tags: dict[str, ContextValue]) -> list[Need]:
    name, role, fields = situation.operation.name, situation.text("RoleArn"), situation.parameters
    transitive = [str(value) for field, value in fields.items() if field.startswith("TransitiveTagKeys.member.")]
    if transitive:
        tags = {**tags, "sts:TransitiveTagKeys": transitive}
    given = {key: str(fields[field]) for key, field in _FIELDS.items() if fields.get(field)}
    found = [situation.need(f"sts:{name}", role, {**tags, **given})]
    if tags:
        source = "IAM User Guide, Pass session tags in AWS STS"
        found.append(situation.need("sts:TagSession", role, tags, source=source))
    if "sts:SourceIdentity" in given:
        identity = {"sts:SourceIdentity": given["sts:SourceIdentity"]}
        source = "IAM User Guide, Monitor and control actions taken with assumed roles"
        found.append(situation.need("sts:SetSourceIdentity", role, identity, source=source))
    return found
