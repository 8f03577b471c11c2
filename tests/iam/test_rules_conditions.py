"""R49 to R76: conditions, variables, keys. Each test is named after what its rule says.

R55 (ForAnyValue with IfExists and no key) is unspecified and has no test; docs/iam-fidelity.md says what we do.
"""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.iam import Request, evaluate, principal_context, validate

OBJECT = "arn:aws:s3:::b/home/bob/k"


def holds(condition: dict[str, Any], *, version: str = "2012-10-17", **context: Any) -> bool:
    """Whether a condition holds; `__` in a keyword stands for a colon."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    policy = {"Version": version, "Statement": statement}
    return bool(evaluate([policy], Request("s3:GetObject", OBJECT, context=keys)))


def one(operator: str, values: object, held: Any = None) -> bool:
    """Whether one operator on one key holds; None leaves the key out."""
    context: dict[str, Any] = {} if held is None else {"a__k": held}
    return holds({operator: {"a:k": values}}, **context)


def in_resource(resource: str, *, version: str | None = "2012-10-17", **context: Any) -> bool:
    policy: dict[str, Any] = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": resource}}
    if version:
        policy["Version"] = version
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return bool(evaluate([policy], Request("s3:GetObject", OBJECT, context=keys)))


def test_r49_operators_and_keys_are_anded_values_ored_negated_values_nored() -> None:
    both = {"StringEquals": {"a:k": ["x", "y"], "a:l": "z"}, "Bool": {"a:b": "true"}}
    assert holds(both, a__k="y", a__l="z", a__b="true")
    assert not holds(both, a__k="y", a__l="q", a__b="true")
    assert not holds(both, a__k="y", a__l="z", a__b="false")
    assert not one("StringNotEquals", ["x", "us-east-1"], "us-east-1")
    assert one("StringNotEquals", ["x", "us-east-1"], "us-west-2")


def test_r50_key_and_operator_names_are_case_insensitive_values_are_not() -> None:
    assert holds({"stringequals": {"AWS:requestedREGION": "us-east-1"}}, aws__RequestedRegion="us-east-1")
    assert holds({"FORALLVALUES:stringlikeIFEXISTS": {"a:k": "x*"}}, a__K=["xy"])
    assert not holds({"StringEquals": {"aws:RequestedRegion": "US-east-1"}}, aws__RequestedRegion="us-east-1")
    assert not holds({"StringEquals": {"aws:Requested": "us-east-1"}}, aws__RequestedRegion="us-east-1")
    assert one("StringEqualsIgnoreCase", "ABC", "abc")
    assert not one("StringNotEqualsIgnoreCase", "ABC", "abc")


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringNotEquals", "x"),
        ("StringNotLike", "x*"),
        ("StringNotEqualsIgnoreCase", "x"),
        ("NotIpAddress", "10.0.0.0/8"),
        ("ArnNotLike", "arn:aws:s3:::*"),
        ("ArnNotEquals", "arn:aws:s3:::b"),
        ("NumericNotEquals", "5"),
        ("DateNotEquals", "2026-01-01"),
    ],
)
def test_r51_a_missing_key_fails_a_positive_operator_and_passes_its_negation(operator: str, value: str) -> None:
    assert one(operator, value)
    assert not one(operator.replace("Not", ""), value)


def test_r52_if_exists_passes_a_missing_key_and_is_normal_for_a_present_one() -> None:
    assert not one("Bool", "false")
    assert one("BoolIfExists", "false")
    assert one("BoolIfExists", "false", "false")
    assert not one("BoolIfExists", "false", "true")
    assert not one("StringNotEqualsIfExists", "x", "x")


def test_r53_null_true_matches_missing_and_false_present() -> None:
    assert one("Null", "true")
    assert not one("Null", "false")
    assert one("Null", "false", "x")
    assert not one("Null", ["true"], "x")
    guard = {"Null": {"a:k": "false"}, "ForAllValues:StringEquals": {"a:k": "x"}}
    assert holds(guard, a__k=["x"])
    assert not holds(guard)
    assert not holds(guard, a__k=[])
    assert validate(_policy({"NullIfExists": {"a:k": "true"}}))


def test_r54_for_all_values_holds_for_nothing_for_any_value_does_not() -> None:
    empty: list[str] = []
    for missing in (None, empty):
        assert one("ForAllValues:StringEquals", ["x"], missing)
        assert not one("ForAnyValue:StringEquals", ["x"], missing)
    assert one("ForAllValues:StringEquals", ["x", "y"], ["x", "x"])
    assert not one("ForAllValues:StringEquals", ["x", "y"], ["x", "z"])
    assert one("ForAnyValue:StringLike", ["x*"], ["z", "xy"])
    assert not one("ForAnyValue:StringLike", ["x*"], ["z"])
    assert one("ForAnyValue:StringNotEquals", ["x"], ["x", "z"])
    assert not one("ForAllValues:StringNotEquals", ["x"], ["x", "z"])


def test_r56_several_values_without_a_set_operator_do_not_match() -> None:
    assert not one("StringEquals", ["x"], ["x"])
    assert not one("StringNotEquals", ["x"], ["z"])


def test_r57_one_value_under_a_set_operator_is_a_list_of_one() -> None:
    assert one("ForAllValues:StringEquals", ["x"], "x")
    assert one("ForAnyValue:StringEquals", ["x"], "x")
    assert not one("ForAllValues:StringEquals", ["x"], "z")


def test_r58_string_equals_has_no_wildcards_string_like_has_and_escapes_are_literal() -> None:
    assert not one("StringEquals", "x*", "xy")
    assert one("StringEquals", "x*", "x*")
    assert one("StringLike", "x*", "xy")
    assert not one("StringLike", "X*", "xy")
    assert one("StringLike", "x?z", "xyz")
    for escape, sign in (("${*}", "*"), ("${?}", "?"), ("${$}", "$")):
        assert one("StringLike", f"a{escape}b", f"a{sign}b")
        assert not one("StringLike", f"a{escape}b", "axb")


def test_r59_arn_equals_is_arn_like_and_so_are_their_negations() -> None:
    for operator in ("ArnEquals", "ArnLike"):
        assert one(operator, "arn:aws:s3:::b*", "arn:aws:s3:::bc")
        assert not one(operator, "arn:aws:s3:::b*", "arn:aws:s3:::c")
        assert not one(operator.replace("Arn", "ArnNot"), "arn:aws:s3:::b*", "arn:aws:s3:::bc")


def test_a_value_that_is_no_arn_matches_no_arn_pattern() -> None:
    for held in ("b", "arn:aws:s3", "arn:aws:s3::b", ""):
        assert not one("ArnLike", "arn:aws:s3:::*", held)
        assert not one("ArnLike", "*", held)
        assert one("ArnNotLike", "arn:aws:s3:::*", held)
    assert one("ArnLike", "*", "arn:aws:s3:::b")
    assert holds({"ArnLike": {"a:k": "${a:l}"}}, a__k="arn:aws:s3:::b:c", a__l="arn:aws:s3:::b:c")
    assert not holds({"ArnLike": {"a:k": "${a:l}"}}, a__k="arn:aws:s3:::b", a__l="b")


def test_r60_numbers_and_dates_are_compared_by_value() -> None:
    assert one("NumericEquals", "10", "10.0")
    assert one("NumericLessThan", "100", "9")
    assert one("NumericGreaterThanEquals", "1.2", "1.20")
    for operator in ("NumericEquals", "NumericNotEquals", "NumericLessThan"):
        assert not one(operator, "10", "10abc")
    epoch, iso, offset = "1768471200", "2026-01-15T10:00:00Z", "2026-01-15T12:00:00+02:00"
    for left in (epoch, iso, offset):
        for right in (epoch, iso, offset):
            assert one("DateEquals", left, right)
    assert one("DateLessThan", "2026-01-16", iso)
    assert one("DateLessThan", f"{epoch}.5", epoch)
    assert one("DateGreaterThan", "-1", "1970-01-01")
    for huge in ("1e999999", "9" * 5000):
        assert not one("DateGreaterThan", iso, huge)
        assert one("NumericGreaterThan", "5", huge)
    assert one("DateGreaterThan", "2026", iso)
    assert holds({"NumericLessThan": {"aws:EpochTime": "1768471201"}}, aws__EpochTime=epoch)
    assert holds({"DateLessThan": {"aws:EpochTime": "2026-01-15T10:00:01Z"}}, aws__EpochTime=epoch)


def test_r61_addresses_are_compared_by_value_and_versions_never_match() -> None:
    assert one("IpAddress", "203.0.113.7", "203.0.113.7")
    assert not one("IpAddress", "203.0.113.7", "203.0.113.8")
    assert one("IpAddress", "0.0.0.0/0", "203.0.113.7")
    assert not one("IpAddress", "0.0.0.0/0", "2001:db8::1")
    assert one("NotIpAddress", "0.0.0.0/0", "2001:db8::1")
    assert one("IpAddress", "2001:db8::1", "2001:0db8:0:0::0001")
    assert one("IpAddress", "10.1.2.3/8", "10.9.9.9")
    assert not one("IpAddress", "::/0", "10.9.9.9")


def test_r62_booleans_in_any_case_and_unquoted_values() -> None:
    assert one("Bool", "TRUE", "true")
    assert one("Bool", True, "True")
    assert one("NumericLessThan", 5, "4")
    assert holds({"Bool": {"a:k": False}}, a__k=False)
    text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",'
    text += '"Condition":{"Bool":{"a:k":true},"NumericEquals":{"a:n":5.0}}}}'
    assert evaluate([text], Request("s3:GetObject", context={"a:k": "true", "a:n": 5}))


def test_r63_binary_compares_decoded_bytes() -> None:
    assert one("BinaryEquals", "QmluYXJ5", "QmluYXJ5")
    assert one("BinaryEquals", "QQ==", "QR==")  # other letters, the same byte
    assert not one("BinaryEquals", "QmluYXJ5", "Binary")


def test_r64_variables_need_version_2012_and_a_single_value_and_stand_in_the_resource_part() -> None:
    home = "arn:aws:s3:::b/home/${aws:username}/*"
    assert in_resource(home, aws__username="bob")
    assert not in_resource(home, aws__username="eve")
    assert not in_resource(home, aws__username=["bob"])
    assert not in_resource(home, version=None, aws__username="bob")
    assert not in_resource(home, version="2008-10-17", aws__username="bob")
    literal = "arn:aws:sns:${aws:username}:1:t"
    assert [problem.severity for problem in validate(_policy({}, literal))] == ["warning"]
    policies = [_policy({}, literal)]
    asked = {"aws:username": "x"}
    assert not evaluate(policies, Request("sns:Publish", "arn:aws:sns:x:1:t", context=asked))
    old = {"StringEquals": {"a:k": "${aws:username}"}}
    assert holds(old, a__k="bob", aws__username="bob")
    assert holds(old, version="2008-10-17", a__k="${aws:username}", aws__username="bob")
    assert validate(_policy({"NumericEquals": {"a:k": "${aws:username}"}}))


def test_r65_a_variable_without_value_matches_nothing_and_its_negation_holds() -> None:
    home = "arn:aws:s3:::b/home/${aws:username}/*"
    assert not in_resource(home)
    variable = "${aws:username}"
    for operator in ("StringEquals", "StringLike"):
        assert not one(operator, variable, "x")
        assert one(operator.replace("String", "StringNot"), variable, "x")
    with_default = "${aws:PrincipalTag/team, 'company-wide'}"
    assert one("StringEquals", with_default, "company-wide")
    assert in_resource("arn:aws:s3:::b/home/${aws:PrincipalTag/team, 'bob'}/k")
    assert not in_resource("arn:aws:s3:::b/home/${aws:PrincipalTag/team, 'bob'}/k", **{"aws__PrincipalTag/team": "x"})


def test_r66_a_variables_value_is_literal() -> None:
    assert not in_resource("arn:aws:s3:::b/home/${aws:username}/k", aws__username="*")
    assert not holds({"StringLike": {"a:k": "${a:tag}"}}, a__k="xyz", a__tag="x*")
    assert holds({"StringLike": {"a:k": "${a:tag}"}}, a__k="x*", a__tag="x*")


def test_r67_present_but_empty_differs_from_missing() -> None:
    assert holds({"StringEquals": {"s3:prefix": ["", "home/"]}}, s3__prefix="")
    assert not holds({"StringEquals": {"s3:prefix": ["", "home/"]}})
    assert holds({"Null": {"s3:prefix": "false"}}, s3__prefix="")


def test_r68_an_empty_list_of_values_never_matches_and_its_negation_always_does() -> None:
    assert not one("StringEquals", [], "x")
    assert one("StringNotEquals", [], "x")
    (problem,) = validate(_policy({"StringEquals": {"a:k": []}}))
    assert problem.severity == "warning"


def test_r69_a_request_without_prefix_lacks_the_key() -> None:
    assert not holds({"StringLike": {"s3:prefix": "*"}})


def test_r70_denying_other_encryption_also_denies_a_missing_header() -> None:
    header = "s3:x-amz-server-side-encryption"
    other = {"StringNotEquals": {header: "aws:kms"}}
    assert holds(other)
    assert holds(other, **{header.replace(":", "__"): "AES256"})
    assert not holds(other, **{header.replace(":", "__"): "aws:kms"})
    assert holds({"Null": {header: "true"}})
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    assert holds({"ArnEquals": {f"{header}-aws-kms-key-id": key}}, **{f"{header}-aws-kms-key-id": key})


def test_r71_secure_transport_is_absent_unless_supplied() -> None:
    assert not holds({"Bool": {"aws:SecureTransport": "false"}})
    assert holds({"Bool": {"aws:SecureTransport": "false"}}, aws__SecureTransport="false")


def test_r72_encryption_context_names_may_hold_colons() -> None:
    key = "kms:EncryptionContext:aws:s3:arn"
    assert holds({"StringEquals": {key: "arn:aws:s3:::b"}}, **{key: "arn:aws:s3:::b"})
    assert not holds({"StringEquals": {key: "arn:aws:s3:::b"}}, **{"kms:EncryptionContext:aws:s3": "arn:aws:s3:::b"})
    keys = {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "aws:s3:arn"}}
    assert holds(keys, kms__EncryptionContextKeys=["app", "aws:s3:arn"])


def test_r73_leading_keys_are_a_list() -> None:
    own_rows = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    assert holds(own_rows, dynamodb__LeadingKeys=["bob"], aws__username="bob")
    assert not holds(own_rows, dynamodb__LeadingKeys=["bob", "eve"], aws__username="bob")


SESSION = "arn:aws:sts::123456789012:assumed-role/app/run"
BOB = "arn:aws:iam::123456789012:user/team/bob"
FEDERATED = "arn:aws:sts::123456789012:federated-user/f"
IN_ACCOUNT = {"aws:PrincipalAccount": "123456789012"}


@pytest.mark.parametrize(
    ("principal", "more", "expected"),
    [
        (
            SESSION,
            {"unique_id": "AROAX"},
            {
                "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app",
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": "AROAX:run",
            },
        ),
        (
            BOB,
            {"unique_id": "AIDAX", "tags": {"team": "core", "Env": "prod"}},
            {
                "aws:PrincipalArn": BOB,
                "aws:PrincipalType": "User",
                "aws:username": "bob",
                "aws:userid": "AIDAX",
                "aws:PrincipalTag/team": "core",
                "aws:PrincipalTag/Env": "prod",
            },
        ),
        (BOB, {}, {"aws:PrincipalArn": BOB, "aws:PrincipalType": "User", "aws:username": "bob"}),
        (
            "arn:aws:iam::123456789012:role/path/app",
            {"unique_id": "AROAX"},
            {
                "aws:PrincipalArn": "arn:aws:iam::123456789012:role/path/app",
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": "AROAX",
            },
        ),
        (
            "arn:aws:iam::123456789012:root",
            {"unique_id": "123456789012"},
            {
                "aws:PrincipalArn": "arn:aws:iam::123456789012:root",
                "aws:PrincipalType": "Account",
                "aws:userid": "123456789012",
            },
        ),
        (
            FEDERATED,
            {"unique_id": "unused"},
            {"aws:PrincipalArn": FEDERATED, "aws:PrincipalType": "FederatedUser", "aws:userid": "123456789012:f"},
        ),
    ],
)
def test_r74_the_keys_of_a_principal(principal: str, more: dict[str, Any], expected: dict[str, str]) -> None:
    """An assumed role's principal ARN is the role's, and it has no user name."""
    assert principal_context(principal, **more) == IN_ACCOUNT | expected


def test_groups_and_services_have_none_of_the_keys() -> None:
    assert principal_context("arn:aws:iam::123456789012:group/devs", unique_id="AGPAX") == {}
    assert principal_context("logs.amazonaws.com") == {}


def test_r75_tags_are_keys_of_their_own() -> None:
    for key in ("aws:PrincipalTag/team", "aws:ResourceTag/Team", "aws:RequestTag/t", "s3:ExistingObjectTag/env"):
        assert holds({"StringEquals": {key: "core"}}, **{key: "core"})
        assert not holds({"StringEquals": {key: "core"}}, **{f"{key}x": "core"})
    assert holds({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, aws__TagKeys=["a"])


def test_r76_keys_are_not_filtered_by_action() -> None:
    assert holds({"StringEquals": {"kms:EncryptionContext:app": "x"}}, **{"kms:EncryptionContext:app": "x"})
    assert holds({"StringEquals": {"s3:prefix": "x"}}, s3__prefix="x")  # on s3:GetObject, which never sends it


def _policy(condition: dict[str, Any], resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "*", "Resource": resource, "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}
