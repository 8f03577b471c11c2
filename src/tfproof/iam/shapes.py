"""The limits of AWS's API, read from botocore's own service model, so that an update of botocore moves them too."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfproof.errors import UsageError
from tfproof.iam.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_request"]

# The model's documentation allows * and ? in this name, its pattern does not; the documentation is followed.
_WILDCARDS = frozenset({"AttachmentName"})
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "list": (list, tuple),
    "structure": (dict,),
}


def check_request(operation: str, request: Mapping[str, object]) -> None:
    """Refuse a request that breaks the shape of an operation of IAM: types, lengths, patterns, enumerations.

    Args:
        operation: The operation's name, `SimulateCustomPolicy`.
        request: Its parameters by name, as boto3 takes them.

    Raises:
        UsageError: A parameter is unknown, missing or of the wrong type (botocore refuses it before sending).
        ValidationError: A value breaks a limit; all that do are named, in AWS's words.
    """
    faults = list(_faults(_input_shape(operation), request, "", operation))
    if faults:
        plural = "" if len(faults) == 1 else "s"
        raise ValidationError(f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}")


@functools.cache
def _input_shape(operation: str) -> Any:
    import botocore.session  # noqa: PLC0415  a fifth of a second that evaluating without the API does not need

    model = botocore.session.Session().get_service_model("iam")
    return model.operation_model(operation).input_shape


def _faults(shape: Any, value: object, name: str, operation: str) -> Iterator[str]:  # noqa: C901  one branch a type
    kind = shape.type_name
    if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        raise UsageError(f"{operation}: {name} is a {kind}, not {type(value).__name__}")
    if kind == "structure":
        yield from _structure(shape, value, name, operation)
    elif kind == "list":
        assert isinstance(value, (list, tuple))  # noqa: S101  by _TYPES
        limits = _limits(shape, len(value), "have length")
        if limits:
            yield _sentence(value, name, limits)
        broken = False
        for item in value:
            faults = list(_faults(shape.member, item, name, operation))
            if shape.member.type_name != "string":
                yield from faults
            broken = broken or bool(faults)
        if broken and shape.member.type_name == "string":
            # AWS names the list and every constraint of its members, broken or not (cloud-custodian#4769).
            shown = f"[{', '.join(map(str, value))}]"
            yield _sentence(shown, name, [f"Member must satisfy constraint: [{', '.join(_constraints(shape.member))}]"])
    elif kind == "string":
        yield from _text(shape, str(value), name)
    elif kind == "integer":
        limits = _limits(shape, int(str(value)), "have value")
        if limits:
            yield _sentence(value, name, limits)


def _structure(shape: Any, value: object, name: str, operation: str) -> Iterator[str]:
    assert isinstance(value, Mapping)  # noqa: S101  by _TYPES
    for key in value:
        if key not in shape.members:
            raise UsageError(f"{operation}: no such parameter {key!r}; it takes {', '.join(shape.members)}")
    for key in shape.required_members:
        if key not in value:
            raise UsageError(f"{operation}: {key} is missing")
    if shape.is_tagged_union and len(value) != 1:
        raise UsageError(f"{operation}: {name} takes exactly one of {', '.join(shape.members)}")
    for key, item in value.items():
        yield from _faults(shape.members[key], item, key[0].lower() + key[1:], operation)


def _text(shape: Any, value: str, name: str) -> Iterator[str]:
    limits = _limits(shape, len(value), "have length")
    pattern = shape.metadata.get("pattern")
    if pattern and shape.name not in _WILDCARDS and not _pattern(pattern).fullmatch(value):
        limits.append(f"Member must satisfy regular expression pattern: {pattern}")
    if limits:
        yield _sentence(value, name, limits)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _sentence(value, name, [f"Member must satisfy enum value set: [{', '.join(enum)}]"])


def _constraints(shape: Any) -> list[str]:
    known = shape.metadata
    found = []
    if "max" in known:
        found.append(f"Member must have length less than or equal to {known['max']}")
    if "min" in known:
        found.append(f"Member must have length greater than or equal to {known['min']}")
    if "pattern" in known:
        found.append(f"Member must satisfy regular expression pattern: {known['pattern']}")
    return found


@functools.cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _limits(shape: Any, size: int, verb: str) -> list[str]:
    found = []
    if "max" in shape.metadata and size > shape.metadata["max"]:
        found.append(f"Member must {verb} less than or equal to {shape.metadata['max']}")
    if "min" in shape.metadata and size < shape.metadata["min"]:
        found.append(f"Member must {verb} greater than or equal to {shape.metadata['min']}")
    return found


def _sentence(value: object, name: str, limits: list[str]) -> str:
    shown = str(value)
    shown = shown if len(shown) <= 200 else f"{shown[:200]}..."  # noqa: PLR2004  a line or two
    constraint = limits[0] if len(limits) == 1 else f"[{', '.join(limits)}]"
    return f"Value '{shown}' at '{name}' failed to satisfy constraint: {constraint}"
