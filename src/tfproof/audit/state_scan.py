"""One pass over a state's resources: keeps what a state backend is made of, counts and remembers of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from tfproof.audit.errors import DocumentError
from tfproof.audit.hidden_values import hide_attributes, hide_output
from tfproof.audit.secret_values import SecretValues
from tfproof.terraform.state import instance_key

__all__ = ["StateScan"]

_KEPT: Final = ("aws_s3_bucket", "aws_kms_", "aws_dynamodb_table")
_SHOWN: Final = 1000


class StateScan:
    """What was seen of a state's resources, fed entry by entry.

    Args:
        name: What the state is called in errors.
        secrets: Whether values are kept for the search for secrets.

    Attributes:
        entries: Resource blocks seen.
        instances: Instances of managed resources seen.
        kept: The entries that a state backend may be made of, as the state has them.
        tainted: Addresses of tainted instances.
        deposed: Addresses of instances that a failed replacement left over.
        repeated: Addresses that stand twice.
        providers: Provider addresses, with how many entries use them.
        values: What may be secret.
        hidden: Texts that are marked sensitive or named as secrets, whether or not secrets are searched for.
    """

    def __init__(self, name: str, *, secrets: bool = True) -> None:
        self.entries = 0
        self.instances = 0
        self.kept: list[dict[str, Any]] = []
        self.tainted: list[str] = []
        self.deposed: list[str] = []
        self.repeated: list[str] = []
        self.providers: Counter[str] = Counter()
        self.values = SecretValues() if secrets else None
        self.hidden: set[str] = set()
        self._name = name
        self._addresses: set[str] = set()

    def add(self, entry: Any) -> None:
        """Takes one element of `resources` of a version 4 state in.

        Raises:
            DocumentError: It is not as Terraform writes it.
        """
        self.entries += 1
        base, instances = self._head(entry)
        provider = entry.get("provider")
        self.providers[provider if isinstance(provider, str) else ""] += 1
        for instance in instances:
            if not isinstance(instance, dict):
                self._refuse("an instance is no object")
            self._instance(base, entry, instance)
        if entry["type"].startswith(_KEPT):
            self.kept.append(entry)

    def add_shown(self, values: Any) -> None:
        """Takes the `values` of `terraform show -json` in.

        Raises:
            DocumentError: They are not as Terraform writes them.
        """
        if values is None:
            return  # the empty state is shown without any
        root = values.get("root_module", {}) if isinstance(values, dict) else None
        waiting = [root]
        while waiting:
            module = waiting.pop()
            if not isinstance(module, dict) or not isinstance(module.get("resources", []), list):
                self._refuse("a module is no object with resources")
            children = module.get("child_modules", [])
            if not isinstance(children, list):
                self._refuse("child_modules is no list")
            waiting.extend(children)
            for resource in module.get("resources", []):
                self.add(self._as_entry(resource, str(module.get("address", ""))))

    def outputs(self, outputs: Any) -> None:
        """Takes the outputs in.

        Raises:
            DocumentError: They are not as Terraform writes them.
        """
        if outputs is None:
            return
        if not isinstance(outputs, dict):
            self._refuse("outputs is no object")
        for name, output in outputs.items():
            if not isinstance(output, dict) or "value" not in output:
                self._refuse("an output has no value")
            hide_output(self.hidden, name, output["value"], sensitive=bool(output.get("sensitive")))
            if self.values is not None:
                self.values.add(f"output.{name}", output["value"], marked=bool(output.get("sensitive")))

    def document(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The state with nothing but what was kept, for `tfproof.terraform.State`."""
        return {**body, "resources": self.kept}

    def _head(self, entry: Any) -> tuple[str, list[Any]]:
        if not isinstance(entry, dict):
            self._refuse("a resource is no object")
        texts = [entry.get(name) for name in ("mode", "type", "name")]
        module = entry.get("module", "")
        if not all(isinstance(text, str) for text in (*texts, module)):
            self._refuse("a resource has no mode, type and name")
        instances = entry.get("instances", [])
        if not isinstance(instances, list):
            self._refuse("instances is no list")
        prefix = f"{module}." if module else ""
        data = "data." if entry["mode"] == "data" else ""
        return f"{prefix}{data}{entry['type']}.{entry['name']}", instances

    def _instance(self, base: str, entry: dict[str, Any], instance: dict[str, Any]) -> None:
        key = instance.get("index_key")
        if key is not None and not isinstance(key, (str, int)):
            self._refuse("an index_key is neither text nor number")
        address = base if key is None else f"{base}[{instance_key(key)}]"
        if entry["mode"] == "managed":
            self.instances += 1
        attributes = instance.get("attributes")
        if attributes is not None and not isinstance(attributes, dict):
            self._refuse("attributes is no object")
        if attributes:
            hide_attributes(self.hidden, attributes, instance.get("sensitive_attributes"))
        if "deposed" in instance:
            _remember(self.deposed, address)
            return
        if address in self._addresses:
            _remember(self.repeated, address)
        self._addresses.add(address)
        if instance.get("status") == "tainted":
            _remember(self.tainted, address)
        if self.values is not None and attributes:
            self.values.add_attributes(address, entry["type"], attributes, instance.get("sensitive_attributes"))

    def _as_entry(self, resource: Any, module: str) -> dict[str, Any]:
        if not isinstance(resource, dict):
            self._refuse("a resource is no object")
        instance: dict[str, Any] = {
            "attributes": resource.get("values"),
            "sensitive_attributes": list(_marked(resource.get("sensitive_values"), ())),
        }
        if "index" in resource:
            instance["index_key"] = resource["index"]
        if resource.get("tainted") is True:
            instance["status"] = "tainted"
        if resource.get("deposed_key"):
            instance["deposed"] = resource["deposed_key"]
        return {
            "mode": resource.get("mode"),
            "type": resource.get("type"),
            "name": resource.get("name"),
            "module": module,
            "provider": f'provider["{resource.get("provider_name", "")}"]',
            "instances": [instance],
        }

    def _refuse(self, what: str) -> NoReturn:
        raise DocumentError(
            f"{self._name}: resource {self.entries}: {what}: no state that Terraform wrote",
            remedy="Take it as Terraform gives it: `terraform state pull` or `terraform show -json`.",
        )


def _remember(addresses: list[str], address: str) -> None:
    # A state of which everything is tainted is told by the first thousand.
    if len(addresses) < _SHOWN:
        addresses.append(address)


def _marked(mirror: Any, path: tuple[Any, ...]) -> Iterator[list[dict[str, Any]]]:
    """The paths that a `sensitive_values` mirror marks, as a state has them."""
    if mirror is True:
        yield [{"type": "get_attr" if isinstance(step, str) else "index", "value": step} for step in path]
    elif isinstance(mirror, dict):
        for name, item in mirror.items():
            yield from _marked(item, (*path, name))
    elif isinstance(mirror, list):
        for index, item in enumerate(mirror):
            yield from _marked(item, (*path, index))
