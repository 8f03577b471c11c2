"""Documents: their text, its values and places, and statements (R11, R77, R80)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfproof.iam import Document, MalformedPolicyDocument, validate
from tfproof.iam.json_text import DuplicateKeys, JsonFault, NumberText, dump, parse, parse_marked, too_deep
from tfproof.iam.places import Place, PlaceMap
from tfproof.iam.problems import Problem

TEXT = (
    '{"Version": "2012-10-17",\r"Statement":\r\n [ {"Sid": "A"},\n{"Sid":"\\u0042", "Effect": "Deny"}], "Id": -1.5e3}'
)


@pytest.mark.parametrize(
    ("path", "start", "end", "key"),
    [
        ((), (1, 1), (4, 51), (1, 1)),
        (("Version",), (1, 13), (1, 25), (1, 2)),
        (("Statement",), (3, 2), (4, 36), (2, 1)),
        (("Statement", 0), (3, 4), (3, 16), (3, 4)),
        (("Statement", 0, "Sid"), (3, 12), (3, 15), (3, 5)),
        (("Statement", 1), (4, 1), (4, 35), (4, 1)),
        (("Statement", 1, "Effect"), (4, 28), (4, 34), (4, 18)),
        (("Id",), (4, 44), (4, 50), (4, 38)),
        (("Statement", 2), (3, 2), (4, 36), (3, 2)),
        (("Statement", 7), (3, 2), (4, 36), (3, 2)),
        (("Statement", 1, "None"), (4, 1), (4, 35), (4, 1)),
    ],
)
def test_r11_places(path: tuple[Any, ...], start: tuple[int, int], end: tuple[int, int], key: tuple[int, int]) -> None:
    places = PlaceMap(TEXT)
    node = places.find(path)
    assert (places.place(node.start), places.place(node.end)) == (Place(*start), Place(*end))
    assert places.place(places.key_offset(path)) == Place(*key)


def test_r11_keys_are_read_as_json_reads_them() -> None:
    text = '{"a\\"\\u00e9\\n\\/\\b\\f\\r\\t": [1, {"x": {}, "x": [true, null]}], "b": "[{,:"}'
    places, key = PlaceMap(text), next(iter(json.loads(text)))
    assert key == 'a"\u00e9\n/\b\f\r\t'
    paths = {(key,): "[1", (key, 1): '{"x"', (key, 1, "x"): "[true", (key, 1, "x", 1): "null", ("b",): '"[{'}
    assert [places.find(path).start for path in paths] == [text.index(mark) for mark in paths.values()]
    assert places.key_offset((key, 1, "x")) == text.rindex('"x"')  # the last of duplicates


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("import", (1, 1), "Expecting value"),
        ('{"a":\r\n  1,\r  "b" 2}', (3, 7), "Expecting ':' delimiter"),
        ('{"a": [1, \n ]}', (2, 2), "Expecting value"),
        ('{"a":\r\n  x}', (2, 3), "Expecting value"),
        ("{} x", (1, 4), "Extra data"),
        ('{"a": Infinity}', (1, 1), "Infinity is no JSON"),
        ('{"a": {"a": ' + "[" * 31, (1, 43), "nested more than 32 deep"),
    ],
)
def test_texts_that_are_no_json(text: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(MalformedPolicyDocument) as refused:
        Document(text, name="mine")
    (problem,) = refused.value.problems
    assert problem.place == Place(*place)
    remedy = f"{says}; a policy must be valid JSON and the first byte must be '{{'"
    assert (problem.path, problem.remedy) == ((), remedy)
    assert refused.value.message == f"mine: {problem}"


def nested(levels: int, *, mapping: bool = False) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value} if mapping else [value]
    return value


def test_how_deep_a_document_may_nest() -> None:
    deep, deeper = json.dumps(nested(32)), json.dumps(nested(33))
    assert parse(deep) == nested(32)
    with pytest.raises(JsonFault) as refused:
        parse(deeper)
    assert (refused.value.message, refused.value.offset) == ("nested more than 32 deep", 32)
    assert str(refused.value) == refused.value.message
    with pytest.raises(JsonFault) as refused:
        parse("[" * 31 + "[],[[")
    assert (refused.value.message, refused.value.offset) == ("nested more than 32 deep", 35)
    many = json.dumps([nested(20), nested(20), {"a": "]" * 99}])  # deep only where brackets in texts are counted
    assert parse(many) == [nested(20), nested(20), {"a": "]" * 99}]
    for mapping in (False, True):
        assert not too_deep(nested(32, mapping=mapping))
        assert too_deep(nested(33, mapping=mapping))
    assert not too_deep("x")
    assert too_deep({"a": "x", "b": (nested(32),)})
    assert too_deep([nested(33), []])
    holder: list[Any] = []
    holder.append(holder)
    assert too_deep(holder)
    assert dump(nested(32)).count("[") == 32
    with pytest.raises(JsonFault) as refused:
        dump(nested(33))
    assert (refused.value.message, refused.value.offset) == ("nested more than 32 deep", 0)
    with pytest.raises(
        MalformedPolicyDocument,
        match=r"^mine: line 1, .*: document: Syntax errors in policy\. \(nested more than 32 deep",
    ):
        Document({"a": nested(33)}, name="mine")


def test_numbers_are_kept_as_written_and_repeated_keys_are_seen() -> None:
    value, repeats = parse_marked('{"a": 1.20, "b": [-0, 1e2], "a": 2}')
    assert (value, repeats, value.repeated) == ({"a": "2", "b": ["-0", "1e2"]}, True, ("a",))
    assert isinstance(value, DuplicateKeys)
    assert isinstance(value["a"], NumberText)
    assert parse_marked('{"a": {"b": 1}, "c": {"b": 1}}')[1] is False


def test_a_value_is_printed_as_awss_console_does() -> None:
    value = {"a": [1, True, None, '\u00e9"', NumberText("1.20")], "b": {}, "c": [], "d": {"e": ("x",)}, 7: 1.5}
    assert dump(value) == (
        '{\n  "a": [\n    1,\n    true,\n    null,\n    "\\u00e9\\"",\n    1.20\n  ],\n  "b": {},\n  "c": [],\n'
        '  "d": {\n    "e": [\n      "x"\n    ]\n  },\n  "7": 1.5\n}'
    )
    assert dump([1], indent=4) == "[\n    1\n]"
    with pytest.raises(JsonFault) as refused:
        dump({"a": object()})
    assert (refused.value.message, refused.value.offset) == ("object is no JSON value", 0)


def test_documents_know_their_statements() -> None:
    document = Document(TEXT, name="mine")
    first, second = document.statements
    assert [(one.index, one.sid, one.path) for one in (first, second)] == [
        (0, "A", ("Statement", 0)),
        (1, "B", ("Statement", 1)),
    ]
    assert (first.start, first.end, second.start) == (Place(3, 4), Place(3, 16), Place(4, 1))
    assert (str(first), repr(document)) == ("A (mine, line 3)", "Document('mine', 2 statements)")
    assert (document.text, document.submitted, document.has_variables) == (TEXT, TEXT, True)
    alone = Document({"Statement": {"Sid": 7}})
    assert (alone.statements[0].path, alone.statements[0].sid, alone.name) == (("Statement",), "", "policy")
    assert str(alone.statements[0]) == "statement 1 (policy, line 2)"
    assert alone.text == '{\n  "Statement": {\n    "Sid": 7\n  }\n}'
    assert (alone.submitted, alone.has_variables) == (None, False)  # also once it has been printed
    assert [one.index for one in Document({"Statement": [{}, 7, {}]}).statements] == [0, 2]
    assert (Document({}).statements, Document({}).repeats_keys) == ((), False)
    unprintable = Document({"Statement": {"Sid": object()}}, name="mine")
    with pytest.raises(MalformedPolicyDocument, match=r"^mine: line 1, column 1: document: .*object is no JSON value"):
        unprintable.text  # noqa: B018  reading it is what is tried
    with pytest.raises(MalformedPolicyDocument, match=r"this is a list\)$"):
        Document(["x"])  # type: ignore[arg-type]


def test_a_document_of_objects_is_validated_like_its_text() -> None:
    statement = {"Effect": "Allow", "Action": ("s3:*",), "Resource": "*", "Condition": {"Bool": {"a:k": (True,)}}}
    assert validate(Document({"Version": "2012-10-17", "Statement": (statement,)})) == []


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"a": 1 ,\t\n }\n', (2, 2), "Expecting property name enclosed in double quotes"),
        ('{"a": [1, ]}', (1, 11), "Expecting value"),
        ('{"a": [1,]}', (1, 10), "Expecting value"),
    ],
)
def test_a_trailing_comma_is_told_alike_by_every_python(
    text: str, place: tuple[int, int], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.13 points at the comma, the ones before at the bracket after it."""

    def since_3_13(_self: json.JSONDecoder, text: str) -> None:
        raise json.JSONDecodeError("Illegal trailing comma before end of object", text, text.index(","))

    told = []
    for decode in (json.JSONDecoder.decode, since_3_13):
        monkeypatch.setattr(json.JSONDecoder, "decode", decode)
        with pytest.raises(MalformedPolicyDocument) as refused:
            Document(text)
        told += [(problem.place, problem.remedy.split(";")[0]) for problem in refused.value.problems]
    assert told == [(Place(*place), says)] * 2


def test_a_problem_as_text() -> None:
    problem = Problem("Wrong.", ("Statement", 0), fixed_place=Place(2, 3))
    assert str(problem) == "line 2, column 3: Statement.0: Wrong."
    assert (
        str(Problem("Wrong.", (), "mend it", fixed_place=Place(2, 3))) == "line 2, column 3: document: Wrong. (mend it)"
    )
