"""A plan, read from `terraform show -json PLANFILE` (format_version 1.x)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfproof.errors import UsageError
from tfproof.terraform.resource import Resource, Resources
from tfproof.values import UNKNOWN, Sensitive

__all__ = ["Change", "OutputValue", "Plan"]


@dataclass(frozen=True, slots=True)
class OutputValue:
    """An output as planned or as in the state; `value` may be or hold `UNKNOWN` and `Sensitive`."""

    name: str
    value: Any
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What the plan does to one resource instance.

    Attributes:
        address: Full address.
        mode: `managed` or `data`.
        type: `aws_s3_bucket`.
        actions: As Terraform names them: `("create",)`, `("no-op",)`; a replacement is `("delete", "create")`, or
            `("create", "delete")` with create_before_destroy.
        before: Attributes before, or None when it is created.
        after: Attributes after, with `UNKNOWN` and `Sensitive`, or None when it is deleted.
        resource: The planned resource, or None when there will be none.
        moved_from: The address it had before, or `""`.
        imported: Whether it is taken over from outside.
        deposed: Key of the object that a failed replacement left over, when the change is about that one, else `""`.
    """

    address: str
    mode: str
    type: str
    actions: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    resource: Resource | None
    moved_from: str = ""
    imported: bool = False
    deposed: str = ""

    @property
    def is_idle(self) -> bool:
        """Whether it changes nothing: reading a data source does not, moving or importing a resource does."""
        return self.actions in {("no-op",), ("read",)} and not self.moved_from and not self.imported


class Plan:
    """What Terraform is going to do.

    Args:
        document: The parsed JSON of `terraform show -json PLANFILE`.

    Attributes:
        changes: Every resource change by full address, also the ones that change nothing. That of a deposed object has
            the key `ADDRESS (deposed KEY)`.
        drift: Changes made outside Terraform that the plan noticed, by full address.
        resources: The resources there will be, data sources included.
        outputs: Planned outputs of the root module by name.
        terraform_version: The version that made the plan.

    Raises:
        UsageError: When the document is no plan, or of a format_version other than 1.x (which HashiCorp promises
            to keep compatible).
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        version = str(document.get("format_version", ""))
        if not version.startswith("1.") or ("resource_changes" not in document and "planned_values" not in document):
            raise UsageError(
                f"format_version={version!r} is not a plan in a format that is known (1.x)",
                remedy="Make it with `terraform show -json PLANFILE` of Terraform 1.x.",
            )
        self.document = document
        self.terraform_version = str(document.get("terraform_version", ""))
        self.changes = dict(_changes(document.get("resource_changes", [])))
        self.drift = dict(_changes(document.get("resource_drift", [])))
        self.outputs = {
            name: OutputValue(name, *_after(change)) for name, change in document.get("output_changes", {}).items()
        }
        known = {change.address: change.resource for change in self.changes.values() if change.resource is not None}
        prior = document.get("prior_state", {}).get("values", {}).get("root_module", {})
        data = {resource.address: resource for resource in _data_sources(prior)}
        self.resources = Resources({**data, **known}, where="plan")

    def __getitem__(self, address: str) -> Resource:
        return self.resources[address]

    @property
    def is_empty(self) -> bool:
        """Whether the plan changes no resource and no output."""
        return all(change.is_idle for change in self.changes.values()) and all(
            change.get("actions") == ["no-op"] for change in self.document.get("output_changes", {}).values()
        )

    def __repr__(self) -> str:
        acting = sum(not change.is_idle for change in self.changes.values())
        return f"<Plan: {acting} changes of {len(self.changes)} resources, terraform {self.terraform_version}>"


def _changes(entries: list[dict[str, Any]]) -> Iterator[tuple[str, Change]]:
    for entry in entries:
        change = entry["change"]
        after, _ = _after(change)
        deposed = entry.get("deposed", "")
        mode = entry.get("mode", "managed")
        resource = None
        if isinstance(after, dict) and not deposed:
            resource = Resource(
                address=entry["address"],
                module=entry.get("module_address", ""),
                mode=mode,
                type=entry["type"],
                name=entry["name"],
                values=after,
            )
        key = f"{entry['address']} (deposed {deposed})" if deposed else entry["address"]
        yield (
            key,
            Change(
                address=entry["address"],
                mode=mode,
                type=entry["type"],
                actions=tuple(change["actions"]),
                before=_marked(change.get("before"), False, change.get("before_sensitive", False)),
                after=after,
                resource=resource,
                moved_from=entry.get("previous_address", ""),
                imported="importing" in change,
                deposed=deposed,
            ),
        )


def _after(change: Mapping[str, Any]) -> tuple[Any, bool]:
    sensitive = change.get("after_sensitive", False)
    return _marked(change.get("after"), change.get("after_unknown", False), sensitive), sensitive is True


def _marked(value: Any, unknown: Any, sensitive: Any) -> Any:
    """The value with UNKNOWN and Sensitive put where Terraform's two mirror structures say so."""
    if unknown is True:
        return UNKNOWN
    if sensitive is True:
        return Sensitive(_marked(value, unknown, False))
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and _marks(unknown)):
        value = value or {}
        unknown = unknown if isinstance(unknown, dict) else {}
        sensitive = sensitive if isinstance(sensitive, dict) else {}
        return {
            name: _marked(value.get(name), unknown.get(name, False), sensitive.get(name, False))
            for name in dict.fromkeys([*value, *(name for name, mark in unknown.items() if _marks(mark))])
        }
    if isinstance(value, list) or (value is None and isinstance(unknown, list) and _marks(unknown)):
        value = value or []
        unknown = unknown if isinstance(unknown, list) else []
        sensitive = sensitive if isinstance(sensitive, list) else []
        return [
            _marked(_nth(value, index, None), _nth(unknown, index, False), _nth(sensitive, index, False))
            for index in range(max(len(value), len(unknown)))
        ]
    return value


def _marks(mark: Any) -> bool:
    """Whether a mirror structure marks anything as unknown; `{}` and `[]` mark nothing."""
    if isinstance(mark, dict):
        return any(_marks(item) for item in mark.values())
    if isinstance(mark, list):
        return any(_marks(item) for item in mark)
    return mark is True


def _nth(items: list[Any], index: int, default: Any) -> Any:
    return items[index] if index < len(items) else default


def _data_sources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for entry in module.get("resources", []):
        if entry.get("mode") == "data":
            yield Resource(
                address=entry["address"],
                module=module.get("address", ""),
                mode="data",
                type=entry["type"],
                name=entry["name"],
                values=_marked(entry.get("values", {}), False, entry.get("sensitive_values", {})),
            )
    for child in module.get("child_modules", []):
        yield from _data_sources(child)
