"""Requests to a gateway, as they are on the wire."""

from __future__ import annotations

import http.client
import socket
import time
from typing import Any

from tfproof.gateway.call_log import CallLog
from tfproof.gateway.client import Gateway
from tfproof.targets.embedded import EmbeddedTarget

__all__ = ["BUCKET", "ask", "recorded", "send_raw", "signature"]

BUCKET = "wire"


def signature(access_key: str = "tfproof", service: str = "s3") -> str:
    """An Authorization header; nobody verifies the signature."""
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
    """One request over a connection of its own: status, text and the answer itself."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=120)
    given = {"authorization": signature(), **(headers or {})}
    connection.request(method, path, body=body, headers=given, **named)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text, answer


def send_raw(target: EmbeddedTarget, data: bytes, *, then: float = 0.0, read: bool = True) -> bytes:
    """Sends bytes as they are, and answers what comes back."""
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
    """The calls after so many, but for those that were not on the wire."""
    return gateway.calls(since=since).observed
