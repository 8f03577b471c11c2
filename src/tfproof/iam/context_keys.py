"""Which condition keys and policy variables a policy refers to (R9, R20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfproof.iam.policy import scalars, values_of
from tfproof.iam.templates import variables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tfproof.iam.policy import Document

__all__ = ["context_keys"]


def context_keys(documents: Iterable[Document]) -> list[str]:
    """Every key named by a condition or a variable, as first written, each once whatever its case, in order.

    Args:
        documents: Validated documents. Only those of Version 2012-10-17 have variables (R64).
    """
    found: dict[str, str] = {}
    for document in documents:
        for key in _keys(document):
            found.setdefault(key.lower(), key)
    return list(found.values())


def _keys(document: Document) -> Iterator[str]:
    for statement in document.statements:
        body = statement.body
        if document.has_variables:
            for element in ("Resource", "NotResource"):
                for value in values_of(body.get(element)):
                    yield from (variable.name for variable in variables_of(value))
        for block in body.get("Condition", {}).values():
            for key, values in block.items():
                yield key
                if document.has_variables:
                    for value in scalars(values):
                        yield from (variable.name for variable in variables_of(value))
