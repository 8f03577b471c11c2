"""`tfproof iam simulate | explain | validate`: the simulator on the command line.

`add_commands` mounts the three under an argparse parser; each sets `command` to a function that takes the parsed
options and gives the exit code: 0 all allowed (or no fault), 1 something denied (or a fault); what cannot be answered
is a `TfproofError`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tfproof.errors import UsageError
from tfproof.iam.decision import Decision
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.explain import explain
from tfproof.iam.json_text import Json
from tfproof.iam.policy import Document, PolicyKind
from tfproof.iam.request import ContextValue, Request
from tfproof.iam.validate import validate

__all__ = ["add_commands"]

_DONE, _DENIED = 0, 1
_SIMULATES = (
    "Decides actions on resources against policies, as IAM would: allowed, implicitDeny or explicitDeny, and which "
    "statement decided or what is missing."
)
_EXPLAINS = "Decides actions on resources against policies, and says of every statement whether it applies and why."
_EXIT_CODES = "exit codes: 0 all allowed, 1 something denied, 2 a policy or a question that cannot be meant"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Mount simulate, explain and validate as sub-commands of a parser (`tfproof iam`)."""
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, function, text, description in (
        ("simulate", _simulate, "decide actions on resources against policies", _SIMULATES),
        ("explain", _explain, "the same, with what every statement has to say", _EXPLAINS),
    ):
        command = commands.add_parser(name, help=text, description=description, epilog=_EXIT_CODES)
        _add_question(command)
        command.set_defaults(command=function)
    check = commands.add_parser(
        "validate",
        help="check policy documents against IAM's grammar",
        description="Checks policy documents against IAM's grammar: every fault with its line, AWS's words for it, and "
        "what to write instead.",
        epilog="exit codes: 0 no fault, 1 a fault, 2 a file that cannot be read",
    )
    check.add_argument("policy", nargs="+", type=Path, metavar="F", help="a policy document; - reads standard input")
    check.add_argument(
        "--kind", choices=[str(kind) for kind in PolicyKind], default="identity", help="what it is used as"
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(command=_validate)


def _add_question(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--policy", action="append", type=Path, default=[], metavar="F", help="an identity policy (repeatable)")
    add("--action", action="append", required=True, metavar="A", help="an action, s3:GetObject (repeatable)")
    add("--resource", action="append", metavar="R", help="an ARN (repeatable; without one: *)")
    add("--context", action="append", default=[], metavar="K=V", help="a context key; given twice it is multi-valued")
    add("--principal", metavar="ARN", help="who asks; needed with --resource-policy")
    add("--resource-policy", type=Path, metavar="F", help="the bucket's, table's or key's policy")
    add("--resource-account", metavar="ID", help="the account that owns the resource")
    add("--boundary", type=Path, metavar="F", help="the permissions boundary")
    add("--json", action="store_true", help="print JSON")


def _simulate(options: argparse.Namespace) -> int:
    decisions = _decide(options)
    if options.json:
        _print_json([_as_json(decision) for decision in decisions])
    else:
        for decision in decisions:
            _print(str(decision))
    return _DONE if all(decisions) else _DENIED


def _explain(options: argparse.Namespace) -> int:
    decisions = _decide(options)
    if options.json:
        _print_json([{**_as_json(decision), "statements": _verdicts(decision)} for decision in decisions])
    else:
        for decision in decisions:
            _print(str(decision))
            for verdict in explain(decision):
                _print(f"  {verdict.layer}: {verdict}")
    return _DONE if all(decisions) else _DENIED


def _validate(options: argparse.Namespace) -> int:
    faulty, listed = False, []
    for path in options.policy:
        problems = validate(_read(path), options.kind)
        faulty = faulty or any(problem.severity == "error" for problem in problems)
        for problem in problems:
            place = problem.place
            listed.append(
                {
                    "file": str(path),
                    "line": place.line,
                    "column": place.column,
                    "severity": problem.severity,
                    "path": list(problem.path),
                    "message": problem.message,
                    "remedy": problem.remedy,
                }
            )
            if not options.json:
                _print(f"{path}:{place.line}:{place.column}: {problem.severity}: {problem.message} ({problem.remedy})")
        if not problems and not options.json:
            _print(f"{path}: no fault")
    if options.json:
        _print_json(listed)
    return _DENIED if faulty else _DONE


def _decide(options: argparse.Namespace) -> list[Decision]:
    if not options.policy and options.resource_policy is None:
        raise UsageError("no policy is given", remedy="name one with --policy or --resource-policy")
    policies = PolicySet(
        [_document(path) for path in options.policy],
        resource=_document(options.resource_policy) if options.resource_policy else None,
        boundary=_document(options.boundary) if options.boundary else None,
    )
    context = _context(options.context)
    return [
        policies.decide(
            Request(
                action,
                resource,
                principal=options.principal,
                context=context,
                resource_account=options.resource_account,
            )
        )
        for action in options.action
        for resource in options.resource or ["*"]
    ]


def _context(pairs: list[str]) -> dict[str, ContextValue]:
    """Keys and values of `k=v`; a key given more than once is multi-valued."""
    values: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--context {pair!r} is no key and value", remedy="write --context aws:SourceIp=10.0.0.1")
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _document(path: Path) -> Document:
    return Document(_read(path), name=path.name)


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as unread:
        raise UsageError(f"policy {path} cannot be read: {unread}") from unread


def _as_json(decision: Decision) -> Mapping[str, Json]:
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        "decision": str(decision.value),
        "matched": [
            {"policy": found.document.name, "sid": found.sid, "line": found.start.line, "column": found.start.column}
            for found in decision.statements
        ],
        "text": str(decision),
    }


def _verdicts(decision: Decision) -> list[Mapping[str, Json]]:
    return [
        {
            "layer": verdict.layer,
            "policy": verdict.statement.document.name,
            "sid": verdict.statement.sid,
            "line": verdict.statement.start.line,
            "effect": verdict.effect,
            "applies": verdict.applies,
            "reason": verdict.reason,
        }
        for verdict in explain(decision)
    ]


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _print_json(value: Json) -> None:
    _print(json.dumps(value, indent=2))
