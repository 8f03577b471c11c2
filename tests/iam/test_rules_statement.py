"""R34 to R48: what Action, NotAction, Resource and NotResource cover. Each test is named after what its rule says."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.iam import MalformedPolicyDocument, Request, evaluate

USER = "arn:aws:iam::123456789012:user/bob"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def ask(action: str, resource: str, *statements: dict[str, Any]) -> str:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    return str(evaluate([policy], Request(action, resource, principal=USER)).value)


def covers_action(pattern: str, action: str = "s3:GetObject") -> bool:
    return ask(action, "*", {"Action": pattern, "Resource": "*"}) == "allowed"


def covers(pattern: str, resource: str, action: str = "s3:GetObject") -> bool:
    return ask(action, resource, {"Action": "*", "Resource": pattern}) == "allowed"


def test_r34_actions_are_case_insensitive_in_prefix_and_name_on_both_sides() -> None:
    assert covers_action("S3:getobject")
    assert covers_action("s3:GetObject", "S3:GETOBJECT")


def test_r35_wildcards_in_action_names() -> None:
    assert covers_action("s3:Get?bject")
    assert covers_action("s3:*Object")
    assert covers_action("*")
    assert not covers_action("s3:GetObject?")
    assert not covers_action("s3:*Objects")


def test_r36_not_action_covers_all_else() -> None:
    policy = {"NotAction": "iam:*", "Resource": "*"}
    assert ask("s3:GetObject", "arn:aws:s3:::b/k", policy) == "allowed"
    assert ask("iam:GetUser", USER, policy) == "implicitDeny"
    deny = {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}
    assert ask("s3:GetObject", "*", {"Action": "*", "Resource": "*"}, deny) == "explicitDeny"
    assert ask("iam:GetUser", "*", {"Action": "*", "Resource": "*"}, deny) == "allowed"
    assert ask("s3:GetObject", "arn:aws:s3:::c/k", {"NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"}) != "allowed"


def test_r37_not_resource_covers_all_else_and_star_only_actions() -> None:
    everything = {"Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"}
    assert ask("s3:GetObject", "arn:aws:s3:::b/k", everything, deny) == "allowed"
    assert ask("s3:GetObject", "arn:aws:s3:::c/k", everything, deny) == "explicitDeny"
    assert ask("s3:ListAllMyBuckets", "*", everything, deny) == "explicitDeny"
    assert ask("s3:ListAllMyBuckets", "arn:aws:s3:::b/k", everything, deny) == "explicitDeny"


def test_r38_resources_are_case_sensitive() -> None:
    assert not covers("arn:aws:s3:::B/k", "arn:aws:s3:::b/k")
    assert covers("arn:aws:s3:::b/k", "arn:aws:s3:::b/k")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("1/2/test/3/o.jpg", True), ("/test/o.jpg", True), ("1-test/o.jpg", False), ("test/o.jpg", False)],
)
def test_r39_a_star_crosses_slashes(key: str, expected: bool) -> None:  # noqa: FBT001  a table's column
    assert covers("arn:aws:s3:::b/*/test/*", f"arn:aws:s3:::b/{key}") is expected


def test_r40_a_star_that_ends_a_segment_runs_on_past_colons() -> None:
    assert covers("arn:aws:dynamodb:*", TABLE, "dynamodb:GetItem")
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:a:log-stream:b"
    assert covers("arn:aws:logs:us-east-1:123456789012:log-group:*", logs, "logs:PutLogEvents")
    assert covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b")


def test_r41_arn_operators_compare_six_parts_one_by_one() -> None:
    for operator in ("ArnLike", "ArnEquals"):
        policy: dict[str, Any] = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {operator: {"aws:SourceArn": "arn:aws:sns:*:t"}},
            },
        }
        with pytest.raises(MalformedPolicyDocument, match="six parts"):
            evaluate([policy], Request("s3:GetObject"))
        policy["Statement"]["Condition"] = {operator: {"aws:SourceArn": "arn:aws:sns:*:1:t"}}
        held = {"aws:SourceArn": "arn:aws:sns:us-east-1:1:t"}
        assert evaluate([policy], Request("s3:GetObject", context=held)) == "allowed"
        for other in ("arn:aws:sns:us-east-1:x:1:t", "arn:aws:sns:us:east:1:t"):
            assert evaluate([policy], Request("s3:GetObject", context={"aws:SourceArn": other})) == "implicitDeny"


@pytest.mark.parametrize("resource", ["arn:aws:s*:::b", "arn:aws:*", "arn:aws:iam::123456789012:u*"])
def test_r42_no_wildcard_in_the_service_nor_in_the_type_of_an_iam_resource(resource: str) -> None:
    with pytest.raises(MalformedPolicyDocument, match=r"Resource vendor must be fully|IAM resource path must either"):
        covers(resource, "arn:aws:s3:::b")


def test_r43_s3_buckets_and_objects_have_arns_of_their_own() -> None:
    bucket, item = "arn:aws:s3:::b", "arn:aws:s3:::b/k"
    assert not covers("arn:aws:s3:::b/*", bucket, "s3:ListBucket")
    assert not covers(bucket, item)
    assert covers("arn:aws:s3:::b*", bucket, "s3:ListBucket")
    assert covers("arn:aws:s3:::b*", item)
    assert covers("arn:aws:s3:::*", bucket, "s3:ListBucket")
    assert covers("arn:aws:s3:::*", item)


def test_r44_s3_arns_carry_no_region_and_their_owner_comes_from_the_request() -> None:
    with pytest.raises(MalformedPolicyDocument, match=r"Resource arn:aws:s3:us-east-1::b can not contain region"):
        covers("arn:aws:s3:us-east-1::b", "arn:aws:s3:::b")
    assert Request("s3:GetObject", "arn:aws:s3:::b/k", principal=USER).resource_account == "123456789012"
    owned = Request("s3:GetObject", "arn:aws:s3:::b/k", principal=USER, resource_account="999988887777")
    assert owned.cross_account


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("s3:ListAllMyBuckets", "arn:aws:s3:::b"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("dynamodb:ListTables", TABLE),
        ("kms:ListKeys", KEY),
        ("kms:ListAliases", KEY),
        ("kms:CreateKey", KEY),
    ],
)
def test_r45_a_specific_arn_never_matches_an_action_without_resources(action: str, arn: str) -> None:
    assert not covers(arn, "*", action)
    assert not covers(arn, arn, action)
    assert covers("*", arn, action)


def test_r46_a_table_does_not_cover_its_indexes_and_streams() -> None:
    index = f"{TABLE}/index/i"
    assert not covers(TABLE, index, "dynamodb:Query")
    assert not covers(TABLE, f"{TABLE}/stream/2026", "dynamodb:GetRecords")
    assert covers(f"{TABLE}*", index, "dynamodb:Query")
    assert covers(f"{TABLE}/index/*", index, "dynamodb:Query")


def test_r47_the_use_of_a_key_is_authorised_on_the_key_never_on_an_alias() -> None:
    alias = "arn:aws:kms:us-east-1:123456789012:alias/x"
    assert not covers(alias, KEY, "kms:Decrypt")
    assert not covers(alias, alias, "kms:Decrypt")
    assert covers("arn:aws:kms:*:123456789012:key/*", alias, "kms:Decrypt")
    for action in ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"):
        assert covers(alias, alias, action)


def test_r48_wildcards_in_regions_and_partitions_that_matter() -> None:
    assert covers("arn:aws:kms:us-*:123456789012:key/*", KEY, "kms:Decrypt")
    assert not covers("arn:aws:kms:eu-*:123456789012:key/*", KEY, "kms:Decrypt")
    assert not covers("arn:aws-cn:kms:us-*:123456789012:key/*", KEY, "kms:Decrypt")
