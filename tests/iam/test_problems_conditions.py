"""Every problem of a Condition in whole: where, in which words, and what to write instead (R53, R60 to R64)."""

from __future__ import annotations

import pytest
from policy_problems import NO_VARIABLES, STATEMENT, SYNTAX, VARIABLE, VENDOR, WARNING, written

from tfproof.iam import validate

OPERATORS = "an ARN pattern has six parts, compared one by one (arn:aws:sns:*:*:*), or is *"
ONE_VALUE = "a condition value is a text, a number or a boolean, or a list of them"


NAMES = (
    "ArnEquals, ArnLike, ArnNotEquals, ArnNotLike, BinaryEquals, Bool, DateEquals, DateGreaterThan, "
    "DateGreaterThanEquals, DateLessThan, DateLessThanEquals, DateNotEquals, IpAddress, NotIpAddress, Null, "
    "NumericEquals, NumericGreaterThan, NumericGreaterThanEquals, NumericLessThan, NumericLessThanEquals, "
    "NumericNotEquals, StringEquals, StringEqualsIgnoreCase, StringLike, StringNotEquals, StringNotEqualsIgnoreCase, "
    "StringNotLike"
)


@pytest.mark.parametrize(
    ("condition", "problems"),
    [
        ([], [("Condition", SYNTAX, 'a condition is an object: {"StringEquals": {"aws:username": "bob"}}')]),
        (
            {"StringEqual": {"a:k": "x"}},
            [
                ("Condition.StringEqual:", SYNTAX, "no such operator 'StringEqual': did you mean StringEquals?"),
            ],
        ),
        (
            {"StringEqualIfExists": {"a:k": "x"}},
            [
                (
                    "Condition.StringEqualIfExists:",
                    SYNTAX,
                    "no such operator 'StringEqualIfExists': did you mean StringEquals?",
                ),
            ],
        ),
        (
            {"ForAnyValue:BoolsIFEXISTS": {"a:k": "x"}},
            [
                (
                    "Condition.ForAnyValue:BoolsIFEXISTS:",
                    SYNTAX,
                    "no such operator 'ForAnyValue:BoolsIFEXISTS': did you mean Bool?",
                ),
            ],
        ),
        (
            {"FORALLVALUES:StringEqual": {"a:k": "x"}},
            [
                (
                    "Condition.FORALLVALUES:StringEqual:",
                    SYNTAX,
                    "no such operator 'FORALLVALUES:StringEqual': did you mean StringEquals?",
                ),
            ],
        ),
        ({7: {"a:k": "x"}}, [("Condition.7:", SYNTAX, f"no such operator '7': known: {NAMES}")]),
        (
            {"ForSome:StringEquals": {"a:k": "x"}},
            [
                (
                    "Condition.ForSome:StringEquals:",
                    SYNTAX,
                    "no such set operator 'ForSome': ForAllValues and ForAnyValue are",
                ),
            ],
        ),
        (
            {"ForAllValues:Null": {"a:k": "true"}},
            [
                (
                    "Condition.ForAllValues:Null:",
                    SYNTAX,
                    "Null takes neither a set operator nor IfExists: it asks itself whether the key is there",
                ),
            ],
        ),
        (
            {"NULLifexists": {"a:k": "true"}},
            [
                (
                    "Condition.NULLifexists:",
                    SYNTAX,
                    "Null takes neither a set operator nor IfExists: it asks itself whether the key is there",
                ),
            ],
        ),
        (
            {"Bool": "x", "StringLike": {"a:k": "*"}, "ArnLike": {}},
            [
                ("Condition.Bool", SYNTAX, "Bool takes an object of keys and values"),
                ("Condition.ArnLike", SYNTAX, "ArnLike takes an object of keys and values"),
            ],
        ),
        ({"Bool": {"": "true"}}, [("Condition.Bool.:", SYNTAX, "a condition key has a name")]),
        (
            {"Bool": {"mfa": "maybe", "a:k": "no"}},
            [
                (
                    "Condition.Bool.mfa:",
                    VENDOR,
                    "'mfa': condition keys read service:name, such as aws:SourceIp",
                    WARNING,
                ),
                ("Condition.Bool.mfa", SYNTAX, "'maybe' is no value for Bool"),
                ("Condition.Bool.a:k", SYNTAX, "'no' is no value for Bool"),
            ],
        ),
        (
            {"StringEquals": {"a:k": []}},
            [
                (
                    "Condition.StringEquals.a:k",
                    "Empty list of condition values.",
                    "an empty list never matches (its negation always does): write a value",
                    WARNING,
                ),
            ],
        ),
        (
            {"StringEquals": {"a:k": ["x", None, {}], "a:l": None}},
            [
                ("Condition.StringEquals.a:k.1", SYNTAX, ONE_VALUE),
                ("Condition.StringEquals.a:k.2", SYNTAX, ONE_VALUE),
                ("Condition.StringEquals.a:l", SYNTAX, ONE_VALUE),
            ],
        ),
        (
            {"Null": {"a:k": ["TRUE", "maybe", False]}},
            [
                ("Condition.Null.a:k.1", SYNTAX, '\'maybe\': Null takes "true" (missing) or "false" (present)'),
            ],
        ),
        (
            {"ForAllValues:NumericEqualsIfExists": {"a:k": "${a:b}"}},
            [
                (
                    "Condition.ForAllValues:NumericEqualsIfExists.a:k",
                    SYNTAX,
                    "'${a:b}' is no value for NumericEquals; policy variables work in String and Arn operators only",
                ),
            ],
        ),
        (
            {"DateLessThan": {"a:k": ["2026", "x"]}},
            [("Condition.DateLessThan.a:k.1", SYNTAX, "'x' is no value for DateLessThan")],
        ),
        ({"StringLike": {"a:k": "x${a"}}, [("Condition.StringLike.a:k", SYNTAX, f"'${{a' {VARIABLE}")]),
        (
            {"ArnLike": {"a:k": "arn:aws:sns:*:t"}},
            [("Condition.ArnLike.a:k", SYNTAX, f"'arn:aws:sns:*:t': {OPERATORS}")],
        ),
        (
            {"ArnNotEquals": {"a:k": ["arn:${a:b", "*"]}},
            [("Condition.ArnNotEquals.a:k.0", SYNTAX, f"'${{a:b' {VARIABLE}")],
        ),
        ({"ArnEquals": {"a:k": ["${a:b}", "*", "arn:aws:s3:::b", "arn:*:*:*:*:*"]}}, []),
        ({"ArnEquals": {"a:k": "arn:${*}:b"}}, [("Condition.ArnEquals.a:k", SYNTAX, f"'arn:${{*}}:b': {OPERATORS}")]),
        ({"NumericEquals": {"a:k": [1, 2.5, "3"]}, "bool": {"a:k": True}, "IpAddress": {"a:k": "::1/64"}}, []),
    ],
)
def test_conditions(condition: object, problems: list[tuple[str, ...]]) -> None:
    found = validate({"Version": "2012-10-17", "Statement": [{**STATEMENT, "Condition": condition}]})
    assert [written(problem) for problem in found] == problems


def test_old_versions_know_no_variables() -> None:
    """R64: what would be a broken variable is text, and what would be one is too."""
    condition = {"StringLike": {"a:k": "${a"}, "ArnLike": {"a:k": ["arn:aws:s3:::${a", "${a:b}"]}}
    statement = {**STATEMENT, "Condition": condition, "Resource": ["arn:aws:s3:::${a", "arn:aws:sns:x:${a:b}:t"]}
    found = validate({"Version": "2008-10-17", "Statement": [statement]}, "session")
    assert [written(problem) for problem in found] == [
        ("Version", NO_VARIABLES, "${...} is plain text without Version 2012-10-17", WARNING),
        ("Condition.ArnLike.a:k.1", SYNTAX, f"'${{a:b}}': {OPERATORS}"),
    ]
