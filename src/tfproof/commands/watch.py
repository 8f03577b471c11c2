"""`tfproof record -- COMMAND` and `tfproof enforce --policy F -- COMMAND`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfproof.errors import UsageError

if TYPE_CHECKING:
    from tfproof.gateway.call_log import CallLog
    from tfproof.proof.watched import Watched

__all__ = ["add_commands"]

_EXIT_CODES = "The exit code is that of COMMAND; 2 is bad usage, 3 when it could not be run."


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Mounts `record` and `enforce` under the parser of `tfproof`."""
    record = commands.add_parser(
        "record",
        help="run a command against an emulator and say which AWS calls it made, and the policy they take",
        description="Runs COMMAND with all its AWS calls going through a gateway to an emulator, and prints the calls "
        "by operation and the least-privilege policy for them.",
        epilog=_EXIT_CODES,
    )
    _add_shared(record)
    record.set_defaults(command=_record)
    enforce = commands.add_parser(
        "enforce",
        help="run a command against an emulator under IAM policies, and say what was refused",
        description="Runs COMMAND as a principal that has the given policies. They, bucket policies and key policies "
        "decide on every call; a refusal is answered as AWS answers it.",
        epilog=_EXIT_CODES,
    )
    enforce.add_argument(
        "--policy", action="append", type=Path, required=True, metavar="F", help="an identity policy (repeatable)"
    )
    enforce.add_argument("--boundary", type=Path, metavar="F", help="the permissions boundary")
    _add_shared(enforce)
    enforce.set_defaults(command=_enforce)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--endpoint-url", metavar="URL", help="a running emulator on this machine (default: an embedded one, empty)")
    add("--region", default="us-east-1", help="region of the run (default: %(default)s)")
    add("--principal", metavar="ARN", help="the user, role or session that COMMAND is")
    add("--insecure", action="store_true", help="do not count plain HTTP over loopback as TLS")
    add("--log", type=Path, metavar="F", help="write every call to this file, as JSON lines")
    add("--policy-out", type=Path, metavar="F", help="write the least-privilege policy to this file")
    add("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its arguments")


def _record(options: argparse.Namespace) -> int:
    watched = _watch(options, policies=(), boundary=None)
    return _told(options, watched)


def _enforce(options: argparse.Namespace) -> int:
    watched = _watch(options, policies=tuple(options.policy), boundary=options.boundary)
    return _told(options, watched)


def _watch(options: argparse.Namespace, *, policies: tuple[Path, ...], boundary: Path | None) -> Watched:
    from tfproof.proof.watched import WatchSettings, watch  # noqa: PLC0415  # `--help` must not wait for boto3

    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise UsageError("there is no command to run", remedy="Write it behind two dashes: -- terraform apply")
    return watch(
        WatchSettings(
            command=words,
            endpoint_url=options.endpoint_url,
            region=options.region,
            principal=options.principal,
            policies=policies,
            boundary=boundary,
            loopback_is_tls=not options.insecure,
        )
    )


def _told(options: argparse.Namespace, watched: Watched) -> int:
    """Tells what was seen, on standard error: standard output is the command's own."""
    for line in _lines(watched.calls, watched.target):
        sys.stderr.write(f"{line}\n")
    policy = json.dumps(watched.calls.minimal_policy(), indent=2)
    if options.policy_out is not None:
        options.policy_out.write_text(f"{policy}\n", encoding="utf-8")
    elif len(watched.calls):
        sys.stderr.write(f"\nleast-privilege policy for them:\n{policy}\n")
    if options.log is not None:
        watched.calls.write(options.log)
    return watched.exit_code


def _lines(calls: CallLog, target: str) -> Iterator[str]:
    yield ""
    yield f"{len(calls.observed)} AWS calls to {target}, and {len(calls.implied)} that services made for them"
    for operation, count in sorted(calls.operations.items()):
        actions = sorted(
            {action for call in calls if f"{call.service}:{call.operation}" == operation for action in call.actions}
        )
        yield f"  {count:>5}  {operation:<45} {', '.join(actions)}"
    for call in calls.unknown:
        yield f"unknown operation: {call.service}: {call.reason}"
    if len(calls.refused):
        yield f"{len(calls.refused)} refused:"
    for call in calls.refused:
        yield f"  {call.service}:{call.operation}: {call.reason}"
