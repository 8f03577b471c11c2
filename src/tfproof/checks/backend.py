"""The state backend in a plan or a state: which bucket, key and table are meant, and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tfproof.checks.finding import Layer
from tfproof.terraform.plan import Plan
from tfproof.terraform.resource import Resource
from tfproof.terraform.state import State
from tfproof.values import UNKNOWN

__all__ = ["Backend"]

_MAIN_NAME = "tf_state"
_INSTANCE_KEY = re.compile(r"\[[^\]]*\]$")


class Backend:
    """A state backend as it is planned or as Terraform remembers it.

    Args:
        source: The plan or the state.
        module: Address of the module to look into, with all that it calls; `""` for the whole configuration.
        outputs: The backend's outputs by name; by default those of the root module.
        output_names: The module's own name of each output that it calls otherwise than `modules/state-backend` does.
        order: Of every resource, by address without instance keys, all that is made before it; a state has its own.

    Attributes:
        layer: `Layer.PLAN` or `Layer.STATE`.
        outputs: Output values by the names that the checks know, with `UNKNOWN` in a plan.
    """

    def __init__(
        self,
        source: Plan | State,
        *,
        module: str = "",
        outputs: Mapping[str, Any] | None = None,
        output_names: Mapping[str, str] | None = None,
        order: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._order = order if order is not None or isinstance(source, Plan) else source.order
        self.layer = Layer.PLAN if isinstance(source, Plan) else Layer.STATE
        self.module = module
        self._output_names = dict(output_names or {})
        given = outputs if outputs is not None else {name: output.value for name, output in source.outputs.items()}
        # What is called by another name here must not also be found under the name that the checks know.
        self.outputs = {name: value for name, value in given.items() if name not in self._output_names}
        self.outputs |= {ours: given[theirs] for ours, theirs in self._output_names.items() if theirs in given}
        self._resources = [
            resource
            for resource in source.resources.values()
            if not module or resource.module == module or resource.module.startswith((f"{module}.", f"{module}["))
        ]

    def all_of(self, resource_type: str) -> list[Resource]:
        """All managed resources of a type, in order of address."""
        found = [item for item in self._resources if item.type == resource_type and item.mode == "managed"]
        return sorted(found, key=lambda resource: resource.address)

    @cached_property
    def bucket(self) -> Resource | None:
        """The state bucket: the one the output `bucket_name` names, else the only one, else the main one."""
        return self._main("aws_s3_bucket", "bucket", self.outputs.get("bucket_name"))

    @cached_property
    def key(self) -> Resource | None:
        """The dedicated key: the one called `tf_state`, else the only one.

        Not the one that the outputs or the bucket name, since those are what the checks compare it with.
        """
        return self._main("aws_kms_key", "", None)

    @cached_property
    def table(self) -> Resource | None:
        """The lock table: the one the output `lock_table_name` names, else the only one, else the main one."""
        return self._main("aws_dynamodb_table", "name", self.outputs.get("lock_table_name"))

    @property
    def locks_in_table(self) -> bool:
        """Whether a lock table is expected: always, unless the backend says that it locks by a lock file alone."""
        config = self.outputs.get("backend_config")
        by_file = isinstance(config, dict) and config.get("use_lockfile") is True and "dynamodb_table" not in config
        return not (by_file and self.outputs.get("lock_table_name") is None)

    @property
    def replicates(self) -> bool:
        """Whether the bucket is configured to replicate."""
        return bool(self.bucket_parts("aws_s3_bucket_replication_configuration"))

    def bucket_parts(self, resource_type: str) -> list[Resource]:
        """The resources of a type that configure the state bucket.

        Where the bucket's name is unknown in the plan, those in the bucket's own module are taken for its parts.
        """
        bucket = self.bucket
        if bucket is None:
            return []
        name = bucket.at("bucket", default=None)
        parts = []
        for resource in self.all_of(resource_type):
            belongs_to = resource.at("bucket", default=UNKNOWN)
            if name is UNKNOWN or belongs_to is UNKNOWN:
                if resource.module == bucket.module:
                    parts.append(resource)
            elif belongs_to == name:
                parts.append(resource)
        return parts

    def is_made_after(self, later: Resource, earlier: Resource) -> bool | None:
        """Whether one resource is made only when another is there, and so destroyed before it; None: not known."""
        if self._order is None:
            return None
        first, then = (_INSTANCE_KEY.sub("", item.address) for item in (earlier, later))
        return first in self._order.get(then, frozenset())

    def address_of(self, resource_type: str) -> str:
        """Address of the bucket's part of this type, or of the bucket itself, for pointing at a source line."""
        parts = self.bucket_parts(resource_type)
        if parts:
            return parts[0].address
        return self.bucket.address if self.bucket is not None else ""

    def output_name(self, name: str) -> str:
        """What the module itself calls an output that the checks know by this name."""
        return self._output_names.get(name, name)

    def output_address(self, name: str) -> str:
        """Address of one of the backend's outputs, for pointing at a source line."""
        address = f"output.{self.output_name(name)}"
        return f"{self.module}.{address}" if self.module else address

    def _main(self, resource_type: str, name_attribute: str, name: Any) -> Resource | None:
        candidates = self.all_of(resource_type)
        if isinstance(name, str):
            named = [item for item in candidates if item.at(name_attribute, default=None) is not UNKNOWN]
            named = [item for item in named if item.at(name_attribute, default=None) == name]
            if named:
                return named[0]
        main = [resource for resource in candidates if resource.name == _MAIN_NAME]
        if len(candidates) == 1:
            return candidates[0]
        return main[0] if len(main) == 1 else None
