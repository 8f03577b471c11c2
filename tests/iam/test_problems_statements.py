"""Every problem of a statement in whole: where, in which words, and what to write instead (R42, R77 to R79)."""

from __future__ import annotations

from typing import Any

import pytest
from policy_problems import ARN, NO_VARIABLES, SID, STATEMENT, SYNTAX, VARIABLE, VENDOR, WARNING, WRITE_ACTION, written

from tfproof.iam import validate

VENDOR_REGEX = "Resource vendor must be fully qualified and cannot contain regexes."
LEGACY = "The policy failed legacy parsing"
ELEMENTS = "Action, Condition, Effect, NotAction, NotPrincipal, NotResource, Principal, Resource, Sid"
PARTITIONS = "partitions are aws, aws-cn, aws-eusc, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-us-gov"
IAM_PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
EARLY = "before the fifth colon ${...} is plain text: such a resource covers nothing real"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"Resources": "*"}, [("Resources:", SYNTAX, "no such element 'Resources': did you mean Resource?")]),
        ({"sid": "a"}, [("sid:", SYNTAX, "no such element 'sid': names are case-sensitive: write Sid")]),
        ({"Resort": "a"}, [("Resort:", SYNTAX, f"no such element 'Resort': known: {ELEMENTS}")]),
        ({"Wherever": "a"}, [("Wherever:", SYNTAX, f"no such element 'Wherever': known: {ELEMENTS}")]),
        ({"Effect": "allow"}, [("Effect", SYNTAX, 'Effect is \'allow\'; write "Allow" or "Deny" exactly')]),
        ({"Effect": None}, [("", SYNTAX, 'Effect is None; write "Allow" or "Deny" exactly')]),
        ({"Sid": ["a"]}, [("Sid", SYNTAX, "Sid is a text")]),
        ({"Sid": "a b"}, [("Sid", SID, "'a b': only letters and digits; S3 and KMS allow more")]),
        ({"Sid": "a\n"}, [("Sid", SID, "'a\\n': only letters and digits; S3 and KMS allow more")]),
        (
            {"NotAction": "s3:*"},
            [("NotAction:", SYNTAX, "Action and NotAction exclude each other: keep one, or make two statements")],
        ),
        (
            {"NotResource": "*"},
            [("NotResource:", SYNTAX, "Resource and NotResource exclude each other: keep one, or make two statements")],
        ),
        ({"Action": None}, [("", "Policy statement must contain actions.", "add Action or NotAction")]),
        ({"Resource": None}, [("", "Policy statement must contain resources.", "add Resource or NotResource")]),
        ({"Action": []}, [("Action", "Policy statement must contain actions.", "Action is empty")]),
        (
            {"Resource": None, "NotResource": []},
            [("NotResource", "Policy statement must contain resources.", "NotResource is empty")],
        ),
        (
            {"Action": ["s3:*", 7, "x"]},
            [
                ("Action.1", SYNTAX, "Action is a text or a list of texts"),
                ("Action.2", VENDOR, f"'x': {WRITE_ACTION}, or *"),
            ],
        ),
        ({"Action": {"s3": "*"}}, [("Action", SYNTAX, "Action is a text or a list of texts")]),
        ({"Resource": ["*", None]}, [("Resource.1", SYNTAX, "Resource is a text or a list of texts")]),
        (
            {"Action": "s3:a:b"},
            [("Action", "Actions/Condition can contain only one colon.", f"'s3:a:b': {WRITE_ACTION}")],
        ),
        (
            {"Action": "s?:Get"},
            [
                (
                    "Action",
                    "Vendor s? is not valid",
                    "a service's name takes no wildcards: name each service, or write *",
                ),
            ],
        ),
        (
            {"Action": "s3:Get Object"},
            [
                ("Action", SYNTAX, "'s3:Get Object': an action's name is letters, digits and the wildcards * and ?"),
            ],
        ),
        ({"Action": ["*", "*:*", "s3:*", "a-1.b:c_D*?"]}, []),
        (
            {"Action": "*:Get"},
            [
                (
                    "Action",
                    "Vendor * is not valid",
                    "a service's name takes no wildcards: name each service, or write *",
                ),
            ],
        ),
        ({"Resource": "b/k"}, [("Resource", 'Resource b/k must be in ARN format or "*".', ARN)]),
        ({"Resource": "arn"}, [("Resource", 'Resource arn must be in ARN format or "*".', ARN)]),
        ({"Resource": "x:aws:s3:::b"}, [("Resource", 'Resource x:aws:s3:::b must be in ARN format or "*".', ARN)]),
        (
            {"Resource": "arn:awss:s3:eu::b:c"},
            [
                ("Resource", 'Partition "awss" is not valid for resource "arn:awss:s3:eu:*:b:c".', PARTITIONS),
            ],
        ),
        (
            {"Resource": "arn:awss:s3"},
            [
                ("Resource", 'Partition "awss" is not valid for resource "arn:awss:s3:*:*:*".', PARTITIONS),
            ],
        ),
        (
            {"Resource": "arn:awss"},
            [
                ("Resource", 'Partition "awss" is not valid for resource "arn:awss:*:*:*:*".', PARTITIONS),
            ],
        ),
        ({"Resource": ["arn:aws*:kms:*:*:key/*", "arn:*:s3:::b", "arn:aws-??:sns:*:*:t", "arn:aws-eusc:s3:::b"]}, []),
        (
            {"Resource": "arn:b*:s3:::b"},
            [
                ("Resource", 'Partition "b*" is not valid for resource "arn:b*:s3:*:*:b".', PARTITIONS),
            ],
        ),
        (
            {"Resource": "arn:aws::::b"},
            [
                ("Resource", VENDOR_REGEX, "'arn:aws::::b': name the service, or write * for everything"),
            ],
        ),
        (
            {"Resource": "arn:aws:s?:::b"},
            [
                ("Resource", VENDOR_REGEX, "'arn:aws:s?:::b': name the service, or write * for everything"),
            ],
        ),
        ({"Resource": ["arn:aws:dynamodb:*", "arn:aws:sns:us-east-1:*"]}, []),
        ({"Resource": "arn:aws:dynamodb::*"}, [("Resource", LEGACY, "'arn:aws:dynamodb::*' has 5 parts of 6")]),
        ({"Resource": "arn:aws:dynamodb:us"}, [("Resource", LEGACY, "'arn:aws:dynamodb:us' has 4 parts of 6")]),
        (
            {"Resource": "arn:${aws:partition}:s3:::b"},
            [
                (
                    "Resource",
                    'Partition "${aws:partition}" is not valid for resource "arn:${aws:partition}:s3:*:*:b".',
                    PARTITIONS,
                ),
                ("Resource", NO_VARIABLES, EARLY, WARNING),
            ],
        ),
        (
            {"Resource": "arn:aws:s3:eu::b/${aws:username}"},
            [
                (
                    "Resource",
                    "Resource arn:aws:s3:eu::b/${aws:username} can not contain region information.",
                    "write arn:aws:s3:::b/${aws:username}",
                ),
            ],
        ),
        ({"Resource": "arn:aws:s3"}, [("Resource", LEGACY, "'arn:aws:s3' has 3 parts of 6")]),
        (
            {"Resource": "arn:aws:sns:${aws:region}:t"},
            [
                ("Resource", LEGACY, "'arn:aws:sns:${aws:region}:t' has 5 parts of 6"),
                ("Resource", NO_VARIABLES, EARLY, WARNING),
            ],
        ),
        ({"Resource": "arn:aws:s3:::"}, [("Resource", LEGACY, "'arn:aws:s3:::' names no resource")]),
        (
            {"Resource": "arn:aws:iam:eu:1:user/b"},
            [
                (
                    "Resource",
                    "IAM resource arn:aws:iam:eu:1:user/b cannot contain region information.",
                    "write arn:aws:iam::<account>:...",
                ),
            ],
        ),
        ({"Resource": ["arn:aws:iam:*:1:user/b", "arn:aws:iam::1:*", "arn:aws:iam::1:access-report/x"]}, []),
        (
            {"Resource": "arn:aws:iam::1:u*"},
            [
                ("Resource", IAM_PATHS, "'u*': the type of the resource takes no wildcard"),
            ],
        ),
        (
            {"Resource": "arn:aws-cn:s3:cn-north-1::b/k"},
            [
                (
                    "Resource",
                    "Resource arn:aws-cn:s3:cn-north-1::b/k can not contain region information.",
                    "write arn:aws-cn:s3:::b/k",
                ),
            ],
        ),
        (
            {
                "Resource": [
                    f"arn:aws:s3:eu-west-1:1:{name}" for name in ("accesspoint/a", "job/1", "storage-lens/x", "*")
                ]
            },
            [],
        ),
        ({"Resource": "arn:aws:s3:*::b"}, []),
        ({"Resource": "arn:aws:sns:a:b:${"}, [("Resource", SYNTAX, f"'${{' {VARIABLE}")]),
        ({"Resource": "arn:aws:s3:::b/${}x}"}, [("Resource", SYNTAX, f"'${{}}' {VARIABLE}")]),
        ({"Resource": "arn:aws:s3:::b/${a:b}/${*}/${$}/${a:c, 'd'}"}, []),
        (
            {"Resource": "arn:aws:sns:${aws:region}:1:t"},
            [
                (
                    "Resource",
                    NO_VARIABLES,
                    EARLY,
                    WARNING,
                ),
            ],
        ),
        (
            {"Resource": None, "NotResource": ["arn:aws:sns:x:${a:b}:t"]},
            [
                (
                    "NotResource",
                    NO_VARIABLES,
                    EARLY,
                    WARNING,
                ),
            ],
        ),
    ],
)
def test_statements(changes: dict[str, Any], problems: list[tuple[str, ...]]) -> None:
    body = {name: value for name, value in {**STATEMENT, **changes}.items() if value is not None}
    found = validate({"Version": "2012-10-17", "Statement": [body]})
    assert [written(problem) for problem in found] == problems
    assert all(problem.path[:2] == ("Statement", 0) for problem in found)
