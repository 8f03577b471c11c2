"""Says where an evidence is not as its schema has it, in one line: what is to be rendered is looked at first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

__all__ = ["first_problem"]

_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def first_problem(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "") -> str:
    """The first place where a value is not as a JSON schema has it, with what is wrong; `""` when all is well.

    Of JSON schema it knows what `evidence.schema.json` uses. Members that the schema does not name are let pass.

    Args:
        value: What is looked at.
        schema: The schema, or a part of it.
        root: The whole schema, for its `$defs`.
        where: What the place is called.
    """
    if "$ref" in schema:
        return first_problem(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, where)
    wrong = _wrong_itself(value, schema)
    if wrong:
        return f"{where or 'it'} {wrong}"
    if "oneOf" in schema:
        found = [first_problem(value, part, root, where) for part in schema["oneOf"]]
        return "" if "" in found else found[-1]
    for rule in schema.get("allOf", ()):
        if not first_problem(value, rule["if"], root) and (found_there := first_problem(value, rule["then"], root)):
            return found_there
    return _inside(value, schema, root, where)


def _wrong_itself(value: Any, schema: dict[str, Any]) -> str:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return f"is no {' or '.join(kinds)}"
    lacking = [name for name in schema.get("required", ()) if isinstance(value, dict) and name not in value]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    if "minimum" in schema and value < schema["minimum"]:
        return f"is less than {schema['minimum']}"
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else [value])
    is_written_so = "pattern" not in schema or re.search(schema["pattern"], value)
    return "" if value in allowed and is_written_so else "is none of what may stand there"


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> str:
    parts: list[tuple[str, Any, dict[str, Any]]] = []
    if isinstance(value, dict):
        known, names = schema.get("properties", {}), schema.get("propertyNames", {})
        more = schema.get("additionalProperties")
        for name, item in value.items():
            path = f"{where}.{name}" if where else name
            if names:
                parts.append((path, name, names))
            if name in known:
                parts.append((path, item, known[name]))
            elif isinstance(more, dict):
                parts.append((path, item, more))
    elif isinstance(value, list) and "items" in schema:
        parts = [(f"{where}[{number}]", item, schema["items"]) for number, item in enumerate(value)]
    for path, item, part in parts:
        found = first_problem(item, part, root, path)
        if found:
            return found
    return ""
