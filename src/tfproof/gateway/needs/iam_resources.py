"""On what each action of IAM is authorised, and which field of its form names it.

Source: Service Authorization Reference, AWS IAM.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["IAM_RESOURCES", "NOT_MAPPED"]


def _table(lists: dict[str, str]) -> dict[str, str]:
    return {name: kind for kind, names in lists.items() for name in names.split()}


IAM_RESOURCES: Final = MappingProxyType(
    _table(
        {
            "*": "CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy "
            "DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions "
            "DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement "
            "EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport "
            "GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary GetContextKeysForCustomPolicy "
            "GetCredentialReport GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo "
            "GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities ListAccountAliases ListGroups "
            "ListInstanceProfiles ListOpenIDConnectProviders ListOrganizationsFeatures ListPolicies ListRoles "
            "ListSAMLProviders ListServerCertificates ListUsers ListVirtualMFADevices "
            "SetSecurityTokenServicePreferences SimulateCustomPolicy UpdateAccountPasswordPolicy",
            "group": "AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy "
            "GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup "
            "UpdateGroup",
            "instance-profile": "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile "
            "GetInstanceProfile ListInstanceProfileTags RemoveRoleFromInstanceProfile TagInstanceProfile "
            "UntagInstanceProfile",
            "mfa": "CreateVirtualMFADevice DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice",
            "oidc-provider": "AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider "
            "DeleteOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviderTags "
            "RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider UntagOpenIDConnectProvider "
            "UpdateOpenIDConnectProviderThumbprint",
            "policy": "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
            "ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy",
            "role": "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy "
            "DeleteServiceLinkedRole DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies "
            "ListInstanceProfilesForRole ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy "
            "TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
            "saml-provider": "CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags "
            "TagSAMLProvider UntagSAMLProvider UpdateSAMLProvider",
            "server-certificate": "DeleteServerCertificate GetServerCertificate ListServerCertificateTags "
            "TagServerCertificate UntagServerCertificate UpdateServerCertificate UploadServerCertificate",
            "user": "AttachUserPolicy ChangePassword CreateAccessKey CreateLoginProfile "
            "CreateServiceSpecificCredential CreateUser DeactivateMFADevice DeleteAccessKey DeleteLoginProfile "
            "DeleteSSHPublicKey DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser "
            "DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy EnableMFADevice GetLoginProfile "
            "GetMFADevice GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies "
            "ListGroupsForUser ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials "
            "ListSigningCertificates ListUserPolicies ListUserTags PutUserPermissionsBoundary PutUserPolicy "
            "ResetServiceSpecificCredential ResyncMFADevice TagUser UntagUser UpdateAccessKey UpdateLoginProfile "
            "UpdateSSHPublicKey UpdateServiceSpecificCredential UpdateSigningCertificate UpdateUser "
            "UploadSSHPublicKey UploadSigningCertificate",
            "principal": "GenerateServiceLastAccessedDetails GetContextKeysForPrincipalPolicy "
            "ListPoliciesGrantingServiceAccess SimulatePrincipalPolicy",
        }
    )
)
"""Operation to the kind of its resource; `principal` is an ARN of a user, group, role or policy, sent as one."""

NOT_MAPPED: Final = MappingProxyType(
    {
        "CreateServiceLinkedRole": "the role it makes is named by the service",
        "GenerateOrganizationsAccessReport": "it also needs actions of Organizations",
        "GetAccessKeyLastUsed": "whose access key it asks about is not known",
        "GetServiceLinkedRoleDeletionStatus": "the role stands in a task's id only",
        **dict.fromkeys(
            ("AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties"),
            "the Service Authorization Reference has no action for it yet",
        ),
        **dict.fromkeys(
            (
                "AcceptDelegationRequest",
                "AssociateDelegationRequest",
                "CreateDelegationRequest",
                "GetDelegationRequest",
                "GetHumanReadableSummary",
                "ListDelegationRequests",
                "RejectDelegationRequest",
                "SendDelegationToken",
                "UpdateDelegationRequest",
            ),
            "delegation requests are not modelled",
        ),
    }
)
"""Operations that are recognised and not mapped, with the reason."""
