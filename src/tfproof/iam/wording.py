"""AWS's own words for faults of policy documents; sources in `docs/iam-fidelity.md`.

IAM (CreatePolicy, PutRolePolicy, Simulate*) and S3 (PutBucketPolicy) word the same fault differently.
"""

from __future__ import annotations

from typing import Final

__all__ = ["IAM_PATHS", "SYNTAX", "TRUST_ACTIONS"]

SYNTAX: Final = "Syntax errors in policy."
VERSION_TOO_OLD: Final = "Policy document must be version 2012-10-17 or greater."
LEGACY: Final = "The policy failed legacy parsing"
SID_UNIQUE: Final = "Statement IDs (SID) in a single policy must be unique."
SID_LETTERS: Final = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
NO_ACTIONS: Final = "Policy statement must contain actions."
NO_RESOURCES: Final = "Policy statement must contain resources."
NO_STATEMENT: Final = "Missing required field Statement"
NO_PRINCIPAL: Final = "Missing required field Principal"
HAS_PRINCIPAL: Final = "Policy document should not specify a principal."
HAS_RESOURCE: Final = "Has prohibited field Resource."
SAME_KEY: Final = "must not contain multiple instances of the same key"
VENDOR_MISSING: Final = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
ONE_COLON: Final = "Actions/Condition can contain only one colon."
TRUST_ONLY: Final = (
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  "
    "and sts:AssumeRoleWithWebIdentity"
)
VENDOR_REGEX: Final = "Resource vendor must be fully qualified and cannot contain regexes."

IAM_PATHS: Final = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
IAM_PATH: Final = f'IAM resource path must either be "*" or start with {", ".join(IAM_PATHS)}.'

TRUST_ACTIONS: Final = frozenset(
    f"sts:{name}".lower()
    for name in (
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetFederationToken",
        "GetServiceBearerToken",
        "GetSessionToken",
        "SetContext",
        "SetSourceIdentity",
        "TagSession",
    )
)
