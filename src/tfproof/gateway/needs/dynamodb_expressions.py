"""What can be read from DynamoDB's expressions without evaluating them: attribute names, a partition key's value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["attribute_names", "equal_value", "partiql_target"]

# A path's first step is the attribute; what follows a dot is inside it, and what stands before a bracket is a function.
_NAME: Final = re.compile(r"(?<![\w.#:])(#[\w]+|[A-Za-z_]\w*)(?!\s*\(|\w)")
_WORDS: Final = frozenset({"add", "and", "between", "delete", "in", "not", "or", "remove", "set"})
_PARTIQL: Final = re.compile(
    r"""\s*(?:
        (?P<select>select)\b.*?\bfrom\s+ | (?P<insert>insert)\s+into\s+ | (?P<update>update)\s+
        | (?P<delete>delete)\s+from\s+
    )
    (?:"(?P<quoted>[^"]+)"|(?P<plain>[A-Za-z0-9_][A-Za-z0-9_-]*))
    (?:\."(?P<index>[^"]+)")?(?P<rest>.*)\Z""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def attribute_names(expression: object, names: Mapping[str, Any]) -> list[str]:
    """The attributes that an expression speaks of, each once, in order.

    Args:
        expression: A projection, condition, filter, key condition or update expression.
        names: The request's `ExpressionAttributeNames`.
    """
    if not isinstance(expression, str):
        return []
    found = [word for word in _NAME.findall(expression) if word.lower() not in _WORDS]
    return list(dict.fromkeys(str(names.get(word, word)) for word in found))


def equal_value(expression: object, attribute: str, names: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """The value that an expression wants an attribute to be equal to, None when it names none.

    Args:
        expression: A key condition expression.
        attribute: The attribute's name.
        names: The request's `ExpressionAttributeNames`.
        values: The request's `ExpressionAttributeValues`.
    """
    if not isinstance(expression, str):
        return None
    for name, placeholder in re.findall(r"(#?\w+)\s*=\s*(:\w+)", expression):
        if names.get(name, name) == attribute:
            return values.get(placeholder)
    return None


def partiql_target(statement: str) -> tuple[str, str, str] | None:
    """What a PartiQL statement does, its table and its index.

    Returns:
        `Select`, `Insert`, `Update` or `Delete`, table and index (`""` without one); None for what has no such form,
        or speaks of more than one table.
    """
    found = _PARTIQL.match(statement)
    if found is None or re.search(r"\bselect\b|\bexists\b", found["rest"], re.IGNORECASE):
        return None
    verb = next(verb for verb in ("select", "insert", "update", "delete") if found[verb])
    return verb.capitalize(), found["quoted"] or found["plain"], found["index"] or ""
