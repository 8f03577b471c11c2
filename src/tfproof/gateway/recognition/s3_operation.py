"""Recognises the operations of S3, and those of S3 Control that the AWS provider uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from tfproof.gateway.recognition.parsed_body import UnreadableBody, read_xml
from tfproof.gateway.recognition.rest_routes import Route, control_routes, find_route, s3_routes
from tfproof.gateway.recognition.s3_address import read_address
from tfproof.gateway.recognition.service_models import service_model

__all__ = ["S3Finding", "find_s3_operation", "reads_body"]

# Part of every address that was signed in the query, and of what SDKs add to it; none says what is done.
_SIGNING: Final = frozenset(
    {
        "AWSAccessKeyId",
        "Expires",
        "Signature",
        "X-Amz-Algorithm",
        "X-Amz-Content-Sha256",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Region-Set",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "x-amz-security-token",
        "x-id",
    }
)
# Their bodies are small, and hold what a permission depends on: keys, roles, tags, locks.
_READ: Final = frozenset(
    {
        "CreateBucket",
        "DeleteObjects",
        "PutBucketReplication",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
        "TagResource",
    }
)
_CONTROL: Final = "/v20180820/"
_LEVELS: Final = {"service": "on no bucket", "bucket": "on a bucket", "object": "on an object"}


class S3Finding(NamedTuple):
    """What was found of an operation of S3.

    Attributes:
        name: botocore's name, `""` when it cannot be told.
        parameters: By botocore's names; what stood in query and headers as text, the body as structures.
        problem: Why it cannot be told.
    """

    name: str
    parameters: Mapping[str, Any]
    problem: str = ""


def reads_body(method: str, path: str, query: str, headers: Mapping[str, str]) -> bool:
    """Whether the body of a request to S3 must be read: never an object's."""
    route, _, _ = _route(method, path, query, headers)
    return route is not None and route.name in _READ


def find_s3_operation(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> S3Finding:
    """The operation of a request to S3 or S3 Control."""
    route, parameters, problem = _route(method, path, query, headers)
    if route is None:
        return S3Finding("", parameters, problem)
    if route.name in _READ and body:
        try:
            _add_body(parameters, route, body)
        except UnreadableBody as error:
            return S3Finding("", parameters, f"{route.name}: {error}")
    missing = _missing(route.name, parameters)
    if missing:
        return S3Finding("", parameters, f"{route.name}: {missing}")
    return S3Finding(route.name, parameters)


def _route(method: str, path: str, query: str, headers: Mapping[str, str]) -> tuple[Route | None, dict[str, Any], str]:
    """The route, the parameters outside the body, and why there is no route."""
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in _SIGNING]
    if path.startswith(_CONTROL) and "x-amz-account-id" in headers:
        return _control(method, path, pairs, headers)
    address = read_address(path, headers.get("host", ""))
    found: dict[str, Any] = {}
    if address.problem:
        return None, found, address.problem
    if address.bucket:
        found["Bucket"] = address.bucket
    if address.key:
        found["Key"] = address.key
    asked = dict(pairs)
    if len(asked) != len(pairs):
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        return None, found, f"the query repeats {twice[0][:80]!r}"
    route = find_route(s3_routes().get((method, address.level), ()), asked, headers)
    if route is None:
        return None, found, f"no operation of S3 is {method} {_LEVELS[address.level]} with {_shown(asked)}"
    _add_members(found, route, asked, headers)
    return route, found, ""


def _control(
    method: str, path: str, pairs: list[tuple[str, str]], headers: Mapping[str, str]
) -> tuple[Route | None, dict[str, Any], str]:
    asked = dict(pairs)
    for (verb, template), routes in control_routes().items():
        named = _match(template, path) if verb == method else None
        route = None if named is None else find_route(routes, asked, headers)
        if named is not None and route is not None:
            found: dict[str, Any] = dict(named)
            _add_members(found, route, asked, headers)
            if route.name == "UntagResource":
                found["TagKeys"] = [value for name, value in pairs if name == "tagKeys"]
            elif len(asked) != len(pairs):
                return None, {}, "the query repeats a parameter"
            return route, found, ""
    return None, {}, f"no operation of S3 Control that is known here is {method} on {path[:80]!r} with {_shown(asked)}"


def _match(template: tuple[str, ...], path: str) -> dict[str, str] | None:
    """The labels of a path of S3 Control by botocore's names (a capital first), None when it is another path."""
    parts = path.strip("/").split("/", len(template) - 1)
    if len(parts) != len(template):
        return None
    found: dict[str, str] = {}
    for pattern, part in zip(template, parts, strict=True):
        label = pattern.startswith("{")
        if (not label and pattern != part) or (label and not pattern.endswith("+}") and "/" in part):
            return None
        if label:
            name = pattern.strip("{}+")
            found[name[:1].upper() + name[1:]] = unquote(part)
    return found


def _add_members(found: dict[str, Any], route: Route, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    for member in route.query:
        if member.wire in query:
            found[member.name] = query[member.wire]
    for member in route.headers:
        if member.wire in headers:
            found[member.name] = headers[member.wire]


def _add_body(found: dict[str, Any], route: Route, body: bytes) -> None:
    if route.payload is not None:
        name, shape = route.payload
        member = service_model("s3")["shapes"][f"{route.name}Request"]["members"][name]
        found[name] = read_xml(body, "s3", shape, root=member.get("locationName", name))
    else:
        found.update(read_xml(body, "s3control", f"{route.name}Request", root=f"{route.name}Request"))


def _missing(name: str, parameters: Mapping[str, Any]) -> str:
    """What of the body its needs cannot be told without."""
    if name == "DeleteObjects":
        objects = parameters.get("Delete", {}).get("Objects", ())
        if not objects:
            return "its body names no object"
        return "" if all(each.get("Key") for each in objects) else "its body has an object without a key"
    if name == "PutBucketReplication":
        return "" if parameters.get("ReplicationConfiguration", {}).get("Role") else "its body names no role"
    return ""


def _shown(query: Mapping[str, str]) -> str:
    return f"the query {sorted(query)!r}"[:200] if query else "no query"
