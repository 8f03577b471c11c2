"""A state, read from `terraform state pull` (version 4): quick, since it needs no provider."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tfproof.errors import UsageError
from tfproof.terraform.plan import OutputValue
from tfproof.terraform.resource import Resource, Resources
from tfproof.values import Sensitive

__all__ = ["State", "instance_key"]

_VERSION = 4


class State:
    """What Terraform remembers of the resources it made.

    Args:
        document: The parsed JSON of `terraform state pull`; an empty mapping is the empty state.

    Attributes:
        resources: Resources and data sources by full address; instances that a failed replacement left
            over ("deposed") are in `deposed`, not here.
        deposed: Addresses with a deposed instance.
        outputs: Outputs of the root module by name.
        serial: Number of the state, growing with every write.
        lineage: Identity of the state's line, kept over all serials.

    Raises:
        UsageError: When the document is a state of another version, or none.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        if document and document.get("version") != _VERSION:
            raise UsageError(
                f"version={document.get('version')!r} is not a state of version {_VERSION}",
                remedy="Make it with `terraform state pull` of Terraform 0.12 or newer.",
            )
        self.document = document
        self.serial = int(document.get("serial", 0))
        self.lineage = str(document.get("lineage", ""))
        self.terraform_version = str(document.get("terraform_version", ""))
        self.deposed: list[str] = []
        self.resources = Resources({resource.address: resource for resource in self._read()}, where="state")
        self.outputs = {
            name: OutputValue(
                name,
                Sensitive(output["value"]) if output.get("sensitive") else output["value"],
                bool(output.get("sensitive")),
            )
            for name, output in document.get("outputs", {}).items()
        }

    def __getitem__(self, address: str) -> Resource:
        return self.resources[address]

    def __repr__(self) -> str:
        return f"<State: {len(self.resources)} resources, serial {self.serial}>"

    @property
    def managed(self) -> list[Resource]:
        """The managed resources, without data sources, in order of address."""
        return [
            self.resources[address] for address in sorted(self.resources) if self.resources[address].mode == "managed"
        ]

    @property
    def order(self) -> dict[str, frozenset[str]]:
        """Of every managed resource, by address without instance keys, all that was made before it."""
        return {
            (f"{entry['module']}." if entry.get("module") else "") + f"{entry['type']}.{entry['name']}": frozenset(
                name for instance in entry.get("instances", []) for name in instance.get("dependencies", [])
            )
            for entry in self.document.get("resources", [])
            if entry["mode"] == "managed"
        }

    def _read(self) -> Iterator[Resource]:
        for entry in self.document.get("resources", []):
            module = entry.get("module", "")
            data = "data." if entry["mode"] == "data" else ""
            base = f"{module}.{data}" if module else data
            for instance in entry.get("instances", []):
                key = instance.get("index_key")
                address = f"{base}{entry['type']}.{entry['name']}" + ("" if key is None else f"[{instance_key(key)}]")
                if "deposed" in instance:
                    self.deposed.append(address)
                    continue
                yield Resource(
                    address=address,
                    module=module,
                    mode=entry["mode"],
                    type=entry["type"],
                    name=entry["name"],
                    values=_with_sensitive(_attributes(entry, instance), instance.get("sensitive_attributes") or []),
                )


def instance_key(key: str | int) -> str:
    """An instance key as Terraform writes it in addresses: HCL's quoting, which is not JSON's."""
    if isinstance(key, int):
        return str(key)
    text = re.sub(r"([$%])(?=\{)", r"\1\1", key.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{"".join(map(_printable, text))}"'


def _printable(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= _BASIC_PLANE else f"\\U{ord(character):08x}"


_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BASIC_PLANE: Final = 0xFFFF
_BUILT_IN: Final = 'provider["terraform.io/builtin/terraform"]'


def _attributes(entry: Mapping[str, Any], instance: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as `terraform show` has them.

    In the state a value of a type that no schema fixes is wrapped: `{"value": ..., "type": ...}`. Which attributes are
    such ones only a schema tells; of the providers that a proof allows, Terraform's own has them.
    """
    attributes: dict[str, Any] = instance.get("attributes") or {}
    if not str(entry.get("provider", "")).endswith(_BUILT_IN):
        return attributes
    return {
        name: value["value"] if isinstance(value, dict) and set(value) == {"value", "type"} else value
        for name, value in attributes.items()
    }


def _with_sensitive(attributes: dict[str, Any], paths: list[Any]) -> dict[str, Any]:
    """The attributes with a `Sensitive` at each of the state's sensitive paths."""
    if not paths:
        return attributes
    marked: Any = copy.deepcopy(attributes)
    for path in paths:
        steps = [step["value"]["value"] if isinstance(step["value"], dict) else step["value"] for step in path]
        parent = marked
        for step in steps[:-1]:
            parent = _child(parent, step)
        if steps and _child(parent, steps[-1]) is not None:
            parent[steps[-1]] = Sensitive(parent[steps[-1]])
    return dict(marked)


def _child(parent: Any, step: Any) -> Any:
    if isinstance(parent, dict):
        return parent.get(step)
    if isinstance(parent, list) and isinstance(step, int) and step < len(parent):
        return parent[step]
    return None  # already hidden as a whole, or absent
