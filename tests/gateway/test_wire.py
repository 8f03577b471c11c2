"""The gateway on the wire: bodies of every kind, bad input, many at once. Real sockets, real HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from wire import BUCKET, ask, recorded, signature

from tfproof.gateway.client import Gateway
from tfproof.targets.embedded import EmbeddedTarget

pytestmark = pytest.mark.xdist_group("gateway-wire")

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("gateway") / "target.log") as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture
def gateway(target: EmbeddedTarget) -> Gateway:
    return Gateway(target)


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
