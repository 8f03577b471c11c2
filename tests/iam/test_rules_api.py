"""R1 to R20: the shape of the API since 2026. Each test is named after what its rule says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import InvalidInput, ValidationError, get_context_keys_for_custom_policy, simulate_custom_policy

USER = "arn:aws:iam::123456789012:user/bob"
ROLE = "arn:aws:iam::123456789012:role/app"
OWNER = "arn:aws:iam::999988887777:root"
X, Y = "arn:aws:s3:::b/x", "arn:aws:s3:::b/y"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY_Y: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": Y}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def simulate(*statements: dict[str, Any], actions: tuple[str, ...] = ("s3:GetObject",), **request: Any) -> Any:
    answer = simulate_custom_policy(PolicyInputList=[text(*statements)], ActionNames=list(actions), **request)
    return answer["EvaluationResults"]


def bucket_policy(principal: str = USER) -> str:
    return text({**ALLOW, "Resource": "arn:aws:s3:::b/*", "Principal": {"AWS": principal}})


def test_r1_one_evaluation_result_per_action() -> None:
    results = simulate(ALLOW, ResourceArns=[X, Y], actions=("s3:GetObject", "s3:PutObject"))
    assert [result["EvalActionName"] for result in results] == ["s3:GetObject", "s3:PutObject"]


def test_r2_the_top_level_decision_is_the_most_restrictive() -> None:
    (result,) = simulate(ALLOW, DENY_Y, ResourceArns=[X, Y])
    assert result["EvalDecision"] == "explicitDeny"
    assert [found["EvalResourceDecision"] for found in result["ResourceSpecificResults"]] == ["allowed", "explicitDeny"]
    (result,) = simulate({**ALLOW, "Resource": X}, ResourceArns=[X, Y])
    assert result["EvalDecision"] == "implicitDeny"


def test_r3_the_top_level_resource_name_is_an_arn_template() -> None:
    names = {
        "s3:GetObject": "arn:${Partition}:s3:::${BucketName}/${KeyName}",
        "s3:ListBucket": "arn:${Partition}:s3:::${BucketName}",
        "s3:ListAllMyBuckets": "*",
        "dynamodb:PutItem": "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}",
        "kms:Decrypt": "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
        "kms:CreateAlias": "arn:${Partition}:kms:${Region}:${Account}:alias/${Alias}",
        "iam:PassRole": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
        "frob:Nicate": "*",
    }
    results = simulate(ALLOW, actions=tuple(names), ResourceArns=[X])
    assert {result["EvalActionName"]: result["EvalResourceName"] for result in results} == names
    assert results[0]["ResourceSpecificResults"][0]["EvalResourceName"] == X


def test_r4_the_top_level_statements_are_a_union_and_the_keys_a_set() -> None:
    (result,) = simulate({**ALLOW, "Resource": X}, {**ALLOW, "Resource": "arn:aws:s3:::b/*"}, ResourceArns=[X, Y])
    assert len(result["MatchedStatements"]) == 2
    asks = {**ALLOW, "Condition": {"StringLike": {"aws:userid": "*"}, "StringEquals": {"AWS:UserId": "x"}}}
    (result,) = simulate(asks, ResourceArns=[X, Y])
    assert result["MissingContextValues"] == ["aws:userid"]


def test_r5_every_organization_level_must_allow_and_scps_are_named_nowhere() -> None:
    asks = {**ALLOW, "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}

    def at(region: str | None) -> Any:
        entry = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [region], "ContextKeyType": "string"}
        levels = [{"ServiceControlPolicyInputList": [text(ALLOW)]}, {"ServiceControlPolicyInputList": [text(asks)]}]
        given: dict[str, Any] = {"ContextEntries": [entry]} if region else {}
        (result,) = simulate(ALLOW, OrderedOrganizationPolicyInputList=levels, ResourceArns=[X], **given)
        return result

    allowed, denied, missing = at("us-east-1"), at("eu-west-1"), at(None)
    assert [found["EvalDecision"] for found in (allowed, denied, missing)] == [
        "allowed",
        "implicitDeny",
        "implicitDeny",
    ]
    assert [found["SourcePolicyId"] for found in allowed["MatchedStatements"]] == ["PolicyInputList.1"]
    assert missing["MissingContextValues"] == []
    with pytest.raises(ValidationError, match="less than or equal to 7"):
        simulate(ALLOW, OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [text(ALLOW)]}] * 8)


def test_r7_eval_decision_details_are_empty_absent_or_per_policy_type() -> None:
    (same,) = simulate(ALLOW, ResourceArns=[X])
    assert same["EvalDecisionDetails"] == {}
    (star,) = simulate(ALLOW)
    assert "EvalDecisionDetails" not in star
    across: dict[str, Any] = {"ResourceArns": [X], "CallerArn": USER, "ResourceOwner": OWNER}
    (cross,) = simulate(ALLOW, ResourcePolicy=bucket_policy(), **across)
    assert cross["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    (cross,) = simulate(ALLOW, ResourcePolicy=bucket_policy(f"{USER}2"), **across)
    assert cross["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}
    levels = [{"ServiceControlPolicyInputList": [text({**ALLOW, "Effect": "Deny"})]}]
    (denied,) = simulate(ALLOW, ResourcePolicy=bucket_policy(), OrderedOrganizationPolicyInputList=levels, **across)
    assert "EvalDecisionDetails" not in denied


def test_r8_the_boundary_detail_is_false_for_both_denials_and_organizations_need_one() -> None:
    def by(boundary: dict[str, Any]) -> Any:
        (result,) = simulate(ALLOW, PermissionsBoundaryPolicyInputList=[text(boundary)], ResourceArns=[X])
        assert "OrganizationsDecisionDetail" not in result
        (specific,) = result["ResourceSpecificResults"]
        assert specific["PermissionsBoundaryDecisionDetail"] == result["PermissionsBoundaryDecisionDetail"]
        return result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"], result["EvalDecision"]

    assert by(ALLOW) == (True, "allowed")
    assert by({**ALLOW, "Action": "kms:*"}) == (False, "implicitDeny")
    assert by({**ALLOW, "Effect": "Deny"}) == (False, "explicitDeny")
    levels = [{"ServiceControlPolicyInputList": [text(DENY_Y)]}]
    (result,) = simulate(ALLOW, OrderedOrganizationPolicyInputList=levels, ResourceArns=[X])
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}


def test_r9_missing_keys_are_those_of_any_statement_and_variables_count() -> None:
    other = {**ALLOW, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"}
    (result,) = simulate(ALLOW, other, actions=("s3:ListBucket",), ResourceArns=["arn:aws:s3:::b"])
    assert result["MissingContextValues"] == ["aws:username"]
    assert result["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:username"]
    bucket = json.loads(bucket_policy())["Statement"][0]
    given: dict[str, Any] = {
        "ResourcePolicy": text({**bucket, "Condition": {"Null": {"a:bucket": "true"}}}),
        "PermissionsBoundaryPolicyInputList": [text({**ALLOW, "Condition": {"Null": {"a:limit": "true"}}})],
    }
    (result,) = simulate(other, ResourceArns=[X], CallerArn=USER, **given)
    assert result["MissingContextValues"] == ["aws:username", "a:bucket", "a:limit"]
    entry = {"ContextKeyName": "AWS:UserName", "ContextKeyValues": ["bob"], "ContextKeyType": "string"}
    (result,) = simulate(ALLOW, other, ContextEntries=[entry])
    assert result["MissingContextValues"] == []


def test_r10_only_the_deny_matches_when_it_decides_and_sources_are_numbered() -> None:
    (result,) = simulate(ALLOW, DENY_Y, ResourceArns=[Y])
    (matched,) = result["MatchedStatements"]
    assert matched["SourcePolicyType"] == "IAM Policy"
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    assert matched["StartPosition"]["Column"] > 41
    boundary = [text({**ALLOW, "Effect": "Deny"})]
    (result,) = simulate(ALLOW, PermissionsBoundaryPolicyInputList=boundary)
    assert [found["SourcePolicyId"] for found in result["MatchedStatements"]] == [
        "PermissionsBoundaryPolicyInputList.1"
    ]
    (result,) = simulate(DENY_Y, ResourcePolicy=bucket_policy(), CallerArn=USER, ResourceArns=[X])
    assert [found["SourcePolicyType"] for found in result["MatchedStatements"]] == ["Resource Policy"]


def positions(policy: str) -> list[tuple[int, int, int, int]]:
    answer = simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    return [
        (m["StartPosition"]["Line"], m["StartPosition"]["Column"], m["EndPosition"]["Line"], m["EndPosition"]["Column"])
        for m in answer["EvaluationResults"][0]["MatchedStatements"]
    ]


STATEMENT = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'


def test_r11_positions_are_those_of_the_text_as_submitted() -> None:
    head = '{"Version": "2012-10-17", "Statement": ['
    assert positions(f"{head}{STATEMENT}]}}") == [(1, 41, 1, 41 + len(STATEMENT))]
    pretty = '{\n  "Version": "2012-10-17",\n  "Statement": {\n    "Effect": "Allow",\n    "Action": "*",\n'
    assert positions(pretty + '    "Resource": "*"\n  }\n}') == [(3, 16, 7, 4)]
    assert positions(pretty.replace("\n", "\r\n") + '    "Resource": "*"\r\n  }\r\n}') == [(3, 16, 7, 4)]
    second = 41 + len(STATEMENT) + 1  # where its `{` stands after the comma; AWS counts from the comma
    assert positions(f"{head}{STATEMENT},{STATEMENT}]}}")[1][:2] == (1, second - 1)
    assert positions(f"{head}{STATEMENT},\n  {STATEMENT}]}}")[1][:2] == (2, 3)


def test_r12_an_implicit_deny_matches_no_statement() -> None:
    (result,) = simulate({**ALLOW, "Action": "kms:*"}, ResourceArns=[X])
    assert result["MatchedStatements"] == []


def test_r13_without_resource_arns_the_resource_is_star() -> None:
    (result,) = simulate(
        {**ALLOW, "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    )
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:SecureTransport"]
    assert "ResourceSpecificResults" not in result
    (result,) = simulate(ALLOW, ResourceArns=["*"])
    assert result["EvalDecision"] == "allowed"


def test_r45_get_caller_identity_is_simulated_from_the_policies_alone() -> None:
    for resource, decision in (("*", "allowed"), ("arn:aws:iam::123456789012:user/bob", "implicitDeny")):
        results = simulate({**ALLOW, "Action": "sts:*", "Resource": resource}, actions=("sts:GetCallerIdentity",))
        assert results[0]["EvalDecision"] == decision


def test_r14_answers_come_in_pages() -> None:
    actions = [f"s3:Get{number}" for number in range(250)]
    request: dict[str, Any] = {"PolicyInputList": [text(ALLOW)], "ActionNames": actions}
    first = simulate_custom_policy(**request)
    assert (len(first["EvaluationResults"]), first["IsTruncated"]) == (100, True)
    seen = [result["EvalActionName"] for result in first["EvaluationResults"]]
    while first["IsTruncated"]:
        first = simulate_custom_policy(**request, MaxItems=70, Marker=first["Marker"])
        seen += [result["EvalActionName"] for result in first["EvaluationResults"]]
    assert seen == actions
    assert "Marker" not in first
    for limit in (0, 1001):
        with pytest.raises(ValidationError, match="maxItems"):
            simulate_custom_policy(**request, MaxItems=limit)
    with pytest.raises(InvalidInput, match="Marker"):
        simulate_custom_policy(**request, Marker="elsewhere")


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:sts::123456789012:assumed-role/app/s",
        "arn:aws:sts::123456789012:federated-user/f",
        "arn:aws:iam::123456789012:root",
        "logs.amazonaws.com",
    ],
)
def test_r15_the_caller_is_a_user_group_or_role(caller: str) -> None:
    with pytest.raises(InvalidInput, match="Invalid caller"):
        simulate(ALLOW, CallerArn=caller)
    for accepted in (USER, ROLE, "arn:aws:iam::123456789012:group/g"):
        assert simulate(ALLOW, CallerArn=accepted)[0]["EvalDecision"] == "allowed"


def test_r16_a_resource_policy_needs_a_caller_and_roles_are_refused() -> None:
    with pytest.raises(InvalidInput, match="CallerArn is required"):
        simulate(ALLOW, ResourcePolicy=bucket_policy(), ResourceArns=[X])
    for caller in (ROLE, "arn:aws:iam::123456789012:group/g"):
        with pytest.raises(InvalidInput) as refused:
            simulate(ALLOW, ResourcePolicy=bucket_policy(), ResourceArns=[X], CallerArn=caller)
        assert refused.value.message == "Invalid caller - Caller must be an IAM user in this context."


def test_r16_roles_as_callers_are_answered_as_an_extension() -> None:
    given: dict[str, Any] = {"ResourcePolicy": bucket_policy(ROLE), "ResourceArns": [X], "CallerArn": ROLE}
    assert simulate(DENY_Y, allow_role_callers=True, **given)[0]["EvalDecision"] == "allowed"


def test_r17_the_resource_owner_is_an_account_root() -> None:
    for owner in ("123456789012", "arn:aws:iam::123456789012:user/bob", "arn:aws:iam::12345678901:root"):
        with pytest.raises(InvalidInput) as refused:
            simulate(ALLOW, ResourceOwner=owner)
        assert refused.value.message == f"'{owner}' is not a valid as a Resource Owner."
    given: dict[str, Any] = {"ResourcePolicy": bucket_policy(), "ResourceArns": [X], "CallerArn": USER}
    assert simulate({**ALLOW, "Action": "kms:*"}, **given)[0]["EvalDecision"] == "allowed"
    assert simulate({**ALLOW, "Action": "kms:*"}, **given, ResourceOwner=OWNER)[0]["EvalDecision"] == "implicitDeny"


def test_r18_there_is_one_boundary() -> None:
    with pytest.raises(InvalidInput, match="only one permissions boundary"):
        simulate(ALLOW, PermissionsBoundaryPolicyInputList=[text(ALLOW)] * 2)


def test_r19_list_types_make_a_key_multi_valued() -> None:
    asks = {**ALLOW, "Condition": {"StringEquals": {"aws:CalledVia": "a"}}}
    every = {**ALLOW, "Condition": {"ForAllValues:StringEquals": {"aws:CalledVia": ["a", "b"]}}}

    def with_type(kind: str, values: list[str], statement: dict[str, Any]) -> str:
        entry = {"ContextKeyName": "aws:CalledVia", "ContextKeyValues": values, "ContextKeyType": kind}
        return str(simulate(statement, ContextEntries=[entry])[0]["EvalDecision"])

    assert with_type("string", ["a"], asks) == "allowed"
    assert with_type("stringList", ["a"], asks) == "implicitDeny"
    assert with_type("stringList", ["a", "b"], every) == "allowed"
    assert with_type("stringList", ["a", "c"], every) == "implicitDeny"
    with pytest.raises(InvalidInput, match="2 values"):
        with_type("string", ["a", "b"], asks)
    with pytest.raises(ValidationError, match="enum value set"):
        with_type("text", ["a"], asks)
    wrong = {"numeric": "x", "boolean": "yes", "ip": "10.0.0", "binary": "*", "date": "someday"}
    for kind, value in wrong.items():
        with pytest.raises(InvalidInput, match="Invalid value"):
            with_type(kind, [value], asks)


def test_r20_context_keys_are_those_of_conditions_and_variables() -> None:
    first = text({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}, "Resource": f"{X}/${{aws:userid}}"})
    second = text(
        {**ALLOW, "Condition": {"StringLike": {"AWS:securetransport": "x", "s3:prefix": "${aws:username}/*"}}}
    )
    old = second.replace("2012-10-17", "2008-10-17").replace("s3:prefix", "s3:max-keys")
    found = get_context_keys_for_custom_policy(PolicyInputList=[first, second, old])
    names = ["aws:userid", "aws:SecureTransport", "s3:prefix", "aws:username", "s3:max-keys"]
    assert found == {"ContextKeyNames": names}
    spared = text({"Effect": "Deny", "Action": "*", "NotResource": f"{X}/${{aws:userid}}/${{aws:PrincipalTag/t, 'x'}}"})
    found = get_context_keys_for_custom_policy(PolicyInputList=[spared])
    assert found == {"ContextKeyNames": ["aws:userid", "aws:PrincipalTag/t"]}
