"""Every problem of what a kind of policy must and must not have, in whole (R78, R79, R81)."""

from __future__ import annotations

from typing import Any

import pytest
from policy_problems import ARN, SID, STATEMENT, SYNTAX, TRUST_STATEMENT, WRITE_ACTION, written

from tfproof.iam import validate

NO_PRINCIPAL = "Policy document should not specify a principal."
INVALID = "Invalid principal in policy"
TRUST = (
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  "
    "and sts:AssumeRoleWithWebIdentity"
)
NAMED = "write an account's id, the ARN of a user, role or session, or *; groups and wildcards name nobody"


NO_TRUST_RESOURCE = "a trust policy stands on the role it is about"
WHOM = 'say whom it is about: "Principal": {"AWS": "<ARN>"}'
DENY_ONLY = "NotPrincipal works with Deny only: an Allow would let everybody else in, also the anonymous"
BOTH = "Principal and NotPrincipal exclude each other"
ONE_TEXT = "a principal's name is a text (an account's twelve digits too)"
OBJECT = 'a principal is "*" or an object such as {"AWS": "<ARN>"}'
KNOWN = "did you mean Service?"
ACCESS = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"


@pytest.mark.parametrize(
    ("kind", "changes", "problems"),
    [
        (
            "scp",
            {"Principal": "*"},
            [
                (
                    "Principal:",
                    NO_PRINCIPAL,
                    "the principal of a policy of kind scp is whoever it is attached to: leave Principal out",
                ),
            ],
        ),
        (
            "identity",
            {"NotPrincipal": "*"},
            [
                (
                    "NotPrincipal:",
                    NO_PRINCIPAL,
                    "the principal of a policy of kind identity is whoever it is attached to: leave NotPrincipal out",
                ),
            ],
        ),
        ("resource", {}, [("", "Missing required field Principal", WHOM)]),
        ("trust", {"Action": "sts:AssumeRole", "Resource": None}, [("", "Missing required field Principal", WHOM)]),
        ("resource", {"NotPrincipal": {"AWS": "*"}}, [("NotPrincipal:", SYNTAX, DENY_ONLY)]),
        ("resource", {"Effect": "Deny", "Principal": "*", "NotPrincipal": "*"}, [("NotPrincipal:", SYNTAX, BOTH)]),
        ("resource", {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}}, []),
        ("resource", {"Principal": "bob"}, [("Principal", INVALID, 'write {"AWS": "bob"}, or "*" for everybody')]),
        ("resource", {"Principal": {}}, [("Principal", SYNTAX, OBJECT)]),
        ("resource", {"Principal": ["*"]}, [("Principal", SYNTAX, OBJECT)]),
        ("resource", {"Principal": {"Services": "x"}}, [("Principal.Services:", INVALID, KNOWN)]),
        (
            "resource",
            {"Principal": {"Aws": "*", "Service": 7}},
            [
                ("Principal.Aws:", INVALID, "names are case-sensitive: write AWS"),
                ("Principal.Service", SYNTAX, ONE_TEXT),
            ],
        ),
        (
            "resource",
            {"Principal": {"AWS": [], "Federated": ["x", 7]}},
            [
                ("Principal.AWS", INVALID, "the list is empty"),
                ("Principal.Federated.1", SYNTAX, ONE_TEXT),
            ],
        ),
        (
            "resource",
            {"Principal": {"AWS": ["arn:aws:iam::1:user/b", "arn:aws:iam::123456789012:user/b?"]}},
            [
                ("Principal.AWS.0", 'Invalid principal in policy: "AWS":"arn:aws:iam::1:user/b"', NAMED),
                ("Principal.AWS.1", 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/b?"', NAMED),
            ],
        ),
        (
            "resource",
            {"Principal": {"AWS": "arn:aws:iam::123456789012:group/g"}},
            [
                ("Principal.AWS", 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/g"', NAMED),
            ],
        ),
        (
            "resource",
            {"Principal": {"AWS": "arn:aws:iam::123456789012:user/b*"}},
            [
                ("Principal.AWS", 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/b*"', NAMED),
            ],
        ),
        (
            "resource",
            {
                "Principal": {
                    "AWS": ["*", "123456789012", "AIDAQABCDEFGHIJKLMNOP", ACCESS, "arn:aws:iam::123456789012:root"],
                    "Service": ["s3.amazonaws.com"],
                    "Federated": "x",
                    "CanonicalUser": "79a5",
                }
            },
            [],
        ),
        (
            "resource",
            {"Principal": "*", "Action": "x"},
            [
                ("Action", "Policy has invalid action", f"'x': {WRITE_ACTION}, or *"),
            ],
        ),
        (
            "resource",
            {"Principal": "*", "Resource": "x"},
            [
                ("Resource", "Policy has invalid resource", f'Resource x must be in ARN format or "*". {ARN}'),
            ],
        ),
        ("resource", {"Principal": "*", "Sid": "Enable IAM User-Permissions"}, []),
        ("trust", TRUST_STATEMENT, []),
        (
            "trust",
            {**TRUST_STATEMENT, "Action": ["STS:TagSession", "s3:GetObject"]},
            [
                ("Action.1", TRUST, "'s3:GetObject' has no place in a trust policy"),
            ],
        ),
        (
            "trust",
            {**TRUST_STATEMENT, "Resource": "x"},
            [("Resource:", "Has prohibited field Resource.", NO_TRUST_RESOURCE)],
        ),
        (
            "trust",
            {**TRUST_STATEMENT, "NotResource": "*"},
            [
                ("NotResource:", "Has prohibited field Resource.", NO_TRUST_RESOURCE),
            ],
        ),
        (
            "trust",
            {**TRUST_STATEMENT, "Sid": "a b"},
            [("Sid", SID, "'a b': only letters and digits; S3 and KMS allow more")],
        ),
    ],
)
def test_kinds(kind: str, changes: dict[str, Any], problems: list[tuple[str, ...]]) -> None:
    body = {name: value for name, value in {**STATEMENT, **changes}.items() if value is not None}
    found = validate({"Version": "2012-10-17", "Statement": [body]}, kind)
    assert [written(problem) for problem in found] == problems
