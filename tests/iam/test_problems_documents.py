"""Every problem of a document in whole, the order of problems and their places (R77, R79, R80), and the quotas."""

from __future__ import annotations

import json
from typing import Any

import pytest
from policy_problems import STATEMENT, SYNTAX, TRUST_STATEMENT, VENDOR, WARNING, WRITE_ACTION, written

from tfproof.iam import Document, MalformedPolicyDocument, PolicySet, validate

TOO_OLD = "Policy document must be version 2012-10-17 or greater."
REFUSED = "the simulator takes it, CreatePolicy and Put*Policy refuse it"
NO_STATEMENT = "Missing required field Statement"
NEEDS = 'a policy needs "Statement": [{...}]'
AT_LEAST = "give at least one statement"
FORM = "Statement is one object or a list of objects"
V = {"Version": "2012-10-17"}
TEXT = json.dumps(V | {"Statement": [STATEMENT]})
UNIQUE = "Statement IDs (SID) in a single policy must be unique."
SAME = "must not contain multiple instances of the same key"
JSON_ONLY = "a policy must be valid JSON and the first byte must be '{'"


@pytest.mark.parametrize(
    ("source", "kind", "problems"),
    [
        ({"Statement": STATEMENT}, "identity", [("", TOO_OLD, REFUSED, WARNING)]),
        ({"Statement": STATEMENT}, "boundary", [("", TOO_OLD, REFUSED, WARNING)]),
        ({"Statement": STATEMENT}, "session", []),
        ({"Statement": STATEMENT}, "scp", []),
        ({"Version": "2008-10-17", "Statement": STATEMENT}, "identity", [("Version", TOO_OLD, REFUSED, WARNING)]),
        (
            {"Version": "2012", "Statement": STATEMENT},
            "identity",
            [
                ("Version", SYNTAX, "Version is '2012'; write 2012-10-17 (or 2008-10-17)"),
            ],
        ),
        (V | {"Id": 7, "Statement": STATEMENT}, "identity", [("Id", SYNTAX, "Id is a text")]),
        (V | {"Id": "x", "Statement": (STATEMENT,)}, "identity", []),
        (
            V | {"id": "x", "Statement": [STATEMENT]},
            "identity",
            [
                ("id:", SYNTAX, "no such element 'id': names are case-sensitive: write Id"),
            ],
        ),
        (
            V | {"Statements": [], "Statement": [STATEMENT]},
            "identity",
            [
                ("Statements:", SYNTAX, "no such element 'Statements': did you mean Statement?"),
            ],
        ),
        (V, "identity", [("", SYNTAX, NEEDS)]),
        (V, "resource", [("", NO_STATEMENT, NEEDS)]),
        (V | {"Statement": []}, "trust", [("", SYNTAX, AT_LEAST)]),
        (V | {"Statement": []}, "resource", [("", NO_STATEMENT, AT_LEAST)]),
        (V | {"Statement": {}}, "identity", [("", SYNTAX, FORM)]),
        (V | {"Statement": "x"}, "resource", [("", SYNTAX, FORM)]),
        (
            V | {"Statement": [7, STATEMENT | {"Sid": 7}]},
            "identity",
            [("", SYNTAX, "a statement is an object"), ("Sid", SYNTAX, "Sid is a text")],
        ),
        (V | {"Statement": [STATEMENT, 7]}, "identity", [("", SYNTAX, "a statement is an object")]),
        (
            V | {"Statement": [STATEMENT | {"Sid": sid} for sid in ("A", "B", "A", "", "", "A")]},
            "identity",
            [("Sid", UNIQUE, "'A' is also statement 1's"), ("Sid", UNIQUE, "'A' is also statement 1's")],
        ),
        (
            TEXT.replace('"Effect"', '"Effect": "Deny", "Effect"'),
            "identity",
            [
                ("Effect:", SAME, "'Effect' stands more than once; AWS keeps one"),
            ],
        ),
        (
            TEXT.replace('"Version"', '"Id": "a", "Id": "b", "Version"').replace(
                '"*"}', '"*", "Condition": {"Bool": {"a:k": "true", "a:k": "true"}}}'
            ),
            "identity",
            [
                ("Id:", SAME, "'Id' stands more than once; AWS keeps one"),
                ("Condition.Bool.a:k:", SAME, "'a:k' stands more than once; AWS keeps one"),
            ],
        ),
        (
            TEXT.replace("GetObject", "Get\u20acObject"),
            "scp",
            [
                (
                    "",
                    "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
                    "write '\u20ac' as a JSON escape (\\uXXXX)",
                ),
                (
                    "Action",
                    SYNTAX,
                    "'s3:Get\u20acObject': an action's name is letters, digits and the wildcards * and ?",
                ),
            ],
        ),
        (TEXT.replace("}]", '}],"Id":"\u00e9\u007f\u00ff"'), "scp", []),
        (TEXT + " " * (131_072 - len(TEXT)), "identity", []),
        (
            TEXT + " " * (131_073 - len(TEXT)),
            "session",
            [
                ("", "Member must have length less than or equal to 131072", "the text has 131073 characters"),
            ],
        ),
        ("[1]", "identity", [("", SYNTAX, "a policy is a JSON object ({...}); this is a list")]),
        ('"x"', "identity", [("", SYNTAX, "a policy is a JSON object ({...}); this is a string")]),
        ("true", "identity", [("", SYNTAX, "a policy is a JSON object ({...}); this is a boolean")]),
        ("null", "identity", [("", SYNTAX, "a policy is a JSON object ({...}); this is null")]),
        ("7", "identity", [("", SYNTAX, "a policy is a JSON object ({...}); this is a number")]),
        ("import", "identity", [("", SYNTAX, f"Expecting value; {JSON_ONLY}")]),
        ('{"a": NaN}', "identity", [("", SYNTAX, f"NaN is no JSON; {JSON_ONLY}")]),
        (
            '{"a": 1,}',
            "identity",
            [
                ("", SYNTAX, f"Expecting property name enclosed in double quotes; {JSON_ONLY}"),
            ],
        ),
        ("[" * 33, "identity", [("", SYNTAX, f"nested more than 32 deep; {JSON_ONLY}")]),
    ],
)
def test_documents(source: Any, kind: str, problems: list[tuple[str, ...]]) -> None:
    assert [written(problem) for problem in validate(source, kind)] == problems


@pytest.mark.parametrize(
    ("kind", "quota", "spaces"),
    [("identity", 6144, False), ("boundary", 6144, False), ("scp", 5120, True), ("trust", 2048, True)],
)
def test_quotas_count_white_space_where_aws_counts_it(kind: str, quota: int, spaces: bool) -> None:  # noqa: FBT001
    statement = STATEMENT if kind != "trust" else {"Effect": "Allow", **TRUST_STATEMENT}
    body = {name: value for name, value in statement.items() if value is not None}

    def padded(size: int) -> str:
        text = json.dumps(V | {"Id": "", "Statement": [body]}, separators=(",", ":"))
        return text.replace('"Id":""', f'"Id":"{"x" * (size - len(text))}"')

    assert validate(padded(quota), kind) == []
    found = [(problem.message, problem.remedy, problem.severity) for problem in validate(padded(quota + 1), kind)]
    told = f"{quota + 1} characters; the simulator takes it, AWS does not store it"
    assert found == [(f"Cannot exceed quota for PolicySize: {quota}", told, "warning")]
    assert bool(validate(padded(quota) + " \n", kind)) is spaces


def test_session_and_resource_policies_have_no_quota_here() -> None:
    statement = {**STATEMENT, "Resource": [f"arn:aws:s3:::b/{number:040}" for number in range(200)]}
    assert validate(V | {"Statement": [statement]}, "session") == []
    assert validate(V | {"Statement": [statement | {"Principal": "*"}]}, "resource") == []


def test_problems_come_in_the_order_of_the_document_with_their_places() -> None:
    text = (
        '{"Version": "2012-10-17", "statement": 1,\n "Statement": [\n  {"Effect": "allow", "Action": ["s3:*", "x"],\n'
        '   "Resource": "*", "Effects": 1, "Condition": {"Booly": {}, "Bool": {"a:k": ["true", "x"]}}}]}'
    )
    assert [str(problem) for problem in validate(text)] == [
        f"line 1, column 27: statement: {SYNTAX} (no such element 'statement': names are case-sensitive: write "
        "Statement)",
        f'line 3, column 14: Statement.0.Effect: {SYNTAX} (Effect is \'allow\'; write "Allow" or "Deny" exactly)',
        f"line 3, column 42: Statement.0.Action.1: {VENDOR} ('x': {WRITE_ACTION}, or *)",
        f"line 4, column 21: Statement.0.Effects: {SYNTAX} (no such element 'Effects': did you mean Effect?)",
        f"line 4, column 49: Statement.0.Condition.Booly: {SYNTAX} (no such operator 'Booly': did you mean Bool?)",
        f"line 4, column 87: Statement.0.Condition.Bool.a:k.1: {SYNTAX} ('x' is no value for Bool)",
    ]
    (problem,) = validate('{"Version": "2012-10-17"}')
    assert str(problem) == f"line 1, column 1: document: {SYNTAX} ({NEEDS})"


def test_what_is_refused_lists_twenty_faults_and_counts_the_rest() -> None:
    def refusal(count: int) -> MalformedPolicyDocument:
        statements = [STATEMENT | {"Effect": "x"}] * count + [STATEMENT | {"Resource": "arn:aws:sns:${a:b}:1:t"}]
        with pytest.raises(MalformedPolicyDocument) as refused:
            PolicySet([Document(json.dumps(V | {"Statement": statements}), name="mine")])
        return refused.value

    fault = f'Statement.0.Effect: {SYNTAX} (Effect is \'x\'; write "Allow" or "Deny" exactly)'
    one = refusal(1)
    assert one.message == f"mine is no identity policy:\n  line 1, column 52: {fault}"
    assert (one.code, one.status, one.exit_code, len(one.problems)) == ("MalformedPolicyDocument", 400, 2, 1)
    assert (one.remedy, MalformedPolicyDocument("no", remedy="mend it").remedy) == ("", "mend it")
    second = fault.replace(".0.", ".1.")
    assert refusal(2).message.splitlines()[1:] == [f"  line 1, column 52: {fault}", f"  line 1, column 112: {second}"]
    assert refusal(20).message.count("\n") == 20
    assert refusal(21).message.endswith("\n  and 1 more")
    with pytest.raises(MalformedPolicyDocument) as refused:
        PolicySet(resource=V | {"Statement": [STATEMENT]})
    assert [problem.message for problem in refused.value.problems] == ["Missing required field Principal"]
    many = refusal(23)
    assert many.message.endswith("\n  and 3 more")
    assert (many.message.count("\n"), len(many.problems)) == (21, 23)
    assert all(problem.severity == "error" for problem in many.problems)
