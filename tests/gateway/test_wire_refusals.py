"""The gateway on the wire: what it must not take, keep or give. Real sockets, real HTTP."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest
from wire import BUCKET, ask, recorded, send_raw, signature

from tfproof.gateway.client import Gateway
from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget

pytestmark = pytest.mark.xdist_group("gateway-wire")

NOBODY = "AKIANOBODY"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("gateway") / "target.log") as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture
def gateway(target: EmbeddedTarget) -> Gateway:
    return Gateway(target)


@pytest.mark.parametrize("sent", [b"", b"12", b"123456789"])
def test_body_that_is_cut_short_is_not_stored(target: EmbeddedTarget, gateway: Gateway, sent: bytes) -> None:
    key, since = f"short-{len(sent)}", gateway.count()
    head = f"PUT /{BUCKET}/{key} HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\nContent-Length: 10\r\n\r\n"

    answer = send_raw(target, head.encode() + sent)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>IncompleteBody</Code>" in answer
    (call,) = recorded(gateway, since)
    assert (call.status, call.error_code, call.operation) == (400, "IncompleteBody", "PutObject")
    assert key not in [entry["Key"] for entry in target.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_json_body_that_is_cut_short_is_answered_as_dynamodb_would(target: EmbeddedTarget, gateway: Gateway) -> None:
    since = gateway.count()
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {signature(service='dynamodb')}\r\n"
        "X-Amz-Target: DynamoDB_20120810.GetItem\r\nContent-Length: 100\r\n\r\n{"
    )

    answer = send_raw(target, head.encode())

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["__type"].endswith("IncompleteBody")
    assert len(recorded(gateway, since)) == 1


def test_bad_chunks_are_refused(target: EmbeddedTarget) -> None:
    head = (
        f"PUT /{BUCKET}/bad HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    answer = send_raw(target, head.encode() + b"zz\r\nnot a chunk\r\n")

    assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer[:200]
    assert target.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="bad").get("KeyCount") == 0


def test_ten_thousand_headers_are_too_many(target: EmbeddedTarget, gateway: Gateway) -> None:
    since = gateway.count()
    headers = "".join(f"x-amz-meta-h{number}: {number}\r\n" for number in range(10_000))
    head = f"PUT /{BUCKET}/h HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\nContent-Length: 0\r\n{headers}\r\n"

    answer = send_raw(target, head.encode())

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>RequestHeaderSectionTooLarge</Code>" in answer
    assert [call.error_code for call in recorded(gateway, since)] == ["RequestHeaderSectionTooLarge"]


@pytest.mark.parametrize(
    "path", ["/{bucket}/k%0d%0aX-Evil:%201", "/{bucket}/k?versionId=%0d%0aX-Evil:%201", "/{bucket}%0d%0aX-Evil:1/k"]
)
def test_no_header_can_be_injected(target: EmbeddedTarget, path: str) -> None:
    _, _, answer = ask(target, "GET", path.format(bucket=BUCKET))

    assert "x-evil" not in {name.lower() for name, _ in answer.getheaders()}


def test_injected_lines_in_a_record_stay_one_line(target: EmbeddedTarget, gateway: Gateway) -> None:
    since = gateway.count()

    ask(target, "GET", f"/{BUCKET}/k%0a%7b%22number%22:1%7d")

    (call,) = recorded(gateway, since)
    assert "\n" in call.needs[0].resource
    assert "\n" not in call.to_json()


def test_slow_client_is_given_up_and_others_are_served_meanwhile(target: EmbeddedTarget) -> None:
    head = f"PUT /{BUCKET}/slow HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\nContent-Length: 10\r\n\r\n12"
    slow = [socket.create_connection(("127.0.0.1", target.port), timeout=60) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(head.encode())
        assert ask(target, "PUT", f"/{BUCKET}/quick", body=b"x")[0] == 200
        answer = b"".join(iter(lambda: slow[0].recv(65536), b""))
        assert b"<Code>RequestTimeout</Code>" in answer
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS on the plain port
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 100,
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["tls", "no-path", "http-9.9", "zeroes", "negative-length", "length-in-words", "long-path"],
)
def test_garbage_does_not_harm_it(target: EmbeddedTarget, data: bytes) -> None:
    send_raw(target, data)

    assert ask(target, "PUT", f"/{BUCKET}/after-garbage", body=b"x")[0] == 200


def test_gateways_own_paths_want_the_token(target: EmbeddedTarget) -> None:
    for path in ("calls", "count", "nothing"):
        status, text, _ = ask(target, "GET", f"/_tfproof/{path}")
        assert (status, "token" in text) == (403, True)
    status, _, _ = ask(target, "GET", "/_tfproof/calls", headers={"x-tfproof-token": "0" * 32})
    assert status == 403


def test_unknown_operation_is_recorded_and_when_enforcing_refused(target: EmbeddedTarget, gateway: Gateway) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    credentials = gateway.credentials("arn:aws:iam::123456789012:role/x", policies=[everything])
    since = gateway.count()

    ask(target, "GET", f"/{BUCKET}?nonsense")
    status, text, _ = ask(
        target, "GET", f"/{BUCKET}?nonsense", headers={"authorization": signature(credentials.access_key)}
    )

    passed, refused = recorded(gateway, since)
    assert (passed.operation, passed.decision) == ("", "")
    assert "nonsense" in passed.reason
    assert status == 403
    assert "cannot name this operation" in text
    assert (refused.operation, refused.decision) == ("", "implicitDeny")


def test_operation_whose_actions_are_not_known_is_refused_when_enforcing(
    target: EmbeddedTarget, gateway: Gateway
) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    credentials = gateway.credentials("arn:aws:iam::123456789012:role/x", policies=[everything])
    since = gateway.count()

    status, text, _ = ask(
        target,
        "POST",
        "/",
        body=b'{"TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t", "S3Bucket": "b"}',
        headers={
            "authorization": signature(credentials.access_key, "dynamodb"),
            "x-amz-target": "DynamoDB_20120810.ExportTableToPointInTime",
        },
    )

    (call,) = recorded(gateway, since)
    assert status == 400
    assert json.loads(text)["__type"].endswith("#AccessDeniedException")
    assert "does not know which actions it takes" in text
    assert (call.operation, call.decision) == ("ExportTableToPointInTime", "implicitDeny")


def test_unknown_access_key_is_refused_in_each_services_words_when_enforcing(
    target: EmbeddedTarget, gateway: Gateway
) -> None:
    gateway.settings(enforce=True)
    try:
        status, text, _ = ask(target, "GET", f"/{BUCKET}/k", headers={"authorization": signature(NOBODY)})
        assert (status, "<Code>InvalidAccessKeyId</Code>" in text) == (403, True)
        for service, code in (("dynamodb", "UnrecognizedClientException"), ("iam", "InvalidClientTokenId")):
            client = make_client(
                service, endpoint=target.endpoint, region="us-east-1", access_key=NOBODY, secret_key=NOBODY
            )
            with pytest.raises(Exception, match=code):
                client.list_tables() if service == "dynamodb" else client.list_users()
        status, text, _ = ask(target, "GET", f"/{BUCKET}/k", headers={"authorization": ""})
        assert (status, "<Code>AccessDenied</Code>" in text) == (403, True)
    finally:
        gateway.settings(enforce=False)
