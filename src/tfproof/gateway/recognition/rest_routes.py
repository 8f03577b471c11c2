"""Which operation of a REST service a method, a path and a query mean, derived from the service's model.

An operation answers a request when the request has all that the operation must have, and nothing in its query that the
operation does not know. The second half is what keeps `PUT /bucket/key?acl` from being taken for PutObject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

from tfproof.gateway.recognition.service_models import service_model

__all__ = ["Member", "Route", "control_routes", "find_route", "s3_routes"]

_NOT_IN_BUCKETS: Final = {
    "ListDirectoryBuckets": "on the wire it is ListBuckets, sent to another service (s3express)",
    "WriteGetObjectResponse": "it is sent to another service (s3-object-lambda)",
}
# Members that would show a secret wherever an operation is shown.
_SECRET: Final = frozenset({"SSECustomerKey", "CopySourceSSECustomerKey"})


@dataclass(frozen=True, slots=True)
class Member:
    """An input member that stands in the query or in a header: botocore's name, and the name on the wire."""

    name: str
    wire: str


@dataclass(frozen=True, slots=True)
class Route:
    """How one operation looks on the wire.

    Attributes:
        name: botocore's name of the operation.
        flags: Query parameters that must be there, with the value they must have; `""` means any.
        required: Other query parameters that must be there.
        required_headers: Headers that must be there, in lower case.
        known: All query parameters that the operation knows.
        query: Its members in the query.
        headers: Its members in headers, names in lower case, those that hold a secret left out.
        payload: Member and shape of the XML body, None without one.
    """

    name: str
    flags: Mapping[str, str]
    required: frozenset[str]
    required_headers: frozenset[str]
    known: frozenset[str]
    query: tuple[Member, ...]
    headers: tuple[Member, ...]
    payload: tuple[str, str] | None

    def answers(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether a request with this query and these headers means this operation."""
        return (
            self.known.issuperset(query)
            and self.required.issubset(query)
            and all(name in query and value in ("", query[name]) for name, value in self.flags.items())
            and all(name in headers for name in self.required_headers)
        )

    @property
    def weight(self) -> int:
        """How much a request must have to mean this operation: the more, the sooner it is asked."""
        return len(self.flags) + len(self.required) + len(self.required_headers)


def find_route(routes: tuple[Route, ...], query: Mapping[str, str], headers: Mapping[str, str]) -> Route | None:
    """The first of some routes, the most demanding ones first, that answers; None when none does."""
    return next((route for route in routes if route.answers(query, headers)), None)


@cache
def s3_routes() -> dict[tuple[str, str], tuple[Route, ...]]:
    """S3's routes by method and level (`service`, `bucket` or `object`)."""
    levels = {"/": "service", "/{Bucket}": "bucket", "/{Bucket}/{Key+}": "object"}
    found: dict[tuple[str, str], list[Route]] = {}
    for operation, path, route in _routes("s3"):
        if route.name not in _NOT_IN_BUCKETS:
            found.setdefault((operation["http"]["method"], levels[path]), []).append(route)
    return {place: _in_order(routes) for place, routes in found.items()}


@cache
def control_routes() -> dict[tuple[str, tuple[str, ...]], tuple[Route, ...]]:
    """S3 Control's routes by method and path template, such as `("v20180820", "tags", "{resourceArn+}")`.

    Operations that share their name with one of S3's (GetPublicAccessBlock of an account, GetBucketPolicy of an
    Outposts bucket) are left out: by its name alone such an operation would pass for the other.
    """
    taken = service_model("s3")["operations"]
    found: dict[tuple[str, tuple[str, ...]], list[Route]] = {}
    for operation, path, route in _routes("s3control"):
        if route.name not in taken:
            template = tuple(path.strip("/").split("/"))
            found.setdefault((operation["http"]["method"], template), []).append(route)
    return {place: _in_order(routes) for place, routes in found.items()}


def _in_order(routes: list[Route]) -> tuple[Route, ...]:
    return tuple(sorted(routes, key=lambda route: (-route.weight, route.name)))


def _routes(service: str) -> list[tuple[dict[str, Any], str, Route]]:
    model = service_model(service)
    # A deprecated operation and its successor are one and the same request.
    operations = [operation for operation in model["operations"].values() if not operation.get("deprecated")]
    return [(operation, *_route(model["shapes"], operation)) for operation in operations]


def _route(shapes: dict[str, Any], operation: dict[str, Any]) -> tuple[str, Route]:
    path, _, query = operation["http"]["requestUri"].partition("?")
    flags = dict(parse_qsl(query, keep_blank_values=True))
    shape = shapes[operation["input"]["shape"]] if "input" in operation else {}
    members: dict[str, Any] = shape.get("members", {})
    required = {members[name].get("locationName") for name in shape.get("required", ())}
    in_query = tuple(_located(members, "querystring"))
    in_headers = tuple(Member(member.name, member.wire.lower()) for member in _located(members, "header"))
    names = {member.wire for member in in_query}
    return path, Route(
        name=operation["name"],
        flags=flags,
        required=frozenset(names & required),
        required_headers=frozenset(m.wire.lower() for m in _located(members, "header") if m.wire in required),
        known=frozenset(names | set(flags)),
        query=in_query,
        headers=tuple(member for member in in_headers if member.name not in _SECRET),
        payload=_payload(shapes, shape),
    )


def _located(members: dict[str, Any], location: str) -> list[Member]:
    return [
        Member(name, member["locationName"]) for name, member in members.items() if member.get("location") == location
    ]


def _payload(shapes: dict[str, Any], shape: dict[str, Any]) -> tuple[str, str] | None:
    name = shape.get("payload")
    if name is None:
        return None
    target = shape["members"][name]["shape"]
    return (name, target) if shapes[target]["type"] == "structure" else None
