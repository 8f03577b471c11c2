"""A LocalStack takes the account from the access key: it sees the run's, whoever the caller was."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.upstream import HttpUpstream

SIGNED = (
    "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0123456789abcdef"
)


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_address[1]}", seen
    listening.shutdown()
    listening.server_close()


def authorization(server: tuple[str, list[dict[str, str]]], headers: dict[str, str], access_key: str) -> str | None:
    endpoint, seen = server
    upstream = HttpUpstream(endpoint, access_key=access_key)
    upstream.send(HttpRequest("GET", "/", "", {"host": "127.0.0.1", **headers}), io.BytesIO(), 0).close()
    return seen[-1].get("authorization")


@pytest.mark.parametrize("caller", ["tfproof", "TFPROOF0123456789ABCDEF", "AKIDEXAMPLE", "000000000000"])
def test_every_caller_is_seen_under_the_runs_key(caller: str, server: tuple[str, list[dict[str, str]]]) -> None:
    seen = authorization(server, {"authorization": SIGNED.format(key=caller)}, "912345678901")

    assert seen == SIGNED.format(key="912345678901")


def test_without_a_key_nothing_is_changed(server: tuple[str, list[dict[str, str]]]) -> None:
    assert authorization(server, {"authorization": SIGNED.format(key="AKID")}, "") == SIGNED.format(key="AKID")


def test_anonymous_request_stays_anonymous(server: tuple[str, list[dict[str, str]]]) -> None:
    assert authorization(server, {}, "912345678901") is None


def test_what_is_no_signature_is_passed_on(server: tuple[str, list[dict[str, str]]]) -> None:
    assert authorization(server, {"authorization": "Bearer Credential"}, "912345678901") == "Bearer Credential"
