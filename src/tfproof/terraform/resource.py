"""A resource as a plan or a state has it, and a collection of them by full address."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfproof.errors import TfproofError
from tfproof.values import at

__all__ = ["Resource", "ResourceNotFound", "Resources"]


class ResourceNotFound(TfproofError, KeyError):
    """No resource has this address; the message names the nearest addresses there are."""

    __str__ = TfproofError.__str__


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance of a resource or data source.

    Attributes:
        address: Full address, with module path and instance key: `module.a["x"].aws_kms_key.tf_state[0]`.
        module: Address of the module it stands in, `""` for the root.
        mode: `managed` or `data`.
        type: `aws_s3_bucket`.
        name: `tf_state`.
        values: Its attributes; `UNKNOWN` where Terraform knows them only after apply, `Sensitive` where marked.
    """

    address: str
    module: str
    mode: str
    type: str
    name: str
    values: dict[str, Any]

    def at(self, path: str, *, default: Any = ...) -> Any:
        """The attribute at a path; see `tfproof.values.at`."""
        return at(self.values, path, default=default)


class Resources(Mapping[str, Resource]):
    """Resources by full address, over all modules, `count` and `for_each` kept.

    Looking up an address that is not there raises `ResourceNotFound` with the nearest ones.
    """

    def __init__(self, resources: Mapping[str, Resource], *, where: str) -> None:
        self._resources = dict(resources)
        self._where = where

    def __getitem__(self, address: str) -> Resource:
        try:
            return self._resources[address]
        except KeyError:
            raise ResourceNotFound(self._not_found(address)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def of_type(self, resource_type: str, *, module: str | None = None, mode: str = "managed") -> list[Resource]:
        """The resources of a type in every module, or in one (`""` is the root), in order of address."""
        return [
            self._resources[address]
            for address in sorted(self._resources)
            if (resource := self._resources[address]).type == resource_type
            and resource.mode == mode
            and (module is None or resource.module == module)
        ]

    def _not_found(self, address: str) -> str:
        tail = address.rsplit("module.", 1)[-1].split(".", 1)[-1] if "module." in address else address
        near = [known for known in self._resources if known.endswith(tail) or known.startswith(address)]
        near += difflib.get_close_matches(address, self._resources, n=3)
        hint = ", ".join(list(dict.fromkeys(near))[:4])
        said = f"did you mean: {hint}" if hint else f"it has {len(self)} resources"
        return f"address={address!r} is not in the {self._where}; {said}"
