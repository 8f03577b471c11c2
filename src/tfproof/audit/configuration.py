"""What refers to what in a plan's configuration, for values that are known only after apply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["Configuration"]

_INDEX: Final = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]\"]*)\]")
_DEEPEST: Final = 20
_NO_RESOURCES: Final = ("var", "local", "each", "count", "path", "terraform", "self", "data", "module")


def without_indexes(address: str) -> str:
    """`module.a["x"].aws_s3_bucket.b[0]` as the configuration names it: `module.a.aws_s3_bucket.b`."""
    return _INDEX.sub("", address)


class Configuration:
    """The `configuration` of a plan.

    Args:
        document: The plan's JSON; one without a configuration answers nothing.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        root = document.get("configuration")
        self._root = root.get("root_module", {}) if isinstance(root, dict) else {}

    def referred(self, address: str, attribute: str) -> set[str]:
        """The resources that an attribute of a resource is made from, as addresses without indexes.

        Variables are followed to the module call and outputs into the module; locals are not in a plan, so that what
        goes through one gives nothing.
        """
        *modules, resource = _steps(without_indexes(address))
        path = tuple(modules)
        module = self._module(path)
        for entry in _listed(module.get("resources")):
            if entry.get("address") == resource:
                expression = entry.get("expressions", {})
                found = expression.get(attribute) if isinstance(expression, dict) else None
                return {item for name in _references(found) for item in self._resolve(path, name, 0)}
        return set()

    def _module(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        here: Any = self._root
        for name in path:
            calls = here.get("module_calls") if isinstance(here, dict) else None
            call = calls.get(name) if isinstance(calls, dict) else None
            here = call.get("module") if isinstance(call, dict) else None
        return here if isinstance(here, dict) else {}

    def _resolve(self, path: tuple[str, ...], reference: str, depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        words = without_indexes(reference).split(".")
        if words[0] == "var" and path and len(words) > 1:
            parent = self._module(path[:-1])
            calls = parent.get("module_calls", {})
            call = calls.get(path[-1], {}) if isinstance(calls, dict) else {}
            expressions = call.get("expressions", {}) if isinstance(call, dict) else {}
            given = expressions.get(words[1]) if isinstance(expressions, dict) else None
            for name in _references(given):
                yield from self._resolve(path[:-1], name, depth + 1)
        elif words[0] == "module" and len(words) > 2:  # noqa: PLR2004  # module, its name, its output
            outputs = self._module((*path, words[1])).get("outputs", {})
            output = outputs.get(words[2], {}) if isinstance(outputs, dict) else {}
            for name in _references(output.get("expression") if isinstance(output, dict) else None):
                yield from self._resolve((*path, words[1]), name, depth + 1)
        elif words[0] not in _NO_RESOURCES and len(words) > 1:
            yield "".join(f"module.{name}." for name in path) + ".".join(words[:2])


def _steps(address: str) -> list[str]:
    words = address.split(".")
    modules = []
    while len(words) > 2 and words[0] == "module":  # noqa: PLR2004
        modules.append(words[1])
        words = words[2:]
    return [*modules, ".".join(words)]


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, dict):
        for name in _listed(expression.get("references")):
            if isinstance(name, str):
                yield name
        for name, item in expression.items():
            if name != "references" and isinstance(item, (dict, list)):
                yield from _references(item)
    elif isinstance(expression, list):
        for item in expression:
            yield from _references(item)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
