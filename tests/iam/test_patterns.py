"""Wildcards against the textbook: every short pattern, and patterns of several segments on every short text (R35)."""

from __future__ import annotations

import itertools

import pytest

from tfproof.iam.patterns import ANY, ONE, Glob, Token


def tokens_of(pattern: str) -> list[Token]:
    return [ANY if sign == "*" else ONE if sign == "?" else sign for sign in pattern]


def naive(pattern: str, text: str) -> bool:
    """The first sign of each is compared, and both ways are tried where it is a `*`: slow, and obviously right."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return naive(pattern[1:], text) or (bool(text) and naive(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


def texts(most: int) -> list[str]:
    return ["".join(signs) for size in range(most + 1) for signs in itertools.product("ab", repeat=size)]


def test_every_short_pattern() -> None:
    for size in range(5):
        for signs in itertools.product("ab*?", repeat=size):
            pattern = "".join(signs)
            glob = Glob(tokens_of(pattern))
            assert [glob.match(text) for text in texts(4)] == [naive(pattern, text) for text in texts(4)], pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "*a?b*", "*ab?a*", "*a?bb*", "*a?ab?b*", "*?ab*b?*", "a*b?a*b", "*b?a?b*a", "*aa?b*", "*ab*ba*", "ab*ba",
        "a?*?a", "*?a?*", "*a?a?b*b?a*", "a?b*a?b", "*ab?b", "*a??b*", "*bb?a*ab*", "aab*b?a", "*aba*?b*",
    ],
)  # fmt: skip
def test_segments_are_looked_for_from_where_the_last_one_ended(pattern: str) -> None:
    glob = Glob(tokens_of(pattern))
    assert [text for text in texts(8) if glob.match(text)] == [text for text in texts(8) if naive(pattern, text)]


@pytest.mark.parametrize(
    ("tokens", "text", "matches"),
    [
        (["ab", "cd", ANY, "ef"], "abcd--ef", True),
        (["a", ONE, "b", "c"], "a-bc", True),
        (["a", ONE, "b", "c"], "a-b-c", False),
        (["x*", ANY], "x*y", True),
        (["x*", ANY], "xy", False),
        ([ANY, "abc", ONE, "d", ANY, "ef"], "--abcabc-d-ef", True),
        ([ANY, "a", ONE, "bcd", ANY], "bcda-bcd", True),
        ([ANY, "", "a", ANY, "", ANY], "bab", True),
        ([], "", True),
        ([], "a", False),
    ],
)
def test_literals_may_stand_side_by_side(tokens: list[Token], text: str, matches: bool) -> None:  # noqa: FBT001
    assert Glob(tokens).match(text) is matches
