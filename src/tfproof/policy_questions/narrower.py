"""Whether one statement covers no request that another does not cover, told from their elements alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfproof.iam.conditions import read_operator
from tfproof.iam.policy import scalars, values_of

if TYPE_CHECKING:
    from tfproof.iam.compiled import CompiledStatement

__all__ = ["is_within"]


def is_within(one: CompiledStatement, other: CompiledStatement) -> bool:
    """Whether all that `one` covers is covered by `other`, for certain; False when that is not plain to see.

    Both have the same effect: an Allow within an older Allow opens nothing, nor does leaving out a Deny that is within
    another.
    """
    first, second = one.statement, other.statement
    return (
        one.is_deny == other.is_deny
        and first.document.has_variables == second.document.has_variables
        and _principals(first.body, second.body)
        and _names(first.body, second.body, "Action", fold=True)
        and _names(first.body, second.body, "Resource", fold=False)
        and _conditions(first.body.get("Condition", {}), second.body.get("Condition", {}))
    )


def _principals(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if "NotPrincipal" in one or "NotPrincipal" in other:
        return _by_type(one.get("NotPrincipal")) == _by_type(other.get("NotPrincipal"))
    inner, outer = _by_type(one.get("Principal")), _by_type(other.get("Principal"))
    return all(names <= outer.get(kind, set()) for kind, names in inner.items())


def _by_type(element: Any) -> dict[str, set[str]]:
    if isinstance(element, Mapping):
        return {str(kind): set(values_of(names)) for kind, names in element.items()}
    return {"AWS": set(values_of(element))} if element is not None else {}


def _names(one: Mapping[str, Any], other: Mapping[str, Any], element: str, *, fold: bool) -> bool:
    def of(body: Mapping[str, Any], name: str) -> set[str]:
        return {text.lower() if fold else text for text in values_of(body.get(name))}

    negation = f"Not{element}"
    if negation in one or negation in other:
        return negation in one and negation in other and of(one, negation) >= of(other, negation)
    wider = of(other, element)
    heads = tuple(text[:-1] for text in wider if text.endswith("*") and not any(sign in text[:-1] for sign in "*?$"))
    return all(text in wider or (heads and text.startswith(heads)) for text in of(one, element))


def _conditions(one: Any, other: Any) -> bool:
    inner = _by_key(one)
    return all(_values(key[0], inner.get(key), values) for key, values in _by_key(other).items())


def _by_key(block: Any) -> dict[tuple[str, str], set[str]]:
    return {
        (str(operator).lower(), str(key).lower()): set(scalars(values))
        for operator, keys in block.items()
        for key, values in keys.items()
    }


def _values(operator: str, inner: set[str] | None, outer: set[str]) -> bool:
    """Whether a condition holds wherever one with the same operator and key, and the values `inner`, does."""
    if inner is None:
        return False
    read = read_operator(operator)
    if read is None or read.operator is None or (read.operator.negated and read.quantifier):
        return inner == outer
    return inner >= outer if read.operator.negated else inner <= outer
