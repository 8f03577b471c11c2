"""Values of variables as a `.tfvars` file that can be run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["as_tfvars"]

_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def as_tfvars(values: Mapping[str, Any]) -> str:
    """The text of a `.tfvars` file with these values, one variable after the other, each on lines of its own."""
    return "".join(f"{name} = {_expression(value)}\n" for name, value in values.items())


def _expression(value: Any, indent: str = "") -> str:
    if isinstance(value, Mapping):
        inner = f"{indent}  "
        lines = [f"{inner}{_name(name)} = {_expression(item, inner)}\n" for name, item in value.items()]
        return f"{{\n{''.join(lines)}{indent}}}" if lines else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_expression(item, indent) for item in value)}]"
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """A text in HCL's quotes, which know fewer escapes than JSON's; what begins a template is doubled."""
    escaped = "".join(
        _ESCAPES.get(character) or (character if character.isprintable() else f"\\U{ord(character):08x}")
        for character in text
    )
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _name(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else _quoted(name)
