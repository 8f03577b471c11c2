"""The `tfproof` command."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import tfproof
from tfproof.errors import TfproofError

if TYPE_CHECKING:
    from tfproof.proof.proof import Proof
    from tfproof.terraform.workspace import Workspace

__all__ = ["main"]

_PROVED: Final = 0
_NOT_PROVED: Final = 1
_INTERRUPTED: Final = 130
_EXIT_CODES = """\
exit codes:
  0  proved
  1  not proved: a check failed or could not be decided
  2  bad usage
  3  could not run: Terraform, the provider or the target failed
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and answers its exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return int(options.command(options))
    except TfproofError as error:
        sys.stderr.write(f"tfproof: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("tfproof: interrupted; everything that was started has been ended\n")
        return _INTERRUPTED


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite end asked for from outside is a Ctrl-C: what was made is cleared up."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tfproof",
        description="Proves a Terraform state backend: plans, applies, audits, uses and destroys it with the real "
        "Terraform, against an emulator that is started for the run.",
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
    prove.add_argument("--terraform", metavar="PATH", help="Terraform or OpenTofu binary (default: the one on PATH)")
    prove.add_argument("--provider-mirror", metavar="FOLDER", help="filesystem mirror to take providers from")
    prove.add_argument("--region", default="us-east-1", help="region of the run (default: %(default)s)")
    prove.add_argument("--keep", action="store_true", help="keep the run folder; it holds plans and states in clear")
    prove.add_argument(
        "--no-keep-provider", action="store_true", help="let Terraform start the provider anew for each command"
    )
    prove.set_defaults(command=_prove)
    return parser


def _prove(options: argparse.Namespace) -> int:
    # Only now: `tfproof --help` must not wait for boto3 and rich.
    from rich.console import Console  # noqa: PLC0415

    from tfproof.proof.run import Settings, prove  # noqa: PLC0415
    from tfproof.report.terminal import TerminalReport  # noqa: PLC0415
    from tfproof.terraform.variables import parse_assignments  # noqa: PLC0415

    console = Console()
    report = TerminalReport(console)
    workspaces: list[Workspace] = []

    def started(proof: Proof, workspace: Workspace, folder: Path) -> None:
        workspaces.append(workspace)
        report.header(proof)
        if options.keep:
            console.print(f"  kept in    {folder}\n", highlight=False, soft_wrap=True)

    settings = Settings(
        module=options.module,
        variables=parse_assignments(options.var),
        variable_files=tuple(options.var_file),
        terraform=options.terraform,
        provider_mirror=options.provider_mirror,
        region=options.region,
        keep=options.keep,
        keep_provider=not options.no_keep_provider,
    )
    try:
        proof = prove(settings, report, started=started)
    finally:
        report.stop()
    report.results(proof, workspaces[0].locate)
    return _PROVED if proof.proved else _NOT_PROVED


if __name__ == "__main__":
    sys.exit(main())
