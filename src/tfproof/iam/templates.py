"""Policy values as AWS reads them: text with wildcards and policy variables, compiled to one test for a list of values.

`${aws:username}` is replaced by the request's value, `${aws:PrincipalTag/team, 'none'}` by a default where the request
has none (R65), `${*}`, `${?}` and `${$}` stand for the character (R58). What a variable brings is literal text: a `*`
in a tag is no wildcard (R66). Only Version 2012-10-17 knows variables (R64).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tfproof.iam.patterns import ANY, ONE, Glob, Wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "Context",
    "Matcher",
    "Piece",
    "Variable",
    "compile_values",
    "malformed_variable",
    "resolve",
    "split_template",
    "variables_of",
]

Context: TypeAlias = "Mapping[str, str | tuple[str, ...]]"
"""A request's keys in lower case: a str is single-valued, a tuple multi-valued (also with one value or none)."""

Matcher: TypeAlias = "Callable[[str, Context], bool]"


class Variable(NamedTuple):
    """A policy variable: `key` in lower case, `name` as written, `default` where one is given."""

    key: str
    name: str
    default: str | None


Piece: TypeAlias = "str | Wildcard | Variable"

# Possessive throughout: a text of white space must not make the engine try every way of cutting it.
_KEY_AND_DEFAULT = r"([^{}',*?$]++)(?:,\s*+'([^']*+)'\s*+)?+"
_UNNAMED = _KEY_AND_DEFAULT.replace("([^", "(?:[^")
_SPLIT_ALL = re.compile(rf"(\$\{{(?:[*?$]|{_UNNAMED})\}}|[*?])")
_SPLIT_WILDCARDS = re.compile(r"([*?])")
_VARIABLE = re.compile(rf"\$\{{{_KEY_AND_DEFAULT}\}}")
_SIGNS: dict[str, Piece] = {"*": ANY, "?": ONE, "${*}": "*", "${?}": "?", "${$}": "$"}


def split_template(text: str, *, variables: bool, wildcards: bool = True) -> list[Piece]:
    """The pieces of a policy value: literal text, wildcards and variables, adjacent literals joined.

    Args:
        text: The value as it stands in the policy.
        variables: Whether the policy's Version knows variables (R64).
        wildcards: Whether `*` and `?` are wildcards here (StringLike, Resource) or characters (StringEquals).
    """
    if not ("*" in text or "?" in text or (variables and "${" in text)):
        return [text]
    pieces: list[Piece] = []
    literal = ""
    for part in (_SPLIT_ALL if variables else _SPLIT_WILDCARDS).split(text):
        if not part:
            continue
        piece = _SIGNS.get(part)
        if piece is None and part.startswith("${") and variables:
            piece = _variable(part)
        if piece is None or isinstance(piece, str):
            literal += part if piece is None else piece
        elif isinstance(piece, Wildcard) and not wildcards:
            literal += piece.sign
        else:
            if literal:
                pieces.append(literal)
                literal = ""
            pieces.append(piece)
    if literal or not pieces:
        pieces.append(literal)
    return pieces


def _variable(part: str) -> Variable | None:
    match = _VARIABLE.fullmatch(part)
    if match is None:
        return None
    name = match[1].strip()
    return Variable(name.lower(), name, match[2]) if name else None


def malformed_variable(text: str) -> str | None:
    """The first `${...` of a text that is neither a variable nor an escape, or None."""
    for part in _SPLIT_ALL.split(text):
        if part not in _SIGNS and "${" in part and (not part.endswith("}") or _variable(part) is None):
            start = part.index("${")
            end = part.find("}", start)
            return part[start:] if end < 0 else part[start : end + 1]
    return None


def variables_of(text: str) -> list[Variable]:
    """The variables of a text of Version 2012-10-17."""
    if "${" not in text:
        return []
    return [piece for piece in split_template(text, variables=True) if isinstance(piece, Variable)]


def resolve(pieces: Iterable[Piece], context: Context) -> list[str | Wildcard] | None:
    """The pieces with variables replaced by literal text; None when one has no value (it then matches nothing, R65).

    A multi-valued key cannot fill a variable (R64) and its default does not apply: the key is there.
    """
    resolved: list[str | Wildcard] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            value = context.get(piece.key, piece.default)
            if not isinstance(value, str):
                return None
            resolved.append(value)
        else:
            resolved.append(piece)
    return resolved


def compile_values(texts: Iterable[str], *, variables: bool, wildcards: bool, fold: bool = False) -> Matcher:
    """One test "does a value match any of these?", the cheapest kind for each: equality, prefix, wildcard, variable.

    Args:
        texts: The values of the policy.
        variables: Whether variables are expanded (R64).
        wildcards: Whether `*` and `?` are wildcards.
        fold: Whether case is ignored (StringEqualsIgnoreCase).
    """
    return compile_pieces([split_template(text, variables=variables, wildcards=wildcards) for text in texts], fold=fold)


def compile_pieces(templates: Iterable[list[Piece]], *, fold: bool = False) -> Matcher:
    """`compile_values` for values already split."""
    exact: set[str] = set()
    prefixes: list[str] = []
    globs: list[Callable[[str], bool]] = []
    dynamic: list[list[Piece]] = []
    for pieces in templates:
        if any(isinstance(piece, Variable) for piece in pieces):
            dynamic.append(pieces)
            continue
        tokens = [piece.lower() if fold and isinstance(piece, str) else piece for piece in pieces]
        first = tokens[0]
        if tokens == [ANY]:
            return _anything
        if len(tokens) == 1 and isinstance(first, str):
            exact.add(first)
        elif len(tokens) == 2 and isinstance(first, str) and tokens[1] is ANY:  # noqa: PLR2004  "text*"
            prefixes.append(first)
        else:
            globs.append(Glob([token for token in tokens if not isinstance(token, Variable)]).match)
    static = _static(frozenset(exact), tuple(prefixes), tuple(globs))
    matcher = static if not dynamic else _with_variables(static, tuple(dynamic), fold=fold)
    if not fold:
        return matcher
    return lambda value, context: matcher(value.lower(), context)


def _anything(_value: str, _context: Context) -> bool:
    return True


def _static(exact: frozenset[str], prefixes: tuple[str, ...], globs: tuple[Callable[[str], bool], ...]) -> Matcher:
    if not prefixes and not globs:
        return lambda value, _: value in exact
    if not globs:
        return lambda value, _: value in exact or value.startswith(prefixes)

    def match(value: str, _context: Context) -> bool:
        if value in exact or (prefixes and value.startswith(prefixes)):
            return True
        return any(glob(value) for glob in globs)

    return match


def _with_variables(static: Matcher, dynamic: tuple[list[Piece], ...], *, fold: bool) -> Matcher:
    def match(value: str, context: Context) -> bool:
        if static(value, context):
            return True
        for pieces in dynamic:
            tokens = resolve(pieces, context)
            if tokens is None:
                continue
            if fold:
                tokens = [token.lower() if isinstance(token, str) else token for token in tokens]
            if _match_tokens(tokens, value):
                return True
        return False

    return match


def _match_tokens(tokens: list[str | Wildcard], value: str) -> bool:
    literals = [token for token in tokens if isinstance(token, str)]
    if len(literals) == len(tokens):
        return value == "".join(literals)
    if len(literals) == len(tokens) - 1 and tokens[-1] is ANY:
        return value.startswith("".join(literals))
    return Glob(tokens).match(value)
