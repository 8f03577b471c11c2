"""Plans and states made for tests, as Terraform writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

__all__ = ["AWS", "GOOD", "as_bytes", "change", "plan", "resource", "state", "state_bucket"]

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def resource(address: str, attributes: Any, **more: Any) -> dict[str, Any]:
    """A resource of a state with one instance; `more` are members of the instance."""
    *module, kind, name = address.split(".")
    return {
        **({"module": ".".join(module)} if module else {}),
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": AWS,
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": [], **more}],
    }


def state(resources: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A state of version 4."""
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "8b7ba56e-85a3-2083-4b67-bd24754a887b",
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
        **more,
    }


def change(
    address: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    actions: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A resource change of a plan; the actions follow from what there is before and after."""
    *module, kind, name = address.split(".")
    if actions is None:
        actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
    return {
        "address": address,
        **({"module_address": ".".join(module)} if module else {}),
        "mode": "managed",
        "type": kind,
        "name": name.partition("[")[0],
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}, **more},
    }


def plan(changes: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A plan as `terraform show -json` has it."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_changes": list(changes),
        **more,
    }


def state_bucket(name: str = "acme-tfstate") -> dict[str, Any]:
    """A bucket that is recognised as one for states."""
    attributes = {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}", "force_destroy": False}
    return resource("aws_s3_bucket.tf_state", attributes)


def as_bytes(document: Any) -> bytes:
    """The document as a file holds it."""
    return json.dumps(document).encode()


GOOD = as_bytes(
    state([resource("aws_s3_bucket.tf_state", {"bucket": "acme-tfstate", "arn": "arn:aws:s3:::acme-tfstate"})])
)
"""A sound state of one bucket."""
