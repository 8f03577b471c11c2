"""Statements compiled to closures: what a request is compared with, thousands of times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfproof.iam.conditions import Condition, compile_condition
from tfproof.iam.patterns import Wildcard
from tfproof.iam.policy import scalars, values_of
from tfproof.iam.principals import PrincipalElement
from tfproof.iam.templates import Variable, compile_pieces, compile_values, split_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfproof.iam.policy import Document, Statement
    from tfproof.iam.templates import Context, Matcher, Piece

__all__ = ["CompiledStatement", "compile_document"]

_NO_CONTEXT: Mapping[str, str] = {}
_RESOURCE_COLONS = 5


class CompiledStatement:
    """One statement, ready to be compared with requests.

    `is_deny` is its effect; `conditions` are kept one by one so that an explanation can say which failed; `principal`
    is None in policies without one; `not_principal` says that the element was NotPrincipal.
    """

    __slots__ = (
        "_action",
        "_not_action",
        "_not_resource",
        "_resource",
        "_tests",
        "conditions",
        "is_deny",
        "not_principal",
        "principal",
        "statement",
    )

    def __init__(self, statement: Statement, *, variables: bool) -> None:
        body = statement.body
        self.statement = statement
        self.is_deny = body["Effect"] == "Deny"
        self._not_action = "NotAction" in body
        self._action = _actions(values_of(body["NotAction" if self._not_action else "Action"]))
        self._not_resource = "NotResource" in body
        named = body.get("NotResource" if self._not_resource else "Resource", "*")  # trust policies have none (R78)
        self._resource = _resources(values_of(named), variables=variables)
        self.conditions: tuple[Condition, ...] = tuple(
            compile_condition(operator, key, scalars(values), variables=variables)
            for operator, block in body.get("Condition", {}).items()
            for key, values in block.items()
        )
        self._tests = tuple(condition.test for condition in self.conditions)
        self.not_principal = "NotPrincipal" in body
        element = body.get("NotPrincipal", body.get("Principal"))
        self.principal = None if element is None else PrincipalElement(element)

    def covers_action(self, action: str) -> bool:
        """Whether Action or NotAction covers an action given in lower case (R34-R36)."""
        return self._action(action, _NO_CONTEXT) is not self._not_action

    def covers_resource(self, resource: str, context: Context) -> bool:
        """Whether Resource or NotResource covers a resource (R37-R48)."""
        return self._resource(resource, context) is not self._not_resource

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement covers the action and the resource and its conditions hold."""
        if (
            self._action(action, _NO_CONTEXT) is self._not_action
            or self._resource(resource, context) is self._not_resource
        ):
            return False
        for test in self._tests:  # noqa: SIM110  a generator costs a third of the decision
            if not test(context):
                return False
        return True


def compile_document(document: Document) -> tuple[CompiledStatement, ...]:
    """The statements of a validated document, compiled."""
    variables = document.has_variables
    return tuple(CompiledStatement(statement, variables=variables) for statement in document.statements)


def _actions(names: list[str]) -> Matcher:
    """Action names are compared in lower case (R34); the caller gives the request's action that way."""
    return compile_values([name.lower() for name in names], variables=False, wildcards=True)


def _resources(names: list[str], *, variables: bool) -> Matcher:
    return compile_pieces([_resource_pieces(name, variables=variables) for name in names])


def _resource_pieces(name: str, *, variables: bool) -> list[Piece]:
    """A resource's pieces; a variable before the fifth colon is text, not a variable (R64)."""
    pieces = split_template(name, variables=variables)
    if not any(isinstance(piece, Variable) for piece in pieces):
        return pieces
    colons = 0
    kept: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Variable) and colons < _RESOURCE_COLONS:
            kept.append(f"${{{piece.name}}}")
            continue
        if not isinstance(piece, (Variable, Wildcard)):
            colons += piece.count(":")
        kept.append(piece)
    return kept
