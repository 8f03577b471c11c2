"""A body that cannot be read, or can be read in two ways, makes no operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.recognition.operation import needs_body, recognise

RequestOf = Callable[..., HttpRequest]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"TableName": "a", "TableName": "b"}',
        b'{"Key": {"LockID": {"S": "a"}, "LockID": {"S": "b"}}}',
        b'{"Limit": NaN}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"1" * 10_000 + b"}",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_json_that_cannot_be_read_one_way_is_a_problem(request_of: RequestOf, body: bytes) -> None:
    target = {"x-amz-target": "DynamoDB_20120810.GetItem"}
    operation = recognise(request_of("POST", "/", service="dynamodb", headers=target, body=body))
    assert (operation.service, operation.name, operation.parameters) == ("dynamodb", "", {})
    assert operation.problem.startswith("GetItem: ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Version=2011-06-15",
        b"Action=GetCallerIdentity&Action=GetSessionToken",
        b"Action=getcalleridentity",
        b"Action=DeleteEverything",
        b"\xff",
        b"Action=%FF",
    ],
)
def test_forms_that_name_no_operation(request_of: RequestOf, body: bytes) -> None:
    assert recognise(request_of("POST", "/", service="sts", body=body)).name == ""


DELETE = b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</Delete>'


def test_the_objects_of_a_multiple_delete_are_read(wire: Any) -> None:
    asked = {"Objects": [{"Key": "a&<b>", "VersionId": "1"}, {"Key": "c d\n"}], "Quiet": True}
    request = wire("s3", "DeleteObjects", Bucket="bucket", Delete=asked)
    assert needs_body(request.method, request.headers, request.path, request.query)
    found = recognise(request).parameters["Delete"]
    assert found["Objects"] == asked["Objects"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Delete><Object><Key>&b;</Key></Object></Delete>"""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<Delete>",
        b"<Other><Object><Key>a</Key></Object></Other>",
        DELETE % b"",
        DELETE % b"<Object/>",
        DELETE % b"<Object><Key/></Object>",
        DELETE % b"<Object><Key>a</Key><Key>b</Key></Object>",
        DELETE % b"<Object><VersionId>a</VersionId></Object>",
        DELETE % (b"<Object>" * 100_000 + b"</Object>" * 100_000),
        b'<?xml version="1.0" encoding="utf-7"?><Delete/>',
        b'<?xml version="1.0" encoding="nonsense"?><Delete/>',
        b'<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete><Object><Key>a</Key></Object></Delete>',
        BOMB,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_multiple_delete_that_cannot_be_read_one_way_is_a_problem(request_of: RequestOf, body: bytes) -> None:
    operation = recognise(request_of("POST", "/bucket?delete", body=body))
    assert operation.name == ""
    assert operation.problem.startswith("DeleteObjects: ")


def test_a_replication_without_its_role_is_a_problem(request_of: RequestOf) -> None:
    body = b"<ReplicationConfiguration><Rule><Status>Enabled</Status></Rule></ReplicationConfiguration>"
    assert recognise(request_of("PUT", "/bucket?replication", body=body)).name == ""
