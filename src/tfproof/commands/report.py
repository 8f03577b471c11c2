"""`tfproof report EVIDENCE --format html`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError, UsageError

__all__ = ["add_commands"]


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Mounts `report` under the parser of `tfproof`."""
    report = commands.add_parser(
        "report",
        help="show the evidence of a proof or an audit in another format",
        description="Makes a report of the evidence that `prove --evidence` or `audit --format json` wrote.",
    )
    report.add_argument("evidence", metavar="EVIDENCE", help="the evidence, or - for standard input")
    report.add_argument(
        "--format",
        choices=["json", "sarif", "junit", "markdown", "html"],
        default="html",
        help="how it is shown (default: %(default)s)",
    )
    report.add_argument("--output", type=Path, metavar="FILE", help="write it to this file instead of standard output")
    report.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from tfproof.report.formats import write  # noqa: PLC0415  # `--help` must not wait
    from tfproof.report.model import read_evidence  # noqa: PLC0415

    if options.evidence == "-":
        text = sys.stdin.read()
    else:
        try:
            text = Path(options.evidence).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"evidence={options.evidence!r} cannot be read: {error}") from None
    evidence = read_evidence(text, options.evidence)
    try:
        write(evidence, options.format, options.output)
    except TfproofError:
        raise
    except _MALFORMED as error:
        # What a proof tells of its calls is no part of the schema.
        raise UsageError(
            f"{options.evidence} is not as tfproof writes evidence ({type(error).__name__})",
            remedy="Give what `--format json` or `--evidence` wrote, as it was.",
        ) from None
    return 0


_MALFORMED: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
