"""The `tfproof` command."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import tfproof
from tfproof.commands.audit import add_commands as add_audit_commands
from tfproof.commands.audit_backend import add_commands as add_audit_backend_commands
from tfproof.commands.mutate import add_commands as add_mutate_command
from tfproof.commands.report import add_commands as add_report_commands
from tfproof.commands.watch import add_commands as add_watch_commands
from tfproof.errors import TfproofError, UsageError
from tfproof.iam.command import add_commands as add_iam_commands

if TYPE_CHECKING:
    from tfproof.proof.proof import Proof
    from tfproof.proof.target_choice import TargetChoice
    from tfproof.report.failure import Locate
    from tfproof.targets.aws import AwsTarget
    from tfproof.terraform.workspace import Workspace

__all__ = ["main"]

_PROVED: Final = 0
_NOT_PROVED: Final = 1
_COULD_NOT_RUN: Final = 3
_INTERRUPTED: Final = 130
_EXIT_CODES = """\
exit codes:
  0    proved
  1    not proved: a check failed or could not be decided
  2    bad usage, or a configuration that the guard rail refuses
  3    could not run: Terraform, the provider or the target failed
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and answers its exit code."""
    _print_anything()
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _as_interrupt)
    # Once all is done and said, Ctrl-C could only tear the interpreter's own end apart.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    try:
        return int(options.command(options))
    except TfproofError as error:
        sys.stderr.write(f"tfproof: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            # What is still in the buffer would be tried again, and complained about, at the interpreter's end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write("tfproof: nobody reads the output any more; everything that was started has been ended\n")
        return _COULD_NOT_RUN
    except Exception:  # noqa: BLE001  # Python's own exit code for it is 1, which would say "not proved"
        traceback.print_exc()
        sys.stderr.write("tfproof: this is a fault of tfproof itself: please report it with the lines above\n")
        return _COULD_NOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write(f"tfproof: interrupted; {_what_is_left()}\n")
        return _INTERRUPTED


def _print_anything() -> None:
    """Lets a terminal that knows no more than ASCII show the rest by its code, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _what_is_left() -> str:
    from tfproof.proof.run_folder import find_run_folders  # noqa: PLC0415

    if any(run.owner.pid == os.getpid() and not run.kept for run in find_run_folders()):
        return "something that was started is left: `tfproof gc` ends it"
    return "everything that was started has been ended"


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite end asked for from outside is a Ctrl-C: what was made is cleared up."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tfproof",
        description="Proves a Terraform state backend: plans, applies, audits, uses and destroys it\n"
        "with the real Terraform, against an emulator that is started for the run.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tfproof {tfproof.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    prove = commands.add_parser(
        "prove",
        help="prove a state backend module",
        description="Plans, applies, audits and destroys a module, and says of every check whether it holds.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prove.add_argument("module", type=Path, metavar="PATH", help="folder of the root module")
    prove.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="value of a variable, as Terraform's -var"
    )
    prove.add_argument("--var-file", action="append", default=[], type=Path, metavar="FILE", help="a .tfvars file")
    prove.add_argument(
        "--output-name",
        action="append",
        default=[],
        metavar="NAME=THEIRS",
        help="what the module calls an output: bucket_name=state_bucket; may be given for several",
    )
    _add_tools(prove)
    _add_target(prove)
    prove.add_argument("--region", default="us-east-1", help="region of the run (default: %(default)s)")
    prove.add_argument("--keep", action="store_true", help="keep the run folder; it holds plans and states in clear")
    prove.add_argument(
        "--no-keep-provider", action="store_true", help="let Terraform start the provider anew for each command"
    )
    prove.add_argument("--evidence", type=Path, metavar="FILE", help="write all that was found to this file, as JSON")
    prove.set_defaults(command=_prove)
    prove.add_argument(
        "--depth",
        choices=["none", "quick", "full"],
        default="quick",
        help="how much is tried with the module as a backend: not at all; states, locks and the documented policy; "
        "or every operation without every action, which takes minutes (default: %(default)s)",
    )
    prove.add_argument(
        "--ignore-backend", action="store_true", help="replace a backend block by a local one, in the copy that is run"
    )
    doctor = commands.add_parser(
        "doctor",
        help="say whether this machine has what a proof needs",
        description="Says what is there, what is missing, and how to get it.",
    )
    _add_tools(doctor)
    _add_target(doctor)
    doctor.set_defaults(command=_doctor)
    collect = commands.add_parser(
        "gc",
        help="clear up after runs that were killed",
        description="Ends the processes and removes the folders of runs whose owner is gone.",
    )
    collect.add_argument("--dry-run", action="store_true", help="only say what would be done")
    collect.add_argument("--kept", action="store_true", help="also remove folders that --keep or --tf-keep has kept")
    collect.add_argument(
        "--target",
        choices=["aws"],
        help="also delete what runs have left in an AWS account, by its tags, once it expired",
    )
    _add_account(collect)
    collect.add_argument("--region", default="us-east-1", help="region to look in (default: %(default)s)")
    collect.add_argument("--endpoint-url", metavar="URL", help="an emulator on this machine that stands in for AWS")
    collect.set_defaults(command=_collect)
    add_audit_commands(commands)
    add_audit_backend_commands(commands)
    add_report_commands(commands)
    add_mutate_command(commands)
    add_watch_commands(commands)
    iam = commands.add_parser(
        "iam", help="simulate, explain and validate IAM policies", description="IAM policies, offline."
    )
    add_iam_commands(iam)
    validate = commands.add_parser(
        "validate",
        help="run `terraform validate` on modules",
        description="Runs `terraform validate` on copies of modules.",
    )
    validate.add_argument("modules", nargs="+", type=Path, metavar="PATH", help="folder of a module")
    _add_tools(validate)
    validate.set_defaults(command=_validate)
    return parser


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        choices=["embedded", "localstack", "localstack-host", "aws"],
        default="embedded",
        help="where it is applied: an emulator of the run's own, a LocalStack that runs already, one that is installed "
        "and started for the run, or a real AWS account (default: %(default)s)",
    )
    parser.add_argument("--endpoint-url", metavar="URL", help="where LocalStack runs (default: http://127.0.0.1:4566)")
    _add_account(parser)


def _add_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--aws-account-allow",
        action="append",
        default=[],
        metavar="ACCOUNT",
        help="with --target aws: the id of an account that may be touched; the caller's must be one of those given",
    )


def _add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--terraform", metavar="PATH", help="Terraform or OpenTofu binary (default: the one on PATH)")
    parser.add_argument("--provider-mirror", metavar="FOLDER", help="filesystem mirror to take providers from")


def _validate(options: argparse.Namespace) -> int:
    from tfproof.proof.validate import validate  # noqa: PLC0415

    found = validate(options.modules, terraform=options.terraform, provider_mirror=options.provider_mirror)
    for module, diagnostics in found.items():
        errors = [item for item in diagnostics if item.is_error]
        print(f"{module}: {'not valid' if errors else 'valid'}")  # noqa: T201  # what the command is for
        for diagnostic in diagnostics:
            print(f"  {diagnostic}")  # noqa: T201
    return int(any(item.is_error for diagnostics in found.values() for item in diagnostics))


def _doctor(options: argparse.Namespace) -> int:
    from tfproof.proof.doctor import examine  # noqa: PLC0415

    missing = 0
    choice = _choice(options)
    for item in examine(terraform=options.terraform, provider_mirror=options.provider_mirror, target=choice):
        missing += not item.good
        print(f"{'ok     ' if item.good else 'MISSING'}  {item.name:<12} {item.found}", flush=True)  # noqa: T201
        if item.remedy:
            print(f"{'':<9}{'':<12} {item.remedy}")  # noqa: T201
    return _COULD_NOT_RUN if missing else _PROVED


def _collect(options: argparse.Namespace) -> int:
    from tfproof.proof.gc import collect  # noqa: PLC0415

    found = False
    for line in collect(kept=options.kept, dry=options.dry_run, aws=_account(options)):
        found = True
        print(line, flush=True)  # noqa: T201
    if not found:
        print("nothing to clear up")  # noqa: T201
    return _PROVED


def _account(options: argparse.Namespace) -> AwsTarget | None:
    """The account to clear up in, when one was asked for."""
    if options.target is None:
        for name in ("aws_account_allow", "endpoint_url"):
            if getattr(options, name):
                raise UsageError(f"{name}={getattr(options, name)!r} needs --target aws")
        return None
    from tfproof.proof.naming import make_run_id  # noqa: PLC0415

    return _choice(options).account(run_id=make_run_id(), region=options.region)


def _choice(options: argparse.Namespace) -> TargetChoice:
    from tfproof.proof.target_choice import TargetChoice  # noqa: PLC0415

    return TargetChoice(options.target, options.endpoint_url, tuple(options.aws_account_allow))


def _prove(options: argparse.Namespace) -> int:
    # Only now: `tfproof --help` must not wait for boto3 and rich.
    from rich.console import Console  # noqa: PLC0415

    from tfproof.backend_use.use import Depth  # noqa: PLC0415
    from tfproof.checks.output_mapping import parse_output_names  # noqa: PLC0415
    from tfproof.proof.run import Settings, prove  # noqa: PLC0415
    from tfproof.report.formats import broken_pipe  # noqa: PLC0415
    from tfproof.report.terminal import TerminalReport  # noqa: PLC0415
    from tfproof.terraform.variables import parse_assignments  # noqa: PLC0415

    console = Console()
    console.on_broken_pipe = broken_pipe  # type: ignore[method-assign]
    report = TerminalReport(console)
    workspaces: list[Workspace] = []

    def started(proof: Proof, workspace: Workspace, folder: Path) -> None:
        workspaces.append(workspace)
        report.header(proof)
        if options.keep:
            console.print(f"  kept in    {folder}\n", highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        sys.stderr.write(f"tfproof: {line}\n")

    settings = Settings(
        module=options.module,
        variables=parse_assignments(options.var),
        variable_files=tuple(options.var_file),
        terraform=options.terraform,
        provider_mirror=options.provider_mirror,
        target=_choice(options),
        region=options.region,
        keep=options.keep,
        keep_provider=not options.no_keep_provider,
        ignore_backend=options.ignore_backend,
        depth=Depth(options.depth),
        output_names=parse_output_names(options.output_name),
    )
    try:
        proof = prove(settings, report, started=started, say=say)
    finally:
        report.stop()
    report.results(proof, workspaces[0].locate)
    if options.evidence is not None:
        _write_evidence(proof, options.evidence, workspaces[0].locate)
    return _PROVED if proof.proved else _NOT_PROVED


def _write_evidence(proof: Proof, file: Path, locate: Locate) -> None:
    import json  # noqa: PLC0415

    from tfproof.audit.scrub import Scrubber, environment_secrets  # noqa: PLC0415
    from tfproof.report.evidence import evidence  # noqa: PLC0415
    from tfproof.report.scrubbed import scrubbed_evidence  # noqa: PLC0415

    found = scrubbed_evidence(evidence(proof, locate), Scrubber(environment_secrets()))
    try:
        file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"evidence={str(file)!r} cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
