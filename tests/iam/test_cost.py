"""Matching never backtracks: its cost is counted in steps, not in time."""

from __future__ import annotations

import itertools
import json
from typing import Any, SupportsIndex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfproof.iam import MalformedPolicyDocument, Request, evaluate, simulate_custom_policy, validate
from tfproof.iam.patterns import ANY, ONE, Glob, Token


class CountingText(str):
    """A text that counts the characters looked at: of a search what it passes over, of a comparison its length."""

    __slots__ = ("steps",)
    steps: int

    def find(self, sub: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        first, last = int(start or 0), len(self) if end is None else int(end)
        found = super().find(sub, first, last)
        self.steps += ((last if found < 0 else found) - first + 1) * max(1, len(sub))
        return found

    def startswith(self, prefix: Any, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> bool:
        self.steps += len(prefix)
        return super().startswith(prefix, start, end)


def tokens_of(pattern: str) -> list[Token]:
    return [ANY if sign == "*" else ONE if sign == "?" else sign for sign in pattern]


def steps(pattern: str, text: str) -> tuple[bool, int]:
    counted = CountingText(text)
    counted.steps = 0
    return Glob(tokens_of(pattern)).match(counted), counted.steps


def naive(pattern: str, text: str) -> bool:
    """The textbook table, row by row: slow, and obviously right."""
    row = [True] + [False] * len(text)
    for sign in pattern:
        above, row = row, [row[0] and sign == "*"]
        for index, character in enumerate(text):
            if sign == "*":
                row.append(row[index] or above[index + 1])
            else:
                row.append(above[index] and sign in ("?", character))
    return row[-1]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 50 + "*b", "a" * 2000),
        ("a*" * 500 + "b", "a" * 5000),
        ("*" * 5000 + "b", "a" * 5000),
        ("*?a" * 300 + "*b", "a" * 3000),
        ("*" + "a" * 500 + "?b*", "a" * 3000),
        ("*a?a?a?b*" * 20, "a" * 3000),
        ("?" * 1000 + "*" + "?" * 1000, "a" * 1999),
    ],
)
def test_the_cost_is_at_most_pattern_times_text(pattern: str, text: str) -> None:
    matched, cost = steps(pattern, text)
    assert not matched
    assert cost <= (len(pattern) + 1) * (len(text) + 1)


def test_doubling_a_pathological_pattern_and_text_at_most_quadruples_the_cost() -> None:
    costs = [steps("*a" * size + "*b", "a" * (20 * size) + "c")[1] for size in (50, 100, 200, 400)]
    assert all(after <= 4 * before + 100 for before, after in itertools.pairwise(costs))


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?", max_size=12), st.text("ab", max_size=14))
def test_patterns_match_what_the_textbook_says(pattern: str, text: str) -> None:
    matched, cost = steps(pattern, text)
    assert matched == naive(pattern, text)
    assert cost <= (len(pattern) + 1) * (len(text) + 1)


def test_every_short_pattern_matches_what_the_textbook_says() -> None:
    texts = ["".join(signs) for size in range(5) for signs in itertools.product("ab", repeat=size)]
    for size in range(6):
        for signs in itertools.product("ab*?", repeat=size):
            pattern = "".join(signs)
            glob = Glob(tokens_of(pattern))
            assert [glob.match(text) for text in texts] == [naive(pattern, text) for text in texts], pattern


def test_a_document_of_131072_characters_with_thousands_of_wildcards_is_decided() -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/" + "*a" * 60_000 + "b"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    text += " " * (131_072 - len(text))
    answer = simulate_custom_policy(
        PolicyInputList=[text], ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/" + "a" * 1024]
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


def test_a_long_document_of_many_patterns_is_decided() -> None:
    patterns = [f"arn:aws:s3:::b/{'*a' * 20}{number}" for number in range(2000)]
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": patterns}}
    held = Request("s3:GetObject", "arn:aws:s3:::b/" + "a" * 1000 + "1999")
    assert evaluate([json.dumps(policy)], held)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"Statement":[', '[{"a":['])
@pytest.mark.parametrize("depth", [33, 1_000, 20_000])
def test_deeply_nested_json_is_an_error_of_ours(opening: str, depth: int) -> None:
    (problem,) = validate(opening * depth)
    assert "nested more than 32 deep" in problem.remedy
    with pytest.raises(MalformedPolicyDocument, match="nested"):
        evaluate([opening * depth], Request("s3:GetObject"))


def test_deeply_nested_objects_are_an_error_of_ours() -> None:
    nested: Any = "x"
    for _ in range(5_000):
        nested = [nested]
    for policy in (
        {"Version": "2012-10-17", "Statement": nested},
        {"Statement": {"Effect": "Allow", "Condition": {"Bool": nested}}},
    ):
        with pytest.raises(MalformedPolicyDocument):
            evaluate([policy], Request("s3:GetObject"))


def test_odd_variables_cost_no_more_than_a_long_text() -> None:
    for odd in ("${ " + " " * 60_000 + "a" + " " * 50_000, "${" * 60_000, "${a,'" * 25_000, "${a," + " " * 120_000):
        value = "arn:aws:s3:::b/" + odd
        policy = json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": value}}
        )
        assert any("is no policy variable" in problem.remedy for problem in validate(policy))


def test_brackets_in_texts_are_not_nesting() -> None:
    assert validate(json.dumps({"Version": "2012-10-17", "Statement": {"Sid": "[" * 100, "Effect": "Allow"}}))
