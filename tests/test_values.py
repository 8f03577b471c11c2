"""Values that are not known yet, sensitive ones, and paths into them."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfproof.values import (
    UNKNOWN,
    AttributePathError,
    Sensitive,
    Unknown,
    UnknownValueError,
    at,
    parse_path,
    reveal,
)

SECRET = "hunter2-of-the-state"  # noqa: S105  # made up


# -- what is known only after apply ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda: UNKNOWN == 1,
        lambda: 1 == UNKNOWN,  # noqa: SIM300  # the order is the point
        lambda: UNKNOWN != 1,
        lambda: UNKNOWN == UNKNOWN,  # noqa: PLR0124
        lambda: bool(UNKNOWN),
        lambda: not UNKNOWN,
        lambda: UNKNOWN or 1,
        lambda: UNKNOWN in [1, 2],
        lambda: 1 in [0, UNKNOWN],
        lambda: UNKNOWN in {1, 2},
        lambda: UNKNOWN in {"a": 1},
        lambda: {"a": UNKNOWN} == {"a": 1},
        lambda: [UNKNOWN] == ["x"],
    ],
)
def test_unknown_refuses_every_question_whose_answer_would_be_a_guess(use: Callable[[], object]) -> None:
    with pytest.raises(UnknownValueError, match="known only after apply") as caught:
        use()
    assert "is UNKNOWN" in caught.value.remedy


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_unknown_is_one_object_after_pickling(protocol: int) -> None:
    assert pickle.loads(pickle.dumps({"a": [UNKNOWN]}, protocol))["a"][0] is UNKNOWN  # noqa: S301


def test_unknown_is_one_object_after_copying() -> None:
    assert copy.copy(UNKNOWN) is UNKNOWN
    assert copy.deepcopy({"a": [UNKNOWN]})["a"][0] is UNKNOWN
    assert isinstance(UNKNOWN, Unknown)


def test_unknown_says_what_it_is_and_is_no_json() -> None:
    assert f"{UNKNOWN}" == "(known after apply)"
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"a": UNKNOWN})


# -- sensitive values ------------------------------------------------------------------------------------------------


def test_sensitive_compares_by_value() -> None:
    assert Sensitive(SECRET) == SECRET
    assert SECRET == Sensitive(SECRET)  # noqa: SIM300
    assert Sensitive(SECRET) == Sensitive(SECRET)
    assert Sensitive(SECRET) != Sensitive("another")
    assert {"a": [Sensitive(1)]} == {"a": [1]}
    assert Sensitive({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        lambda value: f"{value}",
        lambda value: f"{value!r:>40}",
        lambda value: f"{value:^40}",
        "{}".format,
        "%s".__mod__,
        lambda value: repr({"a": [value]}),
        lambda value: json.dumps({"a": value}, default=str),
        lambda value: repr(copy.deepcopy([value])),
        lambda value: repr(dir(value)),
    ],
)
def test_sensitive_never_shows(show: Callable[[object], str]) -> None:
    shown = show(Sensitive(SECRET))

    assert SECRET not in shown
    assert show(Sensitive(Sensitive(SECRET))) == shown


def test_sensitive_refuses_to_be_json_and_does_not_tell_why_with_its_value() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"a": Sensitive(SECRET)})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_sensitive_is_dropped_by_pickling(protocol: int) -> None:
    pickled = pickle.dumps({"a": Sensitive(SECRET)}, protocol)

    assert SECRET.encode() not in pickled
    dropped = pickle.loads(pickled)["a"]  # noqa: S301
    assert dropped != SECRET
    assert dropped != Sensitive(SECRET)
    assert dropped == dropped  # noqa: PLR0124  # itself, and nothing else
    with pytest.raises(UnknownValueError, match="dropped"):
        dropped.reveal()


def test_sensitive_cannot_be_held_by_a_set_or_a_cache() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Sensitive(SECRET))


@pytest.mark.parametrize(
    "compare",
    [
        lambda: Sensitive(SECRET) == UNKNOWN,
        lambda: Sensitive({"a": SECRET}) == {"a": UNKNOWN},
        lambda: Sensitive({"a": SECRET}) == Sensitive({"a": UNKNOWN}),
        lambda: at({"a": Sensitive(SECRET)}, "a.b"),
        lambda: at({"a": Sensitive({SECRET: 1})}, "a.b"),
        lambda: at({"a": Sensitive([SECRET])}, "a[7]"),
        lambda: at({"a": {"b": Sensitive({"c": SECRET})}}, "a.b.c.d.e"),
    ],
)
def test_an_error_about_a_sensitive_value_does_not_tell_it_even_with_the_locals(compare: Callable[[], object]) -> None:
    with pytest.raises((UnknownValueError, AttributePathError)) as caught:
        compare()

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    told.stack[:] = [frame for frame in told.stack if frame.filename.endswith("tfproof/values.py")]
    assert told.stack
    assert SECRET not in "".join(told.format())


def test_sensitive_does_not_show_in_pytests_own_words(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        from tfproof.values import UNKNOWN, Sensitive, at

        FIRST, SECOND = Sensitive("".join(reversed({SECRET[::-1]!r}))), Sensitive(1)

        def test_equal():
            found = {{"a": FIRST, "b": 1}}
            assert found == {{"a": "expected", "b": 2}}

        def test_itself():
            assert FIRST == "expected"

        def test_list():
            assert [FIRST] == [SECOND]

        def test_unknown():
            assert FIRST == UNKNOWN

        def test_lost():
            at({{"a": FIRST}}, "a.b")
        """
    )

    outcome = pytester.runpytest_inprocess("-vv", "--showlocals", "-p", "no:cacheprovider", "-p", "no:xdist")

    outcome.assert_outcomes(failed=5)
    told = outcome.stdout.str()
    assert SECRET not in told
    assert "(sensitive value)" in told


def test_reveal_opens_everything_down_to_the_bottom() -> None:
    nested = {"a": [Sensitive({"b": Sensitive(1)}), 2], "c": Sensitive([Sensitive(3)]), "d": UNKNOWN}

    revealed = reveal(nested)

    assert (revealed["a"], revealed["c"]) == ([{"b": 1}, 2], [3])
    assert revealed["d"] is UNKNOWN
    assert repr(nested["c"]) == "(sensitive value)"


# -- paths -----------------------------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "rule": [{"filter": [{"prefix": "x"}]}, {"filter": []}],
    "tags": {"a name": 1, 'a "quoted" one': 2, "a.b": 3, "back\\slash": 4, "": 5, "ü": 6, "tab\t": 7},
    "later": UNKNOWN,
    "secret": Sensitive({"a": [{"b": SECRET, "c": UNKNOWN}]}),
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", VALUES),
        ("rule[0].filter[0].prefix", "x"),
        ("rule[1].filter", []),
        ('tags["a name"]', 1),
        ('["tags"]["a name"]', 1),
        (r'tags["a \"quoted\" one"]', 2),
        ('tags["a.b"]', 3),
        (r'tags["back\\slash"]', 4),
        ('tags[""]', 5),
        ('tags["ü"]', 6),
        (r'tags["tab\t"]', 7),
        ("secret.a[0].b", SECRET),
    ],
)
def test_at_follows_a_path(path: str, value: object) -> None:
    assert reveal(at(VALUES, path)) is value or reveal(at(VALUES, path)) == value


def test_at_gives_unknown_below_the_unknown_and_sensitive_below_the_sensitive() -> None:
    assert at(VALUES, "later.anything[0].at.all") is UNKNOWN
    assert isinstance(at(VALUES, "secret.a"), Sensitive)
    assert isinstance(at(VALUES, "secret.a[0].b"), Sensitive)
    assert at(VALUES, "secret.a[0].c") is UNKNOWN
    assert at(VALUES, "secret.a[0].c.deeper") is UNKNOWN
    assert at(VALUES, "later.x", default=1) is UNKNOWN


def test_at_gives_the_default_only_where_the_path_leads_nowhere() -> None:
    assert at(VALUES, "rule[7].filter", default=None) is None
    assert at(VALUES, "secret.b", default="d") == "d"
    assert at({"a": None}, "a", default="d") is None
    assert at({"a": None}, "a.b", default="d") == "d"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("rules[0]", "no 'rules' at the top; there are: rule"),
        ("rule[2]", "no element [2] under 'rule'; the list has 2"),
        ("rule[0].fliter", "no 'fliter' under 'rule[0]'; there are: filter"),
        ("rule.filter", "no element [filter] under 'rule'; the list has 2"),
        (
            "rule[0].filter[0].prefix.more",
            "cannot go to 'more' under 'rule[0].filter[0].prefix': the value there is 'x'",
        ),
        ("zzz", "no 'zzz' at the top; there are: later, rule, secret, tags"),
    ],
)
def test_a_path_that_leads_nowhere_names_what_is_there(path: str, told: str) -> None:
    with pytest.raises(AttributePathError) as caught:
        at(VALUES, path)
    assert str(caught.value) == f"path={path!r}: {told}"
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize(
    "path",
    [".", ".a", "a.", "a..b", "a[", "a[]", "a[-1]", "a[x]", "a['b']", 'a["b]', "a b", "a[0]b", "a.[0]", "a.0", "a[٣]"],
)
def test_what_is_no_path_is_refused_and_the_place_is_named(path: str) -> None:
    with pytest.raises(AttributePathError, match="is not an attribute path: it goes wrong at"):
        parse_path(path)


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]*", fullmatch=True)
steps = st.lists(st.one_of(names, st.text(), st.integers(min_value=0)))


def written(path: list[str | int]) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isascii() and step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


@given(steps)
def test_a_written_path_is_read_back(path: list[str | int]) -> None:
    assert list(parse_path(written(path))) == path


@given(steps)
def test_a_path_finds_what_was_put_there(path: list[str | int]) -> None:
    value: Any = "found"
    for step in reversed(path):
        value = [None] * min(step, 3) + [value] if isinstance(step, int) else {step: value}
    path = [min(step, 3) if isinstance(step, int) else step for step in path]

    assert at(value, written(path)) == "found"


@given(st.text())
def test_no_text_makes_the_reading_of_paths_fail_in_another_way(path: str) -> None:
    with contextlib.suppress(AttributePathError):
        assert all(isinstance(step, (int, str)) for step in parse_path(path))
