"""Every refusal of Simulate* with its words and its remedy, and what just is none (R14 to R19)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.iam import InvalidInput, ValidationError, get_context_keys_for_custom_policy, simulate_custom_policy

USER = "arn:aws:iam::123456789012:user/bob"
ROLE = "arn:aws:iam::123456789012:role/app"
GROUP = "arn:aws:iam::123456789012:group/devs"
X, Y = "arn:aws:s3:::b/x", "arn:aws:s3:::b/y"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def simulate(*policies: str, **request: Any) -> dict[str, Any]:
    return simulate_custom_policy(PolicyInputList=list(policies), **{"ActionNames": ["s3:GetObject"], **request})


ENTRY = {"ContextKeyName": "a:key", "ContextKeyValues": ["1"], "ContextKeyType": "numeric"}
BUCKET = text({**ALLOW, "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Principal": "*"})
MIXED = text(
    {**ALLOW, "Resource": "arn:aws:sns:*:*:t", "Principal": "*"},
    {**ALLOW, "Resource": ["arn:aws:s3:::b/*"], "Principal": "*"},
)
NOT_RESOURCE = text({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*", "Principal": "*"})
TRUST = text({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"})
NO_USER = "Invalid caller - Caller must be an IAM user in this context."
FOR_USERS = "AWS simulates resource policies for users only; allow_role_callers=True answers for roles too"
WILD = "name each action: wildcards are not supported here"
PLAIN = "an action reads service:Name, s3:GetObject"
APART = "require different authorization information."
ROOT = "write arn:aws:iam::<account's twelve digits>:root"
SESSION = "arn:aws:sts::123456789012:assumed-role/app/s"


@pytest.mark.parametrize(
    ("request_", "message", "remedy"),
    [
        ({"ActionNames": ["s3:PutObject", "s3:Get*"]}, "Invalid Input Action: s3:Get*", WILD),
        ({"ActionNames": ["s3:Get?bject"]}, "Invalid Input Action: s3:Get?bject", WILD),
        ({"ActionNames": ["GetObject"]}, "Invalid Input Action: GetObject", PLAIN),
        ({"ActionNames": ["s3:GetObject:x"]}, "Invalid Input Action: s3:GetObject:x", PLAIN),
        (
            {"ActionNames": ["iam:PassRole", "sts:AssumeRole", "S3:PutBucketPublicAccessBlock", "iam:GetRole"]},
            "Invalid Input Actions: [iam:PassRole,iam:GetRole] and [sts:AssumeRole] and "
            f"[S3:PutBucketPublicAccessBlock] {APART}",
            "simulate them in separate calls",
        ),
        (
            {"ActionNames": ["s3:GetBucketOwnershipControls", "STS:AssumeRoleWithSAML"]},
            f"Invalid Input Actions: [s3:GetBucketOwnershipControls] and [STS:AssumeRoleWithSAML] {APART}",
            "simulate them in separate calls",
        ),
        ({"ResourceArns": ["x", X, "*", "y"]}, "ResourceNames are not in a valid ARN format: x, y.", ""),
        ({"ResourceOwner": "123456789012"}, "'123456789012' is not a valid as a Resource Owner.", ROOT),
        ({"ResourcePolicy": BUCKET}, "CallerArn is required when ResourcePolicy is given.", ""),
        (
            {"CallerArn": SESSION},
            f"Invalid caller - {SESSION} is not the ARN of an IAM user, group or role.",
            "of a role session, name the role: arn:aws:iam::<account>:role/<name>",
        ),
        ({"ResourcePolicy": BUCKET, "CallerArn": ROLE}, NO_USER, FOR_USERS),
        ({"ResourcePolicy": BUCKET, "CallerArn": GROUP}, NO_USER, ""),
        ({"ResourcePolicy": BUCKET, "CallerArn": GROUP, "allow_role_callers": True}, NO_USER, ""),
        (
            {"ResourcePolicy": BUCKET, "CallerArn": USER, "ResourceArns": [X, TABLE]},
            f"The ResourcePolicy is not applicable to {TABLE}.",
            "its statements name resources of s3 only",
        ),
        (
            {"ResourcePolicy": MIXED, "CallerArn": USER, "ResourceArns": ["*", X, TABLE]},
            f"The ResourcePolicy is not applicable to {TABLE}.",
            "its statements name resources of s3, sns only",
        ),
        (
            {"PermissionsBoundaryPolicyInputList": [text(ALLOW)] * 2},
            "PermissionsBoundaryPolicyInputList holds 2 policies: only one permissions boundary is allowed.",
            "",
        ),
        (
            {"ContextEntries": [ENTRY, {**ENTRY, "ContextKeyName": "A:Key"}]},
            "Context key A:Key is given more than once.",
            "names are case-insensitive",
        ),
        (
            {"ContextEntries": [{**ENTRY, "ContextKeyValues": ["1", "two"], "ContextKeyType": "numericList"}]},
            "Invalid value 'two' for context key a:key of type numericList.",
            "",
        ),
        (
            {"ContextEntries": [{**ENTRY, "ContextKeyValues": ["1", "2"]}]},
            "Context key a:key of type numeric has 2 values.",
            "write ContextKeyType numericList",
        ),
        (
            {"ContextEntries": [{"ContextKeyValues": ["1"], "ContextKeyType": "numeric"}]},
            "A ContextEntry has no ContextKeyName.",
            "",
        ),
        ({"Marker": "tfproof-"}, "Invalid Marker: tfproof-", "pass the Marker of the response before"),
    ],
)
def test_every_refusal_says_what_is_wrong_and_what_to_do(request_: dict[str, Any], message: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        simulate(text(ALLOW), **request_)
    assert (refused.value.message, refused.value.remedy) == (message, remedy)


@pytest.mark.parametrize(
    "request_",
    [
        {"ActionNames": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"]},
        {"ActionNames": ["s3:PutBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"]},
        {"ActionNames": ["s3:PutBucketPublicAccessBlockX", "s3:GetObject", "s3-object-lambda:Get_Object"]},
        {"ResourcePolicy": MIXED, "CallerArn": USER, "ResourceArns": [X, "arn:aws:sns:us-east-1:123456789012:t"]},
        {"ResourcePolicy": text({**ALLOW, "Principal": "*"}), "CallerArn": USER, "ResourceArns": [X, TABLE]},
        {"ResourcePolicy": BUCKET, "CallerArn": ROLE, "ResourceArns": [X], "allow_role_callers": True},
        {"ResourcePolicy": NOT_RESOURCE, "CallerArn": USER, "ResourceArns": [X, TABLE]},
        {"ResourcePolicy": TRUST, "CallerArn": USER, "ResourceArns": [TABLE]},
        {"ResourceArns": []},
        {"ContextEntries": []},
        {"Marker": "tfproof-0"},
    ],
)
def test_what_is_no_fault_is_answered(request_: dict[str, Any]) -> None:
    results = simulate(text(ALLOW), **request_)["EvaluationResults"]
    assert [result["EvalActionName"] for result in results] == request_.get("ActionNames", ["s3:GetObject"])


def test_documents_are_named_by_list_and_number() -> None:
    broken = '{"Version": "2012-10-17"}'
    cases: list[tuple[dict[str, Any], str]] = [
        ({"PolicyInputList": [text(ALLOW), broken]}, "PolicyInputList.2 is no identity policy"),
        ({"PolicyInputList": [text(ALLOW), "x"]}, "PolicyInputList.2: line 1, column 1"),
        (
            {"PermissionsBoundaryPolicyInputList": [broken]},
            "PermissionsBoundaryPolicyInputList.1 is no boundary policy",
        ),
        ({"ResourcePolicy": broken, "CallerArn": USER}, "ResourcePolicy is no resource policy"),
        (
            {"OrderedOrganizationPolicyInputList": [{}, {"ServiceControlPolicyInputList": [text(ALLOW), broken]}]},
            "ServiceControlPolicy.2.2 is no scp policy",
        ),
    ]
    for request, message in cases:
        with pytest.raises(InvalidInput) as refused:
            simulate_custom_policy(**{"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **request})
        assert refused.value.message.startswith(message)
    for second in (broken, "x"):
        with pytest.raises(InvalidInput, match=r"^PolicyInputList\.2"):
            get_context_keys_for_custom_policy(PolicyInputList=[text(ALLOW), second])


CHARACTERS = "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
EUROS = "\u20ac" * 200
NOT_EMPTY = "Member must have length greater than or equal to 1"
TYPES = "string, stringList, numeric, numericList, boolean, booleanList, ip, ipList, binary, binaryList, date, dateList"


@pytest.mark.parametrize(
    ("request_", "faults"),
    [
        ({"MaxItems": 0}, {"'0' at 'maxItems'": "Member must have value greater than or equal to 1"}),
        ({"MaxItems": 1001}, {"'1001' at 'maxItems'": "Member must have value less than or equal to 1000"}),
        (
            {"ContextEntries": [{**ENTRY, "ContextKeyName": "a:b", "ContextKeyType": "text"}]},
            {
                "'a:b' at 'contextKeyName'": "Member must have length greater than or equal to 5",
                "'text' at 'contextKeyType'": f"Member must satisfy enum value set: [{TYPES}]",
            },
        ),
        (
            {"ContextEntries": [{**ENTRY, "ContextKeyName": "a" * 257}]},
            {f"'{'a' * 200}...' at 'contextKeyName'": "Member must have length less than or equal to 256"},
        ),
        (
            {"OrderedOrganizationPolicyInputList": [{}] * 8},
            {
                f"'[{', '.join(['{}'] * 8)}]' at 'orderedOrganizationPolicyInputList'": "Member must have length less "
                "than or equal to 7"
            },
        ),
        ({"ResourcePolicy": ""}, {"'' at 'resourcePolicy'": f"[{NOT_EMPTY}, {CHARACTERS}]"}),
        ({"ResourcePolicy": "\u20ac" * 200}, {f"'{EUROS}' at 'resourcePolicy'": CHARACTERS}),
        ({"ResourcePolicy": "\u20ac" * 201}, {f"'{EUROS}...' at 'resourcePolicy'": CHARACTERS}),
        ({"ResourcePolicy": "\u20ac"}, {"'\u20ac' at 'resourcePolicy'": CHARACTERS}),
        (
            # cloud-custodian#4769: the list, and every constraint of its members.
            {"ActionNames": ["s3:GetObject", "s3"], "PolicyInputList": ["\u20ac"], "MaxItems": 0},
            {
                "'[\u20ac]' at 'policyInputList'": "Member must satisfy constraint: [Member must have length less than "
                f"or equal to 131072, {NOT_EMPTY}, {CHARACTERS}]",
                "'[s3:GetObject, s3]' at 'actionNames'": "Member must satisfy constraint: [Member must have length "
                "less than or equal to 128, Member must have length greater than or equal to 3]",
                "'0' at 'maxItems'": "Member must have value greater than or equal to 1",
            },
        ),
    ],
)
def test_limits_are_refused_in_awss_words(request_: dict[str, Any], faults: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        simulate_custom_policy(**{"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **request_})
    told = [f"Value {value} failed to satisfy constraint: {limit}" for value, limit in faults.items()]
    plural = "s" if len(told) > 1 else ""
    head, sentences = refused.value.message.split(": ", 1)
    assert head == f"{len(told)} validation error{plural} detected"
    assert sorted(sentences.split("; ")) == sorted(told)


@pytest.mark.parametrize(
    "request_",
    [
        {"MaxItems": 1},
        {"MaxItems": 1000},
        {"ContextEntries": [{**ENTRY, "ContextKeyName": name} for name in ("a:bcd", "a" * 256)]},
        {"OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [text(ALLOW)]}] * 7},
        {"ActionNames": ["a:b", "a:" + "b" * 126]},
        {"PolicyInputList": (text(ALLOW),)},
    ],
)
def test_what_just_keeps_the_limits_is_answered(request_: dict[str, Any]) -> None:
    assert simulate_custom_policy(**{"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **request_})


CUSTOM = "SimulateCustomPolicy"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"PolicyInputList": None}, f"{CUSTOM}: policyInputList is a list, not NoneType"),
        ({"PolicyInputList": [7]}, f"{CUSTOM}: policyInputList is a string, not int"),
        ({"MaxItems": True}, f"{CUSTOM}: maxItems is a integer, not bool"),
        ({"ContextEntries": ["x"]}, f"{CUSTOM}: contextEntries is a structure, not str"),
        (
            {"ContextEntries": [{"Name": "x"}]},
            f"{CUSTOM}: no such parameter 'Name'; it takes ContextKeyName, ContextKeyValues, ContextKeyType",
        ),
    ],
)
def test_what_botocore_would_not_send_is_named(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        simulate_custom_policy(**{"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **request_})
    assert refused.value.message == message


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(UsageError, match=f"^{CUSTOM}: ActionNames is missing$"):
        simulate_custom_policy(PolicyInputList=[])
    with pytest.raises(UsageError, match=r"^GetContextKeysForCustomPolicy: PolicyInputList is missing$"):
        get_context_keys_for_custom_policy()
