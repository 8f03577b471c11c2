"""Audits one document: finds the state backends in it, and puts every check to what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tfproof.audit.document import Document, Kind, read_document
from tfproof.audit.errors import DocumentError
from tfproof.audit.inline_style import inline_path
from tfproof.audit.layout import FoundBackend, find_backends
from tfproof.audit.plan_checks import plan_findings
from tfproof.audit.scrub import revealed_secrets
from tfproof.audit.state_checks import StateVersion, settings_findings, state_findings
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Verdict
from tfproof.errors import TfproofError
from tfproof.terraform.plan import Plan
from tfproof.terraform.state import State

__all__ = ["Audited", "audit_bytes", "audit_document"]

_MALFORMED: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, OverflowError)
_HELD_WITHOUT: Final = frozenset({"policy-not-public", "policy-right-write"})
"""Hold where there is no bucket policy: it lets nobody in, and denies no write."""
_OUTPUT_OF: Final = {
    "output-backend-config": "backend_config",
    "output-backend-config-hcl": "backend_config_hcl",
    "output-documented-policy": "documented_policy_json",
    "output-kms-key-arn": "kms_key_arn",
}


@dataclass(slots=True)
class Audited:
    """What the audit of one document found.

    Attributes:
        name: What the user calls the document.
        kind: What it is.
        facts: What else is known of it, for people and JSON: version, serial, number of resources, the backends in it.
        findings: What the checks answered.
        notes: What is worth knowing besides.
        version: Serial and lineage of a state, None for a plan.
        secrets: Values that must not be shown, whatever shows them.
    """

    name: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    version: StateVersion | None = None
    secrets: tuple[str, ...] = ()


def audit_bytes(data: bytes, name: str, *, buckets: Sequence[str] = (), secrets: bool = True) -> Audited:
    """Reads and audits a document.

    Args:
        data: What is in it.
        name: What the user calls it.
        buckets: Names or addresses of buckets that hold states.
        secrets: Whether a state is searched for secrets.

    Raises:
        DocumentError: It is no document that can be audited.
    """
    return audit_document(read_document(data, name, secrets=secrets), buckets=buckets, secrets=secrets)


def audit_document(document: Document, *, buckets: Sequence[str] = (), secrets: bool = True) -> Audited:
    """Audits a document that was read.

    Raises:
        DocumentError: It is not as Terraform writes it.
    """
    if document.kind is Kind.SETTINGS:
        findings = settings_findings(document.body, document.name)
        kind = document.body["backend"].get("type")
        notes = [] if findings else [f"{document.name}: settings of a backend {str(kind)[:40]!r}, not s3"]
        return Audited(document.name, str(document.kind), findings=findings, notes=notes)
    try:
        return (
            _audit_plan(document, buckets) if document.kind is Kind.PLAN else _audit_state(document, buckets, secrets)
        )
    except DocumentError:
        raise
    except TfproofError as error:
        raise DocumentError(f"{document.name}: {error.message}", remedy=error.remedy) from None
    except _MALFORMED as error:
        raise DocumentError(
            f"{document.name}: not as Terraform writes a {document.kind} ({type(error).__name__})",
            remedy="Take it as Terraform gives it: `terraform show -json` or `terraform state pull`.",
        ) from None


def _audit_plan(document: Document, buckets: Sequence[str]) -> Audited:
    plan = Plan(document.body)
    made = Audited(document.name, str(document.kind), secrets=revealed_secrets(document.body))
    acting = sum(not change.is_idle for change in plan.changes.values())
    made.facts = {
        "terraform": plan.terraform_version[:40],
        "resources": len(plan.resources),
        "changes": acting,
    }
    made.findings += plan_findings(plan)
    if document.body.get("errored") is True:
        made.notes.append(f"{document.name}: Terraform did not finish this plan: it shows no more than a part")
    _audit_backends(plan, made, buckets)
    return made


def _audit_state(document: Document, buckets: Sequence[str], secrets: bool) -> Audited:  # noqa: FBT001
    scan = document.scan
    if scan is None:
        raise DocumentError(f"{document.name}: no resources were read")
    serial = document.body.get("serial", 0)
    if type(serial) is not int:
        raise DocumentError(f"{document.name}: serial is no number")
    state = State(scan.document({**document.body, "version": 4}))
    made = Audited(document.name, str(document.kind))
    made.facts = {"terraform": state.terraform_version[:40], "resources": scan.instances}
    if document.kind is Kind.STATE:
        made.facts |= {"serial": state.serial, "lineage": state.lineage[:80]}
        made.version = StateVersion(document.name, state.serial, state.lineage)
    made.secrets = tuple(scan.hidden)
    if scan.values is not None:
        made.facts["texts searched for secrets"] = scan.values.seen
    made.findings += state_findings(scan, secrets=secrets)
    _audit_backends(state, made, buckets)
    return made


def _audit_backends(source: Plan | State, made: Audited, buckets: Sequence[str]) -> None:
    found = find_backends(source, named=buckets)
    made.facts["backends"] = [
        {"bucket": item.backend.bucket.address if item.backend.bucket else "", "recognised": item.why} for item in found
    ]
    if not found:
        made.notes.append(
            f"{made.name}: no state backend in it: the checks of buckets, keys and tables had nothing to look at "
            "(--bucket NAME names one that is not recognised)"
        )
    for item in found:
        made.notes += [f"{made.name}: {text}" for text in item.outside]
        made.findings += _backend_findings(item)


def _backend_findings(found: FoundBackend) -> Iterator[Finding]:
    backend = found.backend
    bucket = backend.bucket.address if backend.bucket is not None else ""
    for check in CHECKS:
        if check.section == "key" and backend.key is None:
            continue  # bucket-encryption and bucket-encryption-key say that there is none
        if check.id in _HELD_WITHOUT and not backend.bucket_parts("aws_s3_bucket_policy"):
            answer = Answer(Verdict.PASSED, bucket, "policy", check.title, "there is no bucket policy", bucket)
            yield check.finding(backend.layer, answer)
            continue
        if check.id in _OUTPUT_OF and _OUTPUT_OF[check.id] not in backend.outputs:
            continue  # no promise of modules other than ours
        for finding in _answered(check, backend, bucket):
            yield _as_written(finding, bucket)


def _answered(check: Check, backend: Any, bucket: str) -> list[Finding]:
    try:
        return check.on_configured(backend)
    except TfproofError as error:
        told = error.message
    except _MALFORMED as error:
        told = f"attributes that are not as the provider has them ({type(error).__name__})"
    answer = Answer(Verdict.UNDECIDED, bucket, "", "attributes as the AWS provider has them", told, bucket)
    return [check.finding(backend.layer, answer)]


def _as_written(finding: Finding, bucket: str) -> Finding:
    """A finding on a setting that stands in the bucket itself, with the path it has there."""
    answer = finding.answer
    if answer.address != bucket or not answer.path or inline_path(answer.path) == answer.path:
        return finding
    path = inline_path(answer.path)
    moved = Answer(answer.verdict, answer.subject, path, answer.expected, answer.found, answer.address)
    return Finding(finding.check_id, finding.layer, moved)
