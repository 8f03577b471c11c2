"""The gateway on the wire: bodies of every kind, bad input, many at once. Real sockets, real HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tfproof.gateway.call_log import CallLog
from tfproof.gateway.client import Gateway
from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget

pytestmark = pytest.mark.xdist_group("gateway-wire")

BUCKET = "wire"
NOBODY = "AKIANOBODY"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("gateway") / "target.log") as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture
def gateway(target: EmbeddedTarget) -> Gateway:
    return Gateway(target)


def signature(access_key: str = "tfproof", service: str = "s3") -> str:
    scope = f"{access_key}/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"


def ask(
    target: EmbeddedTarget,
    method: str,
    path: str,
    *,
    body: Any = None,
    headers: dict[str, str] | None = None,
    **named: Any,
) -> tuple[int, str, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=120)
    given = {"authorization": signature(), **(headers or {})}
    connection.request(method, path, body=body, headers=given, **named)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text, answer


def send_raw(target: EmbeddedTarget, data: bytes, *, then: float = 0.0, read: bool = True) -> bytes:
    with socket.create_connection(("127.0.0.1", target.port), timeout=120) as connection:
        connection.sendall(data)
        if then:
            time.sleep(then)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while read and (piece := connection.recv(65536)):
            found += piece
        return found


def recorded(gateway: Gateway, since: int) -> CallLog:
    return gateway.calls(since=since).observed


# -- what must work --


def test_listens_on_loopback_only(target: EmbeddedTarget) -> None:
    listening = {
        found.laddr.ip
        for found in psutil.Process(target.process_id).net_connections("inet")
        if found.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_chunked_body_arrives_whole(target: EmbeddedTarget) -> None:
    pieces = [b"a" * 70_000, b"b", b"c" * 10]

    status, text, _ = ask(target, "PUT", f"/{BUCKET}/chunked", body=iter(pieces), encode_chunked=True)

    assert status == 200, text
    assert target.client("s3").get_object(Bucket=BUCKET, Key="chunked")["Body"].read() == b"".join(pieces)


def test_aws_chunked_body_with_trailing_checksum_is_decoded(target: EmbeddedTarget) -> None:
    # boto3 sends a stream it cannot rewind so, over HTTPS above all; moto takes the encoding apart.
    body = b"some text that is sent in chunks of AWS's own"
    framed = b"%x\r\n%b\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n" % (len(body), body)

    status, text, _ = ask(
        target,
        "PUT",
        f"/{BUCKET}/aws-chunked",
        body=framed,
        headers={
            "content-encoding": "aws-chunked",
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": str(len(body)),
            "x-amz-trailer": "x-amz-checksum-crc32",
        },
    )

    assert status == 200, text
    assert target.client("s3").get_object(Bucket=BUCKET, Key="aws-chunked")["Body"].read() == body


def test_client_that_waits_is_told_to_continue(target: EmbeddedTarget) -> None:
    head = (
        f"PUT /{BUCKET}/waited HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\n"
        "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", target.port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"body")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_connection_is_kept_for_many_requests(target: EmbeddedTarget) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    connection.connect()
    first = connection.sock.getsockname()
    for number in range(20):
        connection.request("PUT", f"/{BUCKET}/kept-{number}", body=b"x", headers={"authorization": signature()})
        assert connection.getresponse().read() == b""
        assert connection.sock is not None
        assert connection.sock.getsockname() == first
    connection.close()


def test_head_range_and_odd_keys(target: EmbeddedTarget) -> None:
    s3 = target.client("s3")
    for key in ("plain", "with space", "a//b", "ü/é", "dots/../up", "plus+and%25", "trailing/", "q?x=y&z", "#hash"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"0123456789", Metadata={"under_score": "kept"})
        assert s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=2-4")["Body"].read() == b"234", key
        head = s3.head_object(Bucket=BUCKET, Key=key)
        assert head["ContentLength"] == 10
        assert head["Metadata"] == {"under_score": "kept"}
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert {"a//b", "dots/../up", "trailing/", "#hash"} <= set(listed)


def test_state_above_five_mebibytes_goes_in_parts(target: EmbeddedTarget, gateway: Gateway) -> None:
    s3, body = target.client("s3"), os.urandom(11 * MEBIBYTE)
    since = gateway.count()
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="large")["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(body), 5 * MEBIBYTE), 1):
        part = s3.upload_part(
            Bucket=BUCKET, Key="large", UploadId=upload, PartNumber=number, Body=body[start : start + 5 * MEBIBYTE]
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    s3.complete_multipart_upload(Bucket=BUCKET, Key="large", UploadId=upload, MultipartUpload={"Parts": parts})

    assert (
        hashlib.sha256(s3.get_object(Bucket=BUCKET, Key="large")["Body"].read()).digest()
        == hashlib.sha256(body).digest()
    )
    calls = recorded(gateway, since)
    assert [call.operation for call in calls] == [
        "CreateMultipartUpload",
        *["UploadPart"] * 3,
        "CompleteMultipartUpload",
        "GetObject",
    ]
    assert {action for call in calls[:5] for action in call.actions} == {"s3:PutObject"}
    assert calls[1].bytes_in == 5 * MEBIBYTE
    assert calls[5].bytes_out == len(body)


def test_five_hundred_requests_at_once_are_all_answered(target: EmbeddedTarget, gateway: Gateway) -> None:
    since = gateway.count()

    def one(number: int) -> int:
        return ask(target, "PUT", f"/{BUCKET}/many-{number}", body=b"x" * 100)[0]

    with ThreadPoolExecutor(500) as pool:
        statuses = list(pool.map(one, range(500)))

    assert statuses == [200] * 500
    assert len(recorded(gateway, since)) == 500


def test_https_is_served_with_a_certificate_of_the_run(gateway: Gateway) -> None:
    https = gateway.https()
    trusting = ssl.create_default_context(cafile=https.ca_file)
    port = int(https.endpoint.rpartition(":")[2])
    since = gateway.count()

    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=60)) as connection:
        connection.request("PUT", f"/{BUCKET}/secure", body=b"x", headers={"authorization": signature()})
        assert connection.getresponse().status == 200
    old = ssl.create_default_context(cafile=https.ca_file)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        old.wrap_socket(plain, server_hostname="127.0.0.1") as two,
    ):
        assert two.version() == "TLSv1.2"
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")

    assert gateway.https() == https, "asked again, it is the same"
    assert recorded(gateway, since)[0].secure is True
    assert Path(https.ca_file).with_name("gateway.pem").stat().st_mode & 0o077 == 0


# -- what must not --


@pytest.mark.parametrize("sent", [b"", b"12", b"123456789"])
def test_body_that_is_cut_short_is_not_stored(target: EmbeddedTarget, gateway: Gateway, sent: bytes) -> None:
    key, since = f"short-{len(sent)}", gateway.count()
    head = f"PUT /{BUCKET}/{key} HTTP/1.1\r\nHost: x\r\nAuthorization: {signature()}\r\nContent-Length: 10\r\n\r\n"

    answer = send_raw(target, head.encode() + sent)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>IncompleteBody</Code>" in answer
    (call,) = recorded(gateway, since)
    assert (call.status, call.error_code, call.operation) == (400, "IncompleteBody", "PutObject")
    assert key not in [entry["Key"] for entry in target.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]


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
