"""What a file is, by what is in it: a plan, a state, or a working folder's backend settings."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tfproof.audit.errors import DocumentError, OtherDocument
from tfproof.audit.state_scan import StateScan
from tfproof.audit.strict_json import Member, is_object, members, read_through

__all__ = ["STANDARD_INPUT", "Document", "Kind", "is_plan_file", "read_document"]

STANDARD_INPUT: Final = "standard input"
"""What standard input is called."""
_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"
_ZSTD_BZIP_XZ: Final = (b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_STATE_VERSION: Final = 4
_SETTINGS_VERSION: Final = 3
_BYTES_SHOWN: Final = 4096


class Kind(StrEnum):
    """What can be audited."""

    PLAN = "plan"
    STATE = "state"
    SHOWN_STATE = "state, as shown"
    SETTINGS = "backend settings"


@dataclass(slots=True)
class Document:
    """A file that was recognised.

    Attributes:
        name: What the user calls it.
        kind: What it is.
        body: The parsed JSON; of a state all but its resources.
        scan: What was seen of a state's resources on the way through; None for a plan or settings.
    """

    name: str
    kind: Kind
    body: dict[str, Any] = field(default_factory=dict)
    scan: StateScan | None = None


def is_plan_file(data: bytes) -> bool:
    """Whether these bytes are a plan file as `terraform plan -out` writes it: a zip archive."""
    return data.startswith(_ZIP)


def read_document(data: bytes, name: str, *, secrets: bool = True) -> Document:
    """Recognises and reads a file.

    Args:
        data: What is in it.
        name: What the user calls it.
        secrets: Whether a state's values are kept for the search for secrets.

    Raises:
        OtherDocument: It is JSON that was never meant to be audited.
        DocumentError: It is nothing that can be audited; says what it looks like, and what would help.
    """
    text = _decoded(data, name)
    if not is_object(text):
        read_through(text, name)
        raise OtherDocument(f"{name}: not JSON: '{{' expected: no plan or state, they are objects")
    scan = StateScan(name, secrets=secrets)
    body: dict[str, Any] = {}
    problem: DocumentError | None = None
    for member in members(text, name, apart=frozenset({"resources"})):
        try:
            if member.is_element:
                if problem is None:
                    scan.add(member.value)
            else:
                _put(body, member, name)
        except DocumentError as error:
            # Other programs have resources too; whose these are is known at the end.
            problem = error
    if problem is not None:
        raise problem if _is_meant(body) else OtherDocument(f"{name}: neither a plan nor a state")
    kind = _kind(body, name, has_resources=scan.entries > 0)
    if kind is Kind.STATE:
        scan.outputs(body.get("outputs"))
        return Document(name, kind, body, scan)
    if kind is Kind.SHOWN_STATE:
        shown = StateScan(name, secrets=secrets)
        shown.add_shown(body.get("values"))
        body = {"version": _STATE_VERSION, **_shown_head(body)}
        shown.outputs(body["outputs"])
        return Document(name, kind, body, shown)
    return Document(name, kind, body)


def _put(body: dict[str, Any], member: Member, name: str) -> None:
    if member.name == "resources":
        raise DocumentError(f"{name}: resources is not a list: no state that Terraform wrote")
    body[member.name] = member.value


def _shown_head(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    outputs = values.get("outputs", {}) if isinstance(values, dict) else {}
    return {"terraform_version": body.get("terraform_version", ""), "outputs": outputs}


def _is_meant(body: dict[str, Any]) -> bool:
    """Whether an object has what only plans and states have, of whatever version."""
    names = set(body)
    return bool(
        names & {"encrypted_data", "planned_values", "resource_changes"}
        or names >= {"serial", "lineage"}
        or names >= {"serial", "version"}
        or (names >= {"modules", "version"} and type(body["version"]) is int)
        or ("terraform_version" in names and names & {"format_version", "version"})
    )


def _decoded(data: bytes, name: str) -> str:
    if not data.strip():
        raise DocumentError(
            f"{name}: empty",
            remedy="A state or plan that is empty was never written whole: look for a backup or an older version.",
        )
    if data.startswith(_GZIP):
        raise DocumentError(f"{name}: compressed with gzip", remedy=f"Unpack it first: {_unpacked(name)}")
    if data.startswith(_ZSTD_BZIP_XZ):
        raise DocumentError(f"{name}: a compressed file", remedy="Unpack it first.")
    if data.startswith(_UTF16) or b"\x00" in data[:_BYTES_SHOWN]:
        raise DocumentError(
            f"{name}: not UTF-8" + (": it is UTF-16" if data.startswith(_UTF16) else ""),
            remedy="PowerShell's `>` writes UTF-16. Write it with `... | Out-File -Encoding utf8 FILE`.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name}: not UTF-8, at byte {error.start}",
            remedy="Terraform writes UTF-8: take the file as it was written.",
        ) from None


def _unpacked(name: str) -> str:
    """The command that audits what is in a file that was compressed with gzip."""
    if name == STANDARD_INPUT:
        return "... | gunzip | tfproof audit -"
    if name.startswith("s3://"):
        return f"aws s3 cp {shlex.quote(name)} - | gunzip | tfproof audit -"
    return f"gunzip -c -- {shlex.quote(name)} | tfproof audit -"


def _kind(body: dict[str, Any], name: str, *, has_resources: bool) -> Kind:
    if "encrypted_data" in body:
        raise DocumentError(
            f"{name}: encrypted by OpenTofu: nothing in it can be read without its key",
            remedy="Audit what OpenTofu gives: `tofu state pull | tfproof audit -`, or `tofu show -json PLAN`.",
        )
    if "format_version" in body:
        return _shown_kind(body, name)
    if "version" not in body:
        raise _other(body)(
            f"{name}: neither a plan nor a state: it has no version and no format_version",
            remedy="Give `terraform show -json PLAN`, a plan file, or a state (`terraform state pull`).",
        )
    version = body["version"]
    if version == _SETTINGS_VERSION and isinstance(body.get("backend"), dict):
        return Kind.SETTINGS
    if type(version) is not int or version != _STATE_VERSION:
        said = version if type(version) is int else "no number"
        raise _other(body)(
            f"{name}: a state of version {said}; version {_STATE_VERSION} is read (Terraform 0.12 and newer)",
            remedy="Let a current Terraform write it: `terraform state pull` after `terraform init` upgrades it.",
        )
    if has_resources or "serial" in body or "lineage" in body or "outputs" in body:
        return Kind.STATE
    raise OtherDocument(f"{name}: says version 4, and has nothing of a state: no serial, lineage, outputs or resources")


def _other(body: dict[str, Any]) -> type[DocumentError]:
    return DocumentError if _is_meant(body) else OtherDocument


def _shown_kind(body: dict[str, Any], name: str) -> Kind:
    version = body["format_version"]
    is_plan = "resource_changes" in body or "planned_values" in body or "configuration" in body
    what = "plan" if is_plan else "state"
    if not (isinstance(version, str) and version.startswith("1.")):
        said = version if isinstance(version, str) else "that is no text"
        older = isinstance(version, str) and version.startswith("0.")
        raise _other(body)(
            f"{name}: a {what} of format {said[:20]}; formats 1.x are read",
            remedy="Make it with Terraform 1.1 or newer."
            if older
            else "A newer tfproof may read it, or make it with a Terraform 1.x: `terraform show -json`.",
        )
    if is_plan:
        return Kind.PLAN
    known = {"format_version", "terraform_version", "values", "checks"}
    if "values" in body or set(body) <= known:
        return Kind.SHOWN_STATE
    raise _other(body)(
        f"{name}: has format_version and is neither a plan nor a state",
        remedy="Give the output of `terraform show -json`, not of `providers schema`, `validate` or `output`.",
    )
