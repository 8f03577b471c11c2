"""What the operations of IAM need to be allowed. Source: Service Authorization Reference, AWS IAM."""

from __future__ import annotations

from typing import Final

from tfproof.gateway.needs.iam_resources import IAM_RESOURCES, NOT_MAPPED
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.situation import Situation, dns_suffix
from tfproof.gateway.needs.tags import form_tags, tag_context
from tfproof.iam.request import ContextValue

__all__ = ["iam_needs"]

_NAMES: Final = {
    "group": "GroupName",
    "instance-profile": "InstanceProfileName",
    "role": "RoleName",
    "server-certificate": "ServerCertificateName",
    "user": "UserName",
}
_ARNS: Final = {
    "mfa": "SerialNumber",
    "oidc-provider": "OpenIDConnectProviderArn",
    "policy": "PolicyArn",
    "saml-provider": "SAMLProviderArn",
}
_PRINCIPALS: Final = {
    "GenerateServiceLastAccessedDetails": "Arn",
    "GetContextKeysForPrincipalPolicy": "PolicySourceArn",
    "ListPoliciesGrantingServiceAccess": "Arn",
    "SimulatePrincipalPolicy": "PolicySourceArn",
}
_POLICY_ARN: Final = frozenset(
    f"{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("Group", "Role", "User")
)


def iam_needs(situation: Situation) -> list[Need]:
    """The needs of an operation of IAM.

    A name that stands alone is taken for one without a path: where the thing has one, only IAM knows it.

    Raises:
        UnmappedOperation: What the operation needs is not known.
    """
    name = situation.operation.name
    kind = IAM_RESOURCES.get(name)
    if kind is None:
        raise situation.unmapped(NOT_MAPPED.get(name, "nobody mapped it"))
    found = [situation.need(f"iam:{name}", _resource(situation, name, kind), _context(situation, name))]
    found += _renamed(situation, name, kind)
    if name == "AddRoleToInstanceProfile":
        role = situation.global_arn("iam", f"role/{situation.text('RoleName')}")
        service: dict[str, ContextValue] = {"iam:PassedToService": f"ec2.{dns_suffix(situation.partition)}"}
        source = "IAM API Reference, AddRoleToInstanceProfile"
        found.append(situation.need("iam:PassRole", role, service, source=source))
    return found


def _resource(situation: Situation, name: str, kind: str) -> str:
    if kind == "*":
        return "*"
    if kind == "principal":
        return situation.text(_PRINCIPALS[name])
    if name.startswith("Create") or name == "UploadServerCertificate":
        made = _created(situation, name, kind)
        if made:
            return made
    if kind in _ARNS:
        value = situation.text(_ARNS[kind])
        return value if value.startswith("arn:") else situation.global_arn("iam", f"{kind}/{value}")
    if kind == "user" and not situation.optional_text("UserName"):
        return _caller(situation)
    return situation.global_arn("iam", f"{kind}/{situation.text(_NAMES[kind])}")


def _created(situation: Situation, name: str, kind: str) -> str:
    """The ARN that a new thing will have, `""` when the operation makes something within another thing."""
    if name == "CreateOpenIDConnectProvider":
        host = situation.text("Url").removeprefix("https://")
        return situation.global_arn("iam", f"oidc-provider/{host}")
    fields = {
        "CreateGroup": "GroupName",
        "CreateInstanceProfile": "InstanceProfileName",
        "CreatePolicy": "PolicyName",
        "CreateRole": "RoleName",
        "CreateSAMLProvider": "Name",
        "CreateUser": "UserName",
        "CreateVirtualMFADevice": "VirtualMFADeviceName",
        "UploadServerCertificate": "ServerCertificateName",
    }
    if name not in fields:
        return ""
    path = situation.optional_text("Path") or "/"
    return situation.global_arn("iam", f"{kind}{path}{situation.text(fields[name])}")


def _renamed(situation: Situation, name: str, kind: str) -> list[Need]:
    """A user or group that is renamed or moved: its new ARN must be allowed too."""
    parts = {"UpdateGroup": "Group", "UpdateServerCertificate": "ServerCertificate", "UpdateUser": "User"}
    if name not in parts:
        return []
    new_name = situation.optional_text(f"New{parts[name]}Name")
    new_path = situation.optional_text("NewPath")
    if not new_name and not new_path:
        return []
    made = f"{kind}{new_path or '/'}{new_name or situation.text(_NAMES[kind])}"
    arn = situation.global_arn("iam", made)
    return [situation.need(f"iam:{name}", arn, source=f"IAM API Reference, {name}")]


def _caller(situation: Situation) -> str:
    """The caller, whom IAM takes when no user is named.

    Raises:
        UnmappedOperation: The caller is not known.
    """
    arn = situation.principal.get("aws:PrincipalArn")
    if isinstance(arn, str) and arn:
        return arn
    raise situation.unmapped("it names no user, and its caller is not known")


def _context(situation: Situation, name: str) -> dict[str, ContextValue]:
    fields = situation.parameters
    found = tag_context(form_tags(fields))
    removed = [str(value) for field, value in fields.items() if field.startswith("TagKeys.member.")]
    if removed:
        found["aws:TagKeys"] = removed
    if name in _POLICY_ARN:
        found["iam:PolicyARN"] = situation.text("PolicyArn")
    boundary = situation.optional_text("PermissionsBoundary")
    if boundary:
        found["iam:PermissionsBoundary"] = boundary
    return found
