"""What stands behind the gateway may refuse, die or answer garbage: the caller gets an AWS error, the log a record."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, IncompleteReadError

from tfproof.errors import UsageError
from tfproof.gateway.client import Gateway
from tfproof.gateway.upstream import HttpUpstream
from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.emulator import ADMINISTRATOR
from tfproof.targets.fronted import FrontedEmulator

ACCOUNT = "123456789012"


@contextmanager
def before(endpoint: str, folder: Path) -> Iterator[FrontedEmulator]:
    """A gateway before an endpoint."""
    made = FrontedEmulator(
        folder / "gateway.log", kind="localstack", upstream=endpoint, name="an emulator", account_id=ACCOUNT
    )
    with made:
        yield made


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that treats every connection so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def loop() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        threading.Thread(target=loop, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def garbage(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x00\xff this is not HTTP\r\n\r\n")


def half_an_answer(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")


def single_client(target: FrontedEmulator, service: str) -> Any:
    """A client that tries once: what the gateway answers is looked at, not what a retry makes of it."""
    client = make_client(
        service, endpoint=target.endpoint, region="us-east-1", access_key=ADMINISTRATOR, secret_key=ADMINISTRATOR
    )
    client.meta.events.register("needs-retry", lambda **_: None)
    return client


@pytest.mark.parametrize("kind", [hang_up, garbage], ids=["hangs up", "answers garbage"])
@pytest.mark.parametrize("service", ["s3", "dynamodb", "iam"])
def test_upstream_that_is_no_use_is_an_aws_error(
    tmp_path: Path, service: str, kind: Callable[[socket.socket], None]
) -> None:
    with server(kind) as endpoint, before(endpoint, tmp_path) as target:
        client = single_client(target, service)
        call = {"s3": "list_buckets", "dynamodb": "list_tables", "iam": "list_users"}[service]

        with pytest.raises(ClientError) as caught:
            getattr(client, call)()

        assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert endpoint in caught.value.response["Error"]["Message"]
        seen = Gateway(target).calls().observed
        assert {(call.status, call.error_code) for call in seen} == {(503, "ServiceUnavailable")}
        assert endpoint in seen[0].reason


def test_upstream_that_is_not_there_and_comes_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with before(f"http://127.0.0.1:{port}", tmp_path) as target:
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            single_client(target, "s3").list_buckets()

        with EmbeddedTarget(tmp_path / "upstream.log", port=port) as upstream:
            assert upstream.port == port
            assert target.client("s3").list_buckets()["Buckets"] == []


def test_answer_that_breaks_off_is_not_taken_for_whole(tmp_path: Path) -> None:
    with server(half_an_answer) as endpoint, before(endpoint, tmp_path) as target:
        with pytest.raises((IncompleteReadError, ConnectionClosedError, HTTPClientError)):
            single_client(target, "s3").get_object(Bucket="b", Key="k")["Body"].read()

        assert len(Gateway(target).calls()) > 0


def test_everything_works_over_http_as_in_process(tmp_path: Path) -> None:
    with EmbeddedTarget(tmp_path / "upstream.log") as upstream, before(upstream.endpoint, tmp_path) as target:
        s3, body = target.client("s3"), bytes(range(256)) * 50_000
        s3.create_bucket(Bucket="through")
        s3.put_object(Bucket="through", Key="a//b ü", Body=body, Metadata={"under_score": "kept"})
        got = s3.get_object(Bucket="through", Key="a//b ü")
        assert got["Body"].read() == body
        assert got["Metadata"] == {"under_score": "kept"}
        credentials = Gateway(target).credentials(f"arn:aws:iam::{ACCOUNT}:role/x", policies=[])
        nobody = make_client(
            "s3",
            endpoint=target.endpoint,
            region="us-east-1",
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
        )
        with pytest.raises(ClientError, match="is not authorized to perform: s3:GetObject"):
            nobody.get_object(Bucket="through", Key="a//b ü")
        # What is refused never reaches the emulator.
        assert [call.operation for call in Gateway(upstream).calls().observed].count("GetObject") == 1


def test_large_bodies_stream_through(tmp_path: Path) -> None:
    import psutil  # noqa: PLC0415

    with EmbeddedTarget(tmp_path / "upstream.log") as upstream, before(upstream.endpoint, tmp_path) as target:
        s3 = target.client("s3")
        s3.create_bucket(Bucket="large")
        gateway = psutil.Process(target.process_id)
        s3.put_object(Bucket="large", Key="warm", Body=b"x")
        at_rest = gateway.memory_info().rss

        s3.put_object(Bucket="large", Key="k", Body=b"x" * 64 * 1024 * 1024)
        assert s3.get_object(Bucket="large", Key="k")["ContentLength"] == 64 * 1024 * 1024

        # A body that was held would be there once at least.
        assert gateway.memory_info().rss - at_rest < 48 * 1024 * 1024


@pytest.mark.parametrize("endpoint", ["", "127.0.0.1:4566", "ftp://127.0.0.1", "http://"])
def test_endpoint_that_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError) as caught:
        HttpUpstream(endpoint)

    assert repr(endpoint) in str(caught.value)
