"""Checks policy documents against the grammar of their kind: every fault at once, each with its place (R77-R81).

`validate` reports; `check` refuses what has errors and is what the evaluator calls. Errors are what AWS refuses;
warnings are what it takes although it will not do what it seems to.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tfproof.iam import wording
from tfproof.iam.errors import MalformedPolicyDocument
from tfproof.iam.grammar import statement_problems
from tfproof.iam.json_text import DuplicateKeys, JsonFault, parse
from tfproof.iam.policy import Document, PolicyKind, not_json
from tfproof.iam.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tfproof.iam.json_text import Json
    from tfproof.iam.places import Path

__all__ = ["MAX_CHARACTERS", "check", "validate"]

MAX_CHARACTERS: Final = 131_072
"""The longest document the API takes, white space included (botocore 1.44.5, policyDocumentType)."""

_QUOTAS: Final = {PolicyKind.IDENTITY: 6144, PolicyKind.BOUNDARY: 6144, PolicyKind.SCP: 5120, PolicyKind.TRUST: 2048}
_VERSIONS: Final = ("2008-10-17", "2012-10-17")
_TOP: Final = ("Version", "Id", "Statement")
_FOREIGN = re.compile("[^\t\n\r\u0020-\u00ff]")
_SPACE = re.compile(r"\s+")


def validate(
    source: str | Mapping[str, Json] | Document, kind: PolicyKind | str = PolicyKind.IDENTITY
) -> list[Problem]:
    """Every fault of a document, in the order of the document.

    Args:
        source: JSON text as it would be submitted, or the parsed object.
        kind: What it is used as: identity, boundary, session, scp, resource or trust.

    Returns:
        Problems with AWS's wording, a place and a remedy; empty for a document without fault. Text that is no JSON
        gives one problem, at the place where reading stopped.
    """
    kind = PolicyKind(kind)
    if isinstance(source, str):
        try:
            parse(source)
        except JsonFault as fault:
            return [not_json(source, fault, "policy").problems[0]]
    try:
        document = source if isinstance(source, Document) else Document(source)
    except MalformedPolicyDocument as refused:
        return list(refused.problems)
    found = [replace(problem, document=document) for problem in _problems(document, kind)]
    found += [replace(problem, document=document) for problem in _advice(document, kind)]
    return sorted(found, key=lambda problem: problem.place)


def check(document: Document, kind: PolicyKind) -> None:
    """Refuse a document that breaks the grammar of its kind.

    Raises:
        MalformedPolicyDocument: With every error of the document; warnings do not count.
    """
    if not any(problem.severity == "error" for problem in _problems(document, kind)):
        return
    errors = [problem for problem in validate(document, kind) if problem.severity == "error"]
    listed = "\n".join(f"  {problem}" for problem in errors[:20])
    more = f"\n  and {len(errors) - 20} more" if len(errors) > 20 else ""  # noqa: PLR2004  a screenful
    raise MalformedPolicyDocument(f"{document.name} is no {kind} policy:\n{listed}{more}", problems=errors)


def _problems(document: Document, kind: PolicyKind) -> Iterator[Problem]:
    value = document.value
    if document.submitted is not None:
        yield from _text_problems(document.submitted)
    if document.repeats_keys:
        yield from _duplicates(value, ())
    for key in value:
        if key not in _TOP:
            yield Problem(wording.SYNTAX, (key,), f"no such element {key!r}: {did_you_mean(key, _TOP)}", on_key=True)
    version = value.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        yield Problem(wording.SYNTAX, ("Version",), f"Version is {version!r}; write 2012-10-17 (or 2008-10-17)")
    if not isinstance(value.get("Id", ""), str):
        yield Problem(wording.SYNTAX, ("Id",), "Id is a text")
    yield from _statements(document, kind)


def _statements(document: Document, kind: PolicyKind) -> Iterator[Problem]:
    statements = document.value.get("Statement")
    if not isinstance(statements, (list, tuple, dict)) or not statements:
        message = wording.NO_STATEMENT if kind is PolicyKind.RESOURCE else wording.SYNTAX
        if "Statement" not in document.value:
            yield Problem(message, (), 'a policy needs "Statement": [{...}]')
        elif isinstance(statements, (list, tuple)):
            yield Problem(message, ("Statement",), "give at least one statement")
        else:
            yield Problem(wording.SYNTAX, ("Statement",), "Statement is one object or a list of objects")
        return
    single = isinstance(statements, dict)
    seen: dict[str, int] = {}
    for index, body in enumerate([statements] if single else statements):
        path: Path = ("Statement",) if single else ("Statement", index)
        if not isinstance(body, dict):
            yield Problem(wording.SYNTAX, path, "a statement is an object")
            continue
        yield from statement_problems(body, path, kind, variables=document.has_variables)
        sid = body.get("Sid")
        if isinstance(sid, str) and sid:
            if sid in seen:
                yield Problem(wording.SID_UNIQUE, (*path, "Sid"), f"{sid!r} is also statement {seen[sid] + 1}'s")
            seen.setdefault(sid, index)


def _text_problems(text: str) -> Iterator[Problem]:
    if len(text) > MAX_CHARACTERS:
        yield Problem(
            f"Member must have length less than or equal to {MAX_CHARACTERS}",
            (),
            f"the text has {len(text)} characters",
        )
    foreign = None if text.isascii() else _FOREIGN.search(text)
    if foreign is not None:
        yield Problem(
            "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
            (),
            f"write {foreign.group()!r} as a JSON escape (\\uXXXX)",
        )


def _duplicates(value: Json, path: Path) -> Iterator[Problem]:
    if isinstance(value, dict):
        if isinstance(value, DuplicateKeys):
            for key in value.repeated:
                yield Problem(
                    wording.SAME_KEY, (*path, key), f"{key!r} stands more than once; AWS keeps one", on_key=True
                )
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from _duplicates(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from _duplicates(item, (*path, index))


def _advice(document: Document, kind: PolicyKind) -> Iterator[Problem]:
    """Warnings about the whole document."""
    iam = kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)
    if document.value.get("Version", _VERSIONS[0]) == _VERSIONS[0]:
        path: Path = ("Version",) if "Version" in document.value else ()
        if "${" in document.text:
            remedy = "${...} is plain text without Version 2012-10-17"
            yield Problem("Policy variables are not expanded.", path, remedy, severity="warning")
        if iam:
            remedy = "the simulator takes it, CreatePolicy and Put*Policy refuse it"
            yield Problem(wording.VERSION_TOO_OLD, path, remedy, severity="warning")
    quota = _QUOTAS.get(kind)
    size = len(_SPACE.sub("", document.text)) if iam else len(document.text)
    if quota is not None and size > quota:
        message = f"Cannot exceed quota for PolicySize: {quota}"
        yield Problem(
            message, (), f"{size} characters; the simulator takes it, AWS does not store it", severity="warning"
        )
