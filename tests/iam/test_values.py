"""Values of policies: wildcards, variables and their defaults, and what they match (R41, R58, R59, R64 to R66)."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.iam import Request, evaluate
from tfproof.iam.conditions import compile_condition
from tfproof.iam.json_text import NumberText
from tfproof.iam.operators import OPERATORS
from tfproof.iam.policy import scalars, values_of
from tfproof.iam.templates import malformed_variable, split_template, variables_of


def pieces(text: str, *, variables: bool = True, wildcards: bool = True) -> list[str]:
    """The pieces of a value: text as it is, wildcards and variables in angle brackets."""
    found = split_template(text, variables=variables, wildcards=wildcards)
    return [piece if isinstance(piece, str) else f"<{getattr(piece, 'key', piece)}>" for piece in found]


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("abc", {}, ["abc"]),
        ("", {}, [""]),
        ("a*b?c", {}, ["a", "<*>", "b", "<?>", "c"]),
        ("**", {}, ["<*>", "<*>"]),
        ("a*b?", {"wildcards": False}, ["a*b?"]),
        ("x${aws:UserName}y", {}, ["x", "<aws:username>", "y"]),
        ("${a:b}${a:c}", {}, ["<a:b>", "<a:c>"]),
        ("x${a:b}*", {"wildcards": False}, ["x", "<a:b>", "*"]),
        ("x${a:b}*", {"variables": False}, ["x${a:b}", "<*>"]),
        ("${*}${?}${$}", {}, ["*?$"]),
        ("a${*}b*", {}, ["a*b", "<*>"]),
        ("${*}", {"variables": False}, ["${", "<*>", "}"]),
        ("a${b", {}, ["a${b"]),
        ("${}", {}, ["${}"]),
        ("${ }", {}, ["${ }"]),
        ("${a:b, 'x y'}", {}, ["<a:b>"]),
    ],
)
def test_r58_r64_the_pieces_of_a_value(text: str, given: dict[str, bool], expected: list[str]) -> None:
    assert pieces(text, **given) == expected


def test_r65_variables_with_their_names_and_defaults() -> None:
    found = variables_of("${aws:PrincipalTag/Team, 'all of us'} ${ a:b } ${*} ${a:c,'*'} ${x")
    assert [(one.key, one.name, one.default) for one in found] == [
        ("aws:principaltag/team", "aws:PrincipalTag/Team", "all of us"),
        ("a:b", "a:b", None),
        ("a:c", "a:c", "*"),
    ]
    assert variables_of("none") == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("a", None),
        ("${a:b}/${*}/${?}/${$}/${a:b, 'c'}", None),
        ("$a {b}", None),
        ("a${b", "${b"),
        ("${a:b}x${}y", "${}"),
        ("x${ }y", "${ }"),
        ("${a,b}", "${a,b}"),
        ("${a, 'b'x}${", "${a, 'b'x}"),
        ("${a:b}${c", "${c"),
        ("}${", "${"),
    ],
)
def test_malformed_variables(text: str, broken: str | None) -> None:
    assert malformed_variable(text) == broken


def holds(operator: str, values: object, **context: Any) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"a:key": values}}}
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    policy = {"Version": "2012-10-17", "Statement": statement}
    return bool(evaluate([policy], Request("s3:GetObject", "arn:aws:s3:::b", context=keys)))


@pytest.mark.parametrize(
    ("operator", "values", "context", "expected"),
    [
        ("StringLike", ["x", "y*", "*z"], {"a__key": "az"}, True),
        ("StringLike", ["x", "y*", "*z"], {"a__key": "ya"}, True),
        ("StringLike", ["x", "y*", "*z"], {"a__key": "x"}, True),
        ("StringLike", ["x", "y*", "*z"], {"a__key": "xa"}, False),
        ("StringLike", ["x", "*z"], {"a__key": "az"}, True),
        ("StringLike", ["x", "*z"], {"a__key": "ay"}, False),
        ("StringLike", ["x*", "y*"], {"a__key": "yx"}, True),
        ("StringLike", ["x*", "*"], {"a__key": ""}, True),
        ("StringLike", ["x?z", "a"], {"a__key": "xyz"}, True),
        ("StringLike", "x?", {"a__key": "x"}, False),
        ("StringLike", ["n", "x${a:v}*"], {"a__key": "xbob/1", "a__v": "bob"}, True),
        ("StringLike", "x${a:v}*", {"a__key": "xeve/1", "a__v": "bob"}, False),
        ("StringLike", "${a:v}?", {"a__key": "bobs", "a__v": "bob"}, True),
        ("StringLike", "${a:v}?", {"a__key": "bob", "a__v": "bob"}, False),
        ("StringLike", "*${a:v}", {"a__key": "xbob", "a__v": "bob"}, True),
        ("StringEquals", ["${a:none}", "${a:v}-${a:w}"], {"a__key": "1-2", "a__v": "1", "a__w": "2"}, True),
        ("StringEquals", ["x", "${a:v}"], {"a__key": "x"}, True),
        ("StringEquals", "${a:v, 'd'}", {"a__key": "d"}, True),
        ("StringEquals", "${a:v, 'd'}", {"a__key": "d", "a__v": ["e"]}, False),
        ("StringEquals", "a${a:v}", {"a__key": "a*", "a__v": "*"}, True),
        ("StringEqualsIgnoreCase", ["No", "X${a:v}Y"], {"a__key": "xBOBy", "a__v": "bob"}, True),
        ("StringEqualsIgnoreCase", "X${a:v}", {"a__key": "xbob", "a__v": "BoB"}, True),
        ("StringEqualsIgnoreCase", ["ABC", "D"], {"a__key": "abC"}, True),
        ("StringEqualsIgnoreCase", "A*", {"a__key": "ab"}, False),
        ("StringNotEqualsIgnoreCase", "ABC", {"a__key": "abd"}, True),
        ("ArnLike", "arn:aws:s3:::*", {"a__key": "arn:aws:s3:::b:c"}, True),
        ("ArnLike", "arn:aws:s3:::b:*", {"a__key": "arn:aws:s3:::b:c:d"}, True),
        ("ArnLike", "arn:aws:*:::b", {"a__key": "arn:aws:s3:::b"}, True),
        ("ArnLike", "arn:aws:s*:*:1?:t*", {"a__key": "arn:aws:sns:eu:12:topic"}, True),
        ("ArnLike", "arn:aws:s*:*:1?:t*", {"a__key": "arn:aws:sns:eu:1:topic"}, False),
        ("ArnLike", "arn:aws:sns::1:t", {"a__key": "arn:aws:sns:eu:1:t"}, False),
        ("ArnLike", "arn:aws:sns:eu:1:t", {"a__key": "arn:aws:sns::1:t"}, False),
        ("ArnLike", ["arn:aws:s3:::x", "arn:aws:s3:::${a:v}/*"], {"a__key": "arn:aws:s3:::bob/k", "a__v": "bob"}, True),
        ("ArnLike", ["${a:none}", "${a:v}"], {"a__key": "arn:aws:s3:::b", "a__v": "arn:aws:s3:::b"}, True),
        ("ArnLike", "${a:v}", {"a__key": "arn:aws:s3:::b", "a__v": "arn:aws:s3:::*"}, False),
        ("ArnLike", ["${a:w}", "${a:v}"], {"a__key": "arn:aws:s3:::b", "a__v": "arn:aws:s3:::b", "a__w": "b"}, True),
        ("ArnNotLike", "*", {"a__key": "arn:aws:s3:::b"}, False),
        ("ArnNotLike", "arn:aws:s3:::c", {"a__key": "arn:aws:s3:::b"}, True),
        ("Null", ["true", "false"], {"a__key": "x"}, True),
        ("Null", ["true", "false"], {}, True),
        ("Null", "TRUE", {"a__key": []}, True),
        ("StringEqualsIfExists", "x", {"a__key": []}, True),
        ("StringEquals", "x", {"a__key": []}, False),
        ("StringNotEquals", "x", {"a__key": []}, True),
        ("ForAllValues:StringEqualsIfExists", "x", {"a__key": ["x"]}, True),
        ("ForAllValues:StringEqualsIfExists", "x", {"a__key": ["y"]}, False),
        ("ForAnyValue:StringNotEquals", "x", {"a__key": "y"}, True),
        ("ForAnyValue:StringEquals", "bob", {"a__key": "bob"}, True),
        ("ForAllValues:StringEquals", "bob", {"a__key": "bob"}, True),
        ("ForAnyValue:StringEquals", "b", {"a__key": "bob"}, False),
        ("ForAnyValue:StringEquals", "${a:v}", {"a__key": "bob", "a__v": "bob"}, True),
        ("ForAllValues:StringEquals", "${a:v}", {"a__key": "bob", "a__v": "bob"}, True),
        ("ForAllValues:StringNotEquals", "${a:v}", {"a__key": ["bob"], "a__v": "bob"}, False),
    ],
)
def test_values_of_conditions(operator: str, values: object, context: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert holds(operator, values, **context) is expected


@pytest.mark.parametrize(
    ("resource", "asked", "covered"),
    [
        ("arn:aws:sns:eu:1:${a:v}", "arn:aws:sns:eu:1:bob", True),
        ("arn:aws:sns:eu:${a:v}:t", "arn:aws:sns:eu:bob:t", False),
        ("arn:aws:sns:eu:${a:v}:t", "arn:aws:sns:eu:${a:v}:t", True),
        ("arn:aws:sns:*:*:${a:v}/*", "arn:aws:sns:eu:1:bob/x", True),
        ("arn:aws:sns:eu:1:t:${a:v}", "arn:aws:sns:eu:1:t:bob", True),
        ("arn:aws:sns:eu:1:${a:v}:${A:V}", "arn:aws:sns:eu:1:bob:bob", True),
        ("arn:aws:sns:${a:v}:1:${a:v}", "arn:aws:sns:${a:v}:1:bob", True),
    ],
)
def test_r64_variables_in_resources(resource: str, asked: str, covered: bool) -> None:  # noqa: FBT001
    statement = {"Effect": "Allow", "Action": "*", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": statement}
    assert bool(evaluate([policy], Request("sns:Publish", asked, context={"a:v": "bob"}))) is covered


def test_an_operator_of_no_name_has_no_condition() -> None:
    with pytest.raises(KeyError, match="StringEqual"):
        compile_condition("StringEqual", "a:key", ["x"], variables=True)


def test_what_the_operators_know() -> None:
    """R51, R58, R59, R64: which negate, which take wildcards, and which take policy variables."""
    negated = {name for name, operator in OPERATORS.items() if operator.negated}
    wild = {operator.name for operator in OPERATORS.values() if operator.wildcards}
    variable = {operator.name for operator in OPERATORS.values() if operator.variables}
    assert negated == {name for name in OPERATORS if "not" in name}
    assert wild == {"StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"}
    ignoring_case = {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}
    assert variable == wild | ignoring_case | {"StringEquals", "StringNotEquals"}
    assert {name for name, operator in OPERATORS.items() if operator.reader is None} == {
        name.lower() for name in variable
    }


def test_values_as_texts() -> None:
    assert values_of("x") == ["x"]
    assert values_of(["x", 7, "y"]) == ["x", "y"]
    assert values_of(("x",)) == ["x"]
    assert values_of(None) == []
    assert scalars([True, False, 5, "x", NumberText("1.50")]) == ["true", "false", "5", "x", "1.50"]
    assert (scalars(True), scalars(("a",))) == (["true"], ["a"])
