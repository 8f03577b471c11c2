"""`tfproof audit-backend --bucket B`."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tfproof.commands.audit import add_audit_options, scrubbed
from tfproof.errors import TfproofError, UsageError

if TYPE_CHECKING:
    from tfproof.audit.live.place import Place
    from tfproof.audit.live.tally import Tally

__all__ = ["add_commands"]

_EXIT_CODES: Final = """\
exit codes:
  0    nothing that --fail-on counts has failed or could not be decided
  1    a check failed or could not be decided
  2    bad usage, or no such bucket or table
  3    could not run
  130  interrupted; with --resume the same command goes on where it was
"""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Mounts `audit-backend` under the parser of `tfproof`."""
    audit = commands.add_parser(
        "audit-backend",
        help="audit a backend in use: bucket, key, table, and every object and version in it",
        description="Reads a backend in use, and changes nothing: settings and policies, every object and version\n"
        "with its encryption, locks, digests, delete markers. Says for each wrong object what mends it.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = audit.add_argument
    add("--bucket", required=True, metavar="NAME", help="the bucket that holds the states")
    add("--table", default="", metavar="NAME", help="the lock table")
    add("--prefix", default="", metavar="TEXT", help="only objects whose keys begin so")
    add("--key", default="", metavar="KEY", help="ARN, id or alias of the key of everything (default: the bucket's)")
    add("--region", metavar="NAME", help="region of the bucket (default: as for the AWS command line)")
    add("--endpoint-url", metavar="URL", help="another place than AWS")
    add("--concurrency", type=int, default=16, metavar="N", help="requests at once (default: %(default)s)")
    add("--lock-age", type=int, default=60, metavar="MINUTES", help="age of a lock left behind (default: %(default)s)")
    add("--no-digests", action="store_true", help="do not read states to compare them with the table's digests")
    add("--resume", type=Path, metavar="FILE", help="keep the progress in this file, and go on from it")
    add("--permissions", action="store_true", help="print the policy that the audit needs, and do nothing else")
    add_audit_options(audit)
    audit.set_defaults(command=_audit)


def _audit(options: argparse.Namespace) -> int:
    from tfproof.audit.scrub import Scrubber, environment_secrets  # noqa: PLC0415  # `--help` must not wait

    if options.permissions:
        return _print_permissions(options)
    if options.concurrency < 1 or options.lock_age < 0:
        raise UsageError("--concurrency must be 1 or more, and --lock-age 0 or more")
    try:
        return _audited(options)
    except TfproofError as error:
        raise scrubbed(error, Scrubber(environment_secrets())) from None


def _place(options: argparse.Namespace) -> Place:
    from tfproof.audit.live.place import Place  # noqa: PLC0415
    from tfproof.audit.session import user_client  # noqa: PLC0415

    @lru_cache(maxsize=8)
    def client(service: str) -> Any:
        return user_client(
            service, endpoint=options.endpoint_url, region=options.region, connections=options.concurrency + 2
        )()

    return Place(options.bucket, options.table, options.prefix, client, _partition(options))


def _partition(options: argparse.Namespace) -> str:
    """AWS's partition by the key's ARN, else by the region: nobody is asked."""
    from tfproof.audit.session import partition_of  # noqa: PLC0415

    return str(options.key.split(":")[1]) if options.key.startswith("arn:") else partition_of(options.region)


def _audited(options: argparse.Namespace) -> int:
    from tfproof.audit.baseline import Baseline  # noqa: PLC0415
    from tfproof.audit.catalogue import BACKEND_CHECKS, Choice  # noqa: PLC0415
    from tfproof.audit.live.backend import LiveAudit, LiveSettings  # noqa: PLC0415
    from tfproof.audit.live.journal import Journal  # noqa: PLC0415
    from tfproof.audit.live.known import check_key_name, look_around  # noqa: PLC0415
    from tfproof.audit.scrub import Scrubber, environment_secrets  # noqa: PLC0415
    from tfproof.checks.severity import Severity  # noqa: PLC0415
    from tfproof.report.audit_evidence import AuditEvidence  # noqa: PLC0415
    from tfproof.report.formats import refuse_unwritable, write  # noqa: PLC0415
    from tfproof.report.scrubbed import scrubbed_evidence  # noqa: PLC0415
    from tfproof.report.threshold import Threshold  # noqa: PLC0415

    started = time.monotonic()
    if options.key:
        check_key_name(options.key)
    refuse_unwritable(options.output)
    place = _place(options)
    settings = LiveSettings(
        key=options.key,
        concurrency=options.concurrency,
        lock_age=dt.timedelta(minutes=options.lock_age),
        digests=not options.no_digests,
    )
    gathered = AuditEvidence(
        "audit-backend",
        choice=Choice(options.select, options.ignore, among=BACKEND_CHECKS),
        baseline=Baseline.read(options.baseline) if options.baseline is not None else Baseline(),
        threshold=Threshold(Severity(options.fail_on), undecided=True),
    )
    # Before the walk: what is not there must not be found out after hours.
    known = look_around(place, settings.key)
    journal = Journal(options.resume, {"bucket": options.bucket, "prefix": options.prefix, "key": options.key})
    audit = LiveAudit(place, settings, journal, _progress, known=known)
    name = f"s3://{options.bucket}/{options.prefix}"
    try:
        for finding, remedy in audit.findings():
            gathered.finding(finding, name, remedy)
        _progress_over()
        for note in audit.notes:
            gathered.note(note)
        gathered.input(name, "backend", {"key": audit.key, "table": options.table})
        objects = {
            **audit.tally.as_json(),
            "complete": audit.complete,
            "requests": dict(sorted(place.requests.items())),
        }
        permissions = place.permissions(audit.key)
        evidence = gathered.evidence(time.monotonic() - started, permissions=permissions, objects=objects)
        code = 0 if evidence["verdict"] == "passed" else 1
        write(scrubbed_evidence(evidence, Scrubber(environment_secrets())), options.format, options.output)
        if audit.complete:
            journal.finish()
    finally:
        journal.close()
        _progress_over()
    return code


def _progress(tally: Tally) -> None:
    if sys.stderr.isatty():
        wrong = sum(tally.wrong.values())
        sys.stderr.write(f"\r  {tally.versions} versions, {tally.delete_markers} delete markers, {wrong} findings ")
        sys.stderr.flush()


def _progress_over() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _key_resource(key: str, partition: str) -> str:
    """The key as a policy's Resource, which no alias can be (KMS developer guide, KMS keys in IAM statements)."""
    if not key:
        return "*"
    if "alias/" in key:
        return f"arn:{partition}:kms:*:*:key/*"
    return key if key.startswith("arn:") else f"arn:{partition}:kms:*:*:key/{key}"


def _print_permissions(options: argparse.Namespace) -> int:
    from tfproof.audit.live.known import check_key_name  # noqa: PLC0415
    from tfproof.audit.live.place import Place  # noqa: PLC0415

    if options.key:
        check_key_name(options.key)
    partition = _partition(options)
    place = Place(options.bucket, options.table, options.prefix, partition=partition)
    by_resource: dict[str, list[str]] = {}
    for need in place.permissions(_key_resource(options.key, partition)):
        resource = need["resource"]
        if resource.startswith("table "):
            resource = f"arn:{partition}:dynamodb:*:*:table/{options.table}"
        by_resource.setdefault(resource, []).append(need["action"])
    statements = [
        {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": resource}
        for resource, actions in by_resource.items()
    ]
    sys.stdout.write(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n")
    return 0
