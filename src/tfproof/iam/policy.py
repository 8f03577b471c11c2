"""Policy documents as values: the text as submitted, what it says, and where each statement stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tfproof.iam import wording
from tfproof.iam.errors import MalformedPolicyDocument
from tfproof.iam.json_text import MAX_DEPTH, Json, JsonFault, dump, parse_marked, too_deep
from tfproof.iam.places import Place, PlaceMap
from tfproof.iam.problems import Problem

if TYPE_CHECKING:
    from tfproof.iam.places import Path

__all__ = ["EVERYTHING", "Document", "PolicyKind", "Statement", "scalars", "values_of"]

EVERYTHING: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""A policy that allows its holder everything, for asking what the policies on the other side let through."""
VARIABLES_VERSION: Final = "2012-10-17"


class PolicyKind(StrEnum):
    """What a document is used as; each has its own grammar (R78, R81)."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RESOURCE = "resource"
    TRUST = "trust"


class Statement:
    """One statement of a document: its index from 0, its elements as written, and its place.

    Args:
        document: The document it stands in.
        index: Which of its statements, from 0.
        body: The statement's JSON object.
    """

    __slots__ = ("body", "document", "index")

    def __init__(self, document: Document, index: int, body: Mapping[str, Json]) -> None:
        self.document = document
        self.index = index
        self.body = body

    @property
    def sid(self) -> str:
        """The statement's Sid, "" without one."""
        sid = self.body.get("Sid")
        return sid if isinstance(sid, str) else ""

    @property
    def path(self) -> Path:
        """The path to the statement in its document."""
        if isinstance(self.document.value["Statement"], (list, tuple)):
            return ("Statement", self.index)
        return ("Statement",)

    @property
    def start(self) -> Place:
        """Where the statement's `{` stands."""
        places = self.document.places
        return places.place(places.find(self.path).start)

    @property
    def end(self) -> Place:
        """One past the statement's `}` (R11)."""
        places = self.document.places
        return places.place(places.find(self.path).end)

    def __str__(self) -> str:
        label = self.sid or f"statement {self.index + 1}"
        return f"{label} ({self.document.name}, line {self.start.line})"


class Document:
    """A policy document: a text as submitted, or the JSON object of one (its text is then printed when needed).

    Args:
        source: JSON text, or the parsed object.
        name: How the document is called in decisions and errors, such as `PolicyInputList.1` or a file's path.

    `value` is the JSON object, `submitted` the text the document was given as (None when it was given as an object),
    `repeats_keys` whether an object in that text repeats a key.

    Raises:
        MalformedPolicyDocument: The text is not JSON, or not an object.
    """

    __slots__ = ("_places", "_statements", "_text", "name", "repeats_keys", "submitted", "value")

    def __init__(self, source: str | Mapping[str, Json], *, name: str = "policy") -> None:
        self.name = name
        self.repeats_keys = False
        self.submitted = source if isinstance(source, str) else None
        self._text = self.submitted
        self._places: PlaceMap | None = None
        self._statements: tuple[Statement, ...] | None = None
        if isinstance(source, str):
            try:
                value, self.repeats_keys = parse_marked(source)
            except JsonFault as fault:
                raise not_json(source, fault, name) from None
        else:
            value = source
            if too_deep(value):
                remedy = f"nested more than {MAX_DEPTH} deep"
                raise _refuse(Problem(wording.SYNTAX, (), remedy, fixed_place=Place(1, 1)), name)
        if not isinstance(value, Mapping):
            remedy = f"a policy is a JSON object ({{...}}); this is {_kind(value)}"
            raise _refuse(Problem(wording.SYNTAX, (), remedy, fixed_place=Place(1, 1)), name)
        self.value: Mapping[str, Json] = value

    @property
    def text(self) -> str:
        """The document as submitted; one given as an object is printed, two spaces a level."""
        if self._text is None:
            try:
                self._text = dump(dict(self.value))
            except JsonFault as fault:
                problem = Problem(wording.SYNTAX, (), fault.message, fixed_place=Place(1, 1))
                raise _refuse(problem, self.name) from None
        return self._text

    @property
    def places(self) -> PlaceMap:
        """Where the document's values stand, computed on first use."""
        if self._places is None:
            self._places = PlaceMap(self.text)
        return self._places

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that are objects, in order; one that stands alone counts as a list of one (R77)."""
        if self._statements is None:
            found = self.value.get("Statement", ())
            bodies = found if isinstance(found, (list, tuple)) else (found,)
            self._statements = tuple(
                Statement(self, index, body) for index, body in enumerate(bodies) if isinstance(body, Mapping)
            )
        return self._statements

    @property
    def has_variables(self) -> bool:
        """Whether `${...}` is a variable: only Version 2012-10-17 has them; no Version means 2008-10-17 (R64)."""
        return self.value.get("Version") == VARIABLES_VERSION

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {len(self.statements)} statements)"


def not_json(text: str, fault: JsonFault, name: str) -> MalformedPolicyDocument:
    """The error for a text that is no JSON, with the place where reading stopped."""
    before = text[: fault.offset].replace("\r\n", "\n").replace("\r", "\n")
    place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
    remedy = f"{fault.message}; a policy must be valid JSON and the first byte must be '{{'"
    return _refuse(Problem(wording.SYNTAX, (), remedy, fixed_place=place), name)


def _refuse(problem: Problem, name: str) -> MalformedPolicyDocument:
    return MalformedPolicyDocument(f"{name}: {problem}", problems=[problem])


def values_of(element: Json) -> list[str]:
    """The texts of an Action, Resource or Principal member: one or a list (R77)."""
    if isinstance(element, str):
        return [element]
    return [item for item in element if isinstance(item, str)] if isinstance(element, (list, tuple)) else []


def scalars(element: Json) -> list[str]:
    """The values of a condition key as texts: numbers and booleans may stand unquoted (R62)."""
    items = element if isinstance(element, (list, tuple)) else (element,)
    return [("true" if item else "false") if isinstance(item, bool) else str(item) for item in items]


def _kind(value: Json) -> str:
    return {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")
