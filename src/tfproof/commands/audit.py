"""`tfproof audit FILE...`."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tfproof.errors import TfproofError, UsageError

if TYPE_CHECKING:
    from tfproof.audit.inputs import Input
    from tfproof.audit.scrub import Scrubber
    from tfproof.report.failure import Locate

__all__ = ["add_audit_options", "add_commands", "scrubbed"]

_EXIT_CODES: Final = """\
exit codes:
  0    nothing that --fail-on counts has failed; what is undecided is listed
  1    a check failed, or was undecided with --fail-on-undecided
  2    bad usage, or a file that is no plan or state
  3    could not run
  130  interrupted
"""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Mounts `audit` under the parser of `tfproof`."""
    audit = commands.add_parser(
        "audit",
        help="audit plans and states: of any module, in any style",
        description="Audits plans (`terraform show -json`, plan files), states (version 4, `show -json`) and backend\n"
        "settings. What a file is is told by what is in it.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = audit.add_argument
    add("files", nargs="*", metavar="FILE", help="a file, a folder, s3://BUCKET/KEY, or - for standard input")
    add("--bucket", action="append", default=[], metavar="NAME", help="a bucket that holds states (name or address)")
    add("--source", type=Path, metavar="DIR", help="folder of the configuration, to point at lines (default: this one)")
    add("--no-secrets", action="store_true", help="do not search states for secrets")
    add("--terraform", metavar="PATH", help="Terraform or OpenTofu binary, for plan files (default: the one on PATH)")
    add("--jobs", type=int, metavar="N", help="processes for many files (default: as many as there are cores)")
    add("--executor", metavar="dask://HOST:PORT", help="audit on a Dask cluster that runs already (tfproof[dask])")
    add("--endpoint-url", metavar="URL", help="where S3 is, for s3:// addresses")
    add("--list", action="store_true", help="list the checks with their severities, and do nothing else")
    add("--fail-on-undecided", action="store_true", help="count what is undecided as failed")
    add_audit_options(audit)
    audit.set_defaults(command=_audit)


def add_audit_options(parser: argparse.ArgumentParser) -> None:
    """The options that every audit has: what counts, and how it is shown."""
    add = parser.add_argument
    add(
        "--fail-on",
        choices=["critical", "high", "medium", "low"],
        default="low",
        metavar="SEVERITY",
        help="the least severity that makes the audit fail: critical, high, medium, low (default: %(default)s)",
    )
    add("--baseline", type=Path, metavar="FILE", help="findings that are accepted for a time, with reasons (TOML)")
    add("--select", action="append", default=[], metavar="IDS", help="only these checks; * and ? as in file names")
    add("--ignore", action="append", default=[], metavar="IDS", help="not these checks")
    add(
        "--format",
        choices=["terminal", "json", "sarif", "junit", "markdown", "html"],
        default="terminal",
        help="how it is shown (default: %(default)s)",
    )
    add("--output", type=Path, metavar="FILE", help="write it to this file instead of standard output")


def scrubbed(error: TfproofError, scrubber: Scrubber) -> TfproofError:
    """An error whose message holds no secret, whoever wrote it."""
    error.message, error.remedy = scrubber.text(error.message), scrubber.text(error.remedy)
    error.args = (error.message,)
    return error


def _audit(options: argparse.Namespace) -> int:
    from tfproof.audit.scrub import Scrubber, environment_secrets  # noqa: PLC0415  # `--help` must not wait

    if options.list:
        return _list()
    scrubber = Scrubber(environment_secrets())
    try:
        return _audited(options)
    except TfproofError as error:
        raise scrubbed(error, scrubber) from None


def _audited(options: argparse.Namespace) -> int:
    from tfproof.audit.baseline import Baseline  # noqa: PLC0415
    from tfproof.audit.catalogue import FILE_CHECKS, Choice, checks_of  # noqa: PLC0415
    from tfproof.audit.inputs import expand  # noqa: PLC0415
    from tfproof.audit.run import Auditing, audit_all  # noqa: PLC0415
    from tfproof.audit.scrub import Scrubber, environment_secrets  # noqa: PLC0415
    from tfproof.audit.session import user_client  # noqa: PLC0415
    from tfproof.checks.severity import Severity  # noqa: PLC0415
    from tfproof.report.audit_evidence import AuditEvidence  # noqa: PLC0415
    from tfproof.report.formats import refuse_unwritable, write  # noqa: PLC0415
    from tfproof.report.scrubbed import scrubbed_evidence  # noqa: PLC0415
    from tfproof.report.threshold import Threshold  # noqa: PLC0415

    if not options.files:
        raise UsageError("nothing to audit was named", remedy="Name plans, states or folders, or - for standard input.")
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs={options.jobs}: at least one process is needed")
    if options.source is not None and not options.source.is_dir():
        raise UsageError(f"--source={str(options.source)!r} is no folder")
    refuse_unwritable(options.output)
    # Of a large plan everything stays until the end: looking for garbage all the while doubles the time.
    gc.set_threshold(100_000, 50, 50)
    started = time.monotonic()
    choice = Choice(options.select, options.ignore, among=FILE_CHECKS)
    gathered = AuditEvidence(
        "audit",
        choice=choice,
        baseline=Baseline.read(options.baseline) if options.baseline is not None else Baseline(),
        threshold=Threshold(Severity(options.fail_on), undecided=options.fail_on_undecided),
        locate=_locate(options.source),
    )
    client = user_client("s3", endpoint=options.endpoint_url)
    inputs = list(expand(options.files, lambda address: _s3(address, client)))
    how = Auditing(
        buckets=tuple(options.bucket),
        secrets=not options.no_secrets,
        source=options.source,
        terraform=options.terraform,
        jobs=options.jobs,
        executor=options.executor,
    )
    secrets: set[str] = set(environment_secrets())
    kinds: set[str] = set()
    for item, audited in zip(inputs, audit_all(inputs, how), strict=True):
        if item.name.startswith("s3://") and audited.version is not None:
            _add_history(audited, client)
        gathered.add(audited)
        kinds.add(audited.kind)
        secrets.update(audited.secrets)
    if kinds - {"other"}:
        choice.require(checks_of(kinds))
    evidence = gathered.evidence(time.monotonic() - started)
    code = 0 if evidence["verdict"] == "passed" else 1
    write(scrubbed_evidence(evidence, Scrubber(secrets)), options.format, options.output)
    return code


def _s3(address: str, client: Callable[[], Any]) -> Input:
    from tfproof.audit.s3_object import s3_input  # noqa: PLC0415

    return s3_input(address, client)


def _add_history(audited: Any, client: Callable[[], Any]) -> None:
    from tfproof.audit.s3_object import s3_history  # noqa: PLC0415
    from tfproof.audit.state_checks import HISTORY, history_findings  # noqa: PLC0415
    from tfproof.checks.finding import Answer, Layer, Verdict  # noqa: PLC0415

    try:
        audited.findings += history_findings(s3_history(audited.name, client))
    except TfproofError as error:
        answer = Answer(Verdict.UNDECIDED, audited.name, "serial", "growing serials, one lineage", error.message)
        audited.findings.append(HISTORY.finding(Layer.STATE, answer))


def _locate(source: Path | None) -> Locate:
    from tfproof.terraform.source import ModuleSource  # noqa: PLC0415

    folder = source or Path()
    return ModuleSource(folder).locate if any(folder.glob("*.tf*")) else lambda _address, _path: None


def _list() -> int:
    from tfproof.audit.catalogue import AUDIT_CHECKS  # noqa: PLC0415
    from tfproof.checks.severity import severity_of  # noqa: PLC0415

    for check in AUDIT_CHECKS:
        sys.stdout.write(f"{check.id:<32} {severity_of(check.id):<9} {check.title}\n")
    return 0
