"""Reads the bodies that tell an operation or its resources: JSON, forms, XML. What can be read two ways is refused.

A body that the gateway reads in one way and the target in another would let a call pass as a different one, so a
repeated key, a repeated element or a document type is a problem, never a choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

# The parser refuses document types, and with them entities; that is what the warning against it is about.
from xml.etree import ElementTree as ET

from tfproof.gateway.recognition.service_models import service_model

__all__ = ["UnreadableBody", "read_form", "read_json", "read_xml"]

_MAX_DEPTH: Final = 64


class UnreadableBody(Exception):
    """A body cannot be read, or can be read in more than one way; the message says why."""


def read_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON object.

    Raises:
        UnreadableBody: It is no JSON object in UTF-8, or an object in it repeats a key.
    """
    try:
        found = json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_constant)
    except RecursionError:
        raise UnreadableBody("the body is nested too deeply") from None
    except ValueError as error:
        raise UnreadableBody(f"the body is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableBody("the body is no JSON object")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnreadableBody("the body repeats a key in a JSON object")
    return members


def _constant(name: str) -> NoReturn:
    raise UnreadableBody(f"the body is no JSON: {name} is none of its values")


def read_form(*texts: str) -> dict[str, str]:
    """The fields of a form; the texts are its body and the query.

    Raises:
        UnreadableBody: A field stands there twice, or is not UTF-8.
    """
    try:
        pairs = [pair for text in texts for pair in parse_qsl(text, keep_blank_values=True, errors="strict")]
    except ValueError as error:
        raise UnreadableBody(f"the form cannot be read: {error}") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UnreadableBody("the form repeats a field")
    return fields


class _Builder(ET.TreeBuilder):
    """Builds the tree, and stops at what no request of AWS has."""

    depth = 0

    def doctype(self, name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise UnreadableBody(f"the body has a document type ({name[:40]}), which AWS's requests never have")

    def start(self, tag: str, attributes: dict[str, str], /) -> ET.Element:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise UnreadableBody("the body is nested too deeply")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> ET.Element:
        self.depth -= 1
        return super().end(tag)


def read_xml(body: bytes, service: str, shape: str, *, root: str) -> dict[str, Any]:
    """The members of an XML body by botocore's names; texts stay texts, elements that the model lacks are left out.

    Args:
        body: The body.
        service: botocore's name of the service.
        shape: Name of the structure in its model.
        root: Name that the root element must have.

    Raises:
        UnreadableBody: It is no XML, has a document type, another root, or repeats an element that stands alone.
    """
    try:
        tree = ET.fromstring(body, ET.XMLParser(target=_Builder()))  # noqa: S314  see its import
    except (ET.ParseError, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that the parser does not know.
        raise UnreadableBody(f"the body is no XML: {error}") from None
    if _name(tree) != root:
        raise UnreadableBody(f"the body is a {_name(tree)[:40]!r} element, not {root!r}")
    found: dict[str, Any] = _value(tree, service_model(service)["shapes"], shape)
    return found


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ET.Element, shapes: dict[str, Any], name: str) -> Any:
    shape = shapes[name]
    if shape["type"] == "structure":
        return _structure(element, shapes, shape)
    if shape["type"] == "list":
        return _items(element, shapes, shape)
    return "".join(element.itertext())


def _structure(element: ET.Element, shapes: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    children: dict[str, list[ET.Element]] = {}
    for child in element:
        children.setdefault(_name(child), []).append(child)
    for name, member in shape["members"].items():
        target = shapes[member["shape"]]
        elements = children.get(member.get("locationName", name), [])
        if target.get("flattened"):
            if elements:
                found[name] = [_value(each, shapes, target["member"]["shape"]) for each in elements]
        elif len(elements) > 1:
            raise UnreadableBody(f"the body repeats the element {name!r}")
        elif elements:
            found[name] = _value(elements[0], shapes, member["shape"])
    return found


def _items(elements: Iterable[ET.Element], shapes: dict[str, Any], shape: dict[str, Any]) -> list[Any]:
    wire = shape["member"].get("locationName", "member")
    return [_value(each, shapes, shape["member"]["shape"]) for each in elements if _name(each) == wire]
