"""Refuses what a proof must never run: anything that could reach past the target.

The scan reads the source of the root module and of every module it calls, before Terraform starts. It is a guard rail
against mistakes, not a sandbox against malice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tfproof.errors import UsageError
from tfproof.terraform.source import Block, Location, ModuleSource
from tfproof.values import UNKNOWN, reveal

if TYPE_CHECKING:
    from tfproof.terraform.plan import Change, Plan

__all__ = ["ALLOWED_PROVIDERS", "Guard", "GuardError", "Refusal"]

ALLOWED_PROVIDERS: Final = frozenset(f"hashicorp/{name}" for name in ("aws", "null", "random", "time", "tls")) | {
    "terraform.io/builtin/terraform"
}
"""Providers that talk to nothing but the target, or to nothing at all."""

_PROVIDER_ARGUMENTS: Final = {
    "endpoints": "sends calls to another endpoint than the target's",
    "profile": "uses credentials of the user's own",
    "assume_role": "takes a role",
    "assume_role_with_web_identity": "takes a role",
    "shared_config_files": "reads the user's AWS configuration",
    "shared_credentials_files": "reads the user's credentials",
    "http_proxy": "sends calls through a proxy",
    "https_proxy": "sends calls through a proxy",
    "ec2_metadata_service_endpoint": "asks a metadata service for credentials",
}
_DATA_SOURCES: Final = {
    "external": "runs a program",
    "http": "sends a request",
    "terraform_remote_state": "reads another backend",
}
_BUILT_IN: Final = "terraform.io/builtin/terraform"


class GuardError(UsageError):
    """A configuration that a proof must not run, with every reason and its place."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to run a configuration: where, and what it does."""

    location: Location
    what: str

    def __str__(self) -> str:
        return f"{self.location}: {self.what}"


@dataclass(frozen=True, slots=True)
class Guard:
    """What a run may do.

    Attributes:
        ignore_backend: Whether a `backend` or `cloud` block is replaced by a local backend, in the copy, rather than
            refused.
        allowed_providers: Addresses of the providers that may be used, `hashicorp/aws`.
        owner: Name and value of the tag by which a run knows its own, in an account that has other things too: all that
            is made must carry it, buckets must have the value in their names, and nothing may be taken over. None where
            the account is the run's own.
    """

    ignore_backend: bool = False
    allowed_providers: frozenset[str] = ALLOWED_PROVIDERS
    owner: tuple[str, str] | None = None

    def check_endpoint(self, endpoint: str) -> None:
        """Refuses an endpoint that is not on this machine.

        Raises:
            GuardError: The endpoint's host is not a loopback address.
        """
        if not _is_loopback(endpoint):
            raise GuardError(
                f"endpoint={endpoint!r} is not on this machine",
                remedy="Only loopback addresses (127.0.0.1, ::1) are used, unless the target is aws and its account "
                "allowed.",
            )

    def check_source(self, folders: Iterable[Path], root: Path) -> None:
        """Refuses what a configuration must not do.

        Args:
            folders: Folders of all its modules.
            root: The root module's, whose backend counts.

        Raises:
            GuardError: With every reason, each with file and line.
        """
        refusals = [refusal for folder in folders for refusal in self._refusals(ModuleSource(folder), folder == root)]
        if refusals:
            backend = any("backend" in refusal.what for refusal in refusals)
            raise GuardError(
                "this configuration could reach past the target:\n" + "\n".join(f"  {item}" for item in refusals),
                remedy="Take it out of what is proved"
                + (", or run with a local backend in its place: --ignore-backend." if backend else "."),
            )

    def check_plan(self, show: Callable[[], Plan]) -> None:
        """Refuses a plan that would make what nobody could tell from other people's things afterwards.

        Args:
            show: Reads the plan; not called where the account is the run's own.

        Raises:
            GuardError: With every reason.
        """
        if self.owner is None:
            return
        refusals = [f"  {reason}" for change in show().changes.values() for reason in _strangers(change, *self.owner)]
        if refusals:
            raise GuardError(
                "this plan would take what is not the run's own, or make what is not known as its own:\n"
                + "\n".join(refusals),
                remedy="Tags come from the AWS provider 5.62 or newer, by TF_AWS_DEFAULT_TAGS_*; a bucket's name must "
                "have {run} in it.",
            )

    def write_override(self, root: Path) -> None:
        """Puts a local backend in the place of the configuration's own, in the copy."""
        if self.ignore_backend:
            text = 'terraform {\n  backend "local" {}\n}\n'
            (root / "tfproof_override.tf").write_text(text, encoding="utf-8")

    def _refusals(self, source: ModuleSource, is_root: bool) -> Iterator[Refusal]:  # noqa: FBT001  # where it stands
        required = _required_providers(source)
        for block in source.blocks:
            if block.type == "terraform" and is_root and not self.ignore_backend:
                yield from _backend_refusals(block)
            elif block.type == "provider" and _is_aws(block, required):
                yield from _provider_refusals(block)
            elif block.type == "import" and self.owner is not None:
                yield _refusal(block, "an import block takes over what was there, and destroy would take it away")
            else:
                yield from _program_and_request_refusals(block)
        yield from self._unknown_providers(source, required)

    def _unknown_providers(
        self, source: ModuleSource, required: Mapping[str, tuple[str, Location]]
    ) -> Iterator[Refusal]:
        seen: set[str] = set()
        for name, (address, location) in required.items():
            if address not in self.allowed_providers:
                seen.add(name)
                yield Refusal(location, f"provider {address} is not one of {', '.join(sorted(self.allowed_providers))}")
        scoped = (inner for outer in source.of_type("check") for inner in outer.blocks)
        for block in (*source.blocks, *scoped):
            name = _provider_name(block)
            if not name or name in seen or name in required:
                continue
            address = _BUILT_IN if name == "terraform" else f"hashicorp/{name}"
            if address not in self.allowed_providers:
                seen.add(name)
                yield _refusal(block, f"provider {address} is not one of {', '.join(sorted(self.allowed_providers))}")


def _strangers(change: Change, tag: str, value: str) -> Iterator[str]:
    """What makes a planned resource one that is not the run's own."""
    if change.imported:
        yield f"{change.address} is imported: destroy would take away what was there before"
    if "create" not in change.actions or change.after is None:
        return
    tags = reveal(change.after.get("tags_all", UNKNOWN))  # what cannot be tagged has no such attribute
    carried = reveal(tags.get(tag)) if isinstance(tags, dict) else tags
    if carried is not UNKNOWN and carried != value:
        yield f"{change.address} would not carry the tag {tag}={value}"
    name = reveal(change.after.get("bucket", UNKNOWN))
    # In us-east-1 making a bucket that the account has already is no error: it would be taken over.
    is_bucket = change.resource is not None and change.resource.type == "aws_s3_bucket"
    if is_bucket and isinstance(name, str) and value not in name:
        yield f"{change.address} would be {name}, a name without the run's id {value}"


def _is_loopback(endpoint: str) -> bool:
    """Whether an endpoint is a plain URL of this machine, read the same by everybody who reads URLs."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        # Readers of URLs disagree about what stands before an "@", or after a backslash.
        if parts.scheme not in ("http", "https") or not _PLAIN_HOST.fullmatch(parts.netloc):
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_PLAIN_HOST: Final = re.compile(r"[0-9A-Za-z.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_ASKING: Final = ("data", "ephemeral")


def _labels(block: Block) -> tuple[str, ...]:
    """The labels of a nested block; the JSON syntax has them as the names of the objects in it."""
    return block.labels or (tuple(inner.type for inner in block.blocks)[:1] if block.file.suffix == ".json" else ())


def _is_aws(block: Block, required: Mapping[str, tuple[str, Location]]) -> bool:
    """Whether it configures the AWS provider, whatever its local name."""
    name = block.labels[0] if block.labels else ""
    return name == _AWS or (name in required and required[name][0] == f"hashicorp/{_AWS}")


_AWS: Final = "aws"


def _refusal(block: Block, what: str) -> Refusal:
    return Refusal(Location(block.file, block.line), what)


def _backend_refusals(block: Block) -> Iterator[Refusal]:
    for inner in block.blocks:
        if inner.type in ("backend", "cloud"):
            name = " ".join((inner.type, *_labels(inner)))
            yield _refusal(inner, f"a {name} block: a proof must not touch a backend that is in use")


def _program_and_request_refusals(block: Block) -> Iterator[Refusal]:
    if block.type in _ASKING and block.labels and block.labels[0] in _DATA_SOURCES:
        yield _refusal(block, f"{block.type}.{'.'.join(block.labels)} {_DATA_SOURCES[block.labels[0]]}")
    elif block.type == "check":
        # A check block may have a data source of its own.
        for inner in block.blocks:
            kind, *_ = _labels(inner) or ("",)
            if inner.type == "data" and kind in _DATA_SOURCES:
                yield _refusal(inner, f"data.{kind} in check.{'.'.join(block.labels)} {_DATA_SOURCES[kind]}")
    elif block.type in ("resource", "data", "removed"):
        for inner in _within(block):
            if inner.type == "provisioner":
                kind = " ".join(("provisioner", *_labels(inner)))
                yield _refusal(inner, f"a {kind} in {'.'.join(block.labels) or block.type} runs a program")


def _provider_refusals(block: Block) -> Iterator[Refusal]:
    nested = {inner.type for inner in block.blocks}
    for attribute in block.attributes.values():
        if attribute.name in _PROVIDER_ARGUMENTS and attribute.name not in nested:
            what = f"provider aws: {attribute.name} {_PROVIDER_ARGUMENTS[attribute.name]}"
            yield Refusal(Location(block.file, attribute.line), what)
    for inner in block.blocks:
        if inner.type in _PROVIDER_ARGUMENTS:
            yield _refusal(inner, f"provider aws: {inner.type} {_PROVIDER_ARGUMENTS[inner.type]}")
        elif inner.type == "dynamic" and inner.labels and inner.labels[0] in _PROVIDER_ARGUMENTS:
            yield _refusal(inner, f"provider aws: {inner.labels[0]} {_PROVIDER_ARGUMENTS[inner.labels[0]]}")


def _within(block: Block) -> Iterator[Block]:
    for inner in block.blocks:
        yield inner
        yield from _within(inner)


def _required_providers(source: ModuleSource) -> dict[str, tuple[str, Location]]:
    """Addresses by local name, as `required_providers` gives them."""
    found = {}
    for block in source.of_type("terraform"):
        for inner in block.blocks:
            if inner.type != "required_providers":
                continue
            for attribute in inner.attributes.values():
                address = _source_in(attribute.text) or f"hashicorp/{attribute.name}"
                found[attribute.name] = (address, Location(inner.file, attribute.line))
    return found


def _source_in(text: str) -> str:
    """The source in an object such as `{ source = "hashicorp/aws", version = "..." }`, in either syntax."""
    said = _SOURCE.search(_COMMENT.sub("", text))
    return _shortened(said[1]) if said else ""


_COMMENT: Final = re.compile(r"(?s)#[^\n]*|//[^\n]*|/\*.*?\*/")
_SOURCE: Final = re.compile(r'(?:^|[{,\n])\s*"?source"?\s*[=:]\s*"([^"]*)"')


def _shortened(address: str) -> str:
    # Terraform compares addresses without regard to case.
    address = address.lower()
    return address.removeprefix("registry.terraform.io/").removeprefix("registry.opentofu.org/")


def _provider_name(block: Block) -> str:
    """Local name of the provider that a block configures, or that a resource or data source belongs to."""
    labels = _labels(block)
    if block.type not in ("resource", "data", "ephemeral", "provider") or not labels:
        return ""
    if block.type == "provider":
        return labels[0]
    chosen = block.attributes.get("provider")
    return chosen.text.strip('" ').partition(".")[0] if chosen else labels[0].partition("_")[0]
