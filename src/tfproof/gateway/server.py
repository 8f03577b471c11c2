"""The sockets of the gateway: HTTP and HTTPS on loopback.

The server is cheroot, CherryPy's: maintained, plain threads (moto is synchronous, so an event loop would only wait for
threads), request bodies as streams, chunked bodies, `Expect: 100-continue`, kept connections, and TLS of its own.
waitress reads a body whole before it calls anyone and has no TLS; gunicorn starts processes, which cannot share moto's
memory; werkzeug's server is for development only.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cheroot import server as cheroot_server
from cheroot.ssl.builtin import BuiltinSSLAdapter

from tfproof.errors import TargetError
from tfproof.gateway.body import Body
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.upstream import Answer

__all__ = ["Handler", "Server"]

Handler = Callable[[HttpRequest, Body, int | None], Answer]
"""Answers a request: its head, its body as a stream, and the announced length of that (None for a chunked one)."""

_HOST: Final = "127.0.0.1"
_THREADS: Final = 64
_BACKLOG: Final = 1024
"""Connections that wait to be taken: 500 at once must not be refused."""
_SLOW_SECONDS: Final = 10.0
"""A client that sends nothing for so long in the middle of a request's body is given up."""
_IDLE_SECONDS: Final = 90.0
"""How long a kept connection may lie idle: as long as the SDK of Terraform keeps one. Whoever closes first must not be
the server: a request that is on its way just then is lost."""
_KEPT_CONNECTIONS: Final = 1024
_GATHERED: Final = 64 * 1024
"""Bytes of an answer up to which it is sent in one piece."""
_LARGEST_HEAD: Final = 4 * 1024 * 1024
"""Bytes of a request's head that are read at all; the application has a lower limit, and AWS's words for it."""
_REASONS: Final = {100: "Continue", 200: "OK", 204: "No Content", 206: "Partial Content", 403: "Forbidden"}


class Server:
    """Serves an application over HTTP, or over HTTPS when it is given a certificate.

    Args:
        handler: Answers requests.
        port: Port on 127.0.0.1; 0 takes a free one.
        certificate: File with certificate and private key, for HTTPS.

    Attributes:
        port: The port it listens on.

    Raises:
        TargetError: The port cannot be had.
    """

    def __init__(self, handler: Handler, *, port: int = 0, certificate: Path | None = None) -> None:
        gateway = type("BoundGateway", (_Gateway,), {"handler": staticmethod(handler), "tls": certificate is not None})
        server: Any = cheroot_server.HTTPServer((_HOST, port), gateway, minthreads=_THREADS, server_name="tfproof")
        server.ConnectionClass = _Connection
        server.request_queue_size = _BACKLOG
        server.timeout = _IDLE_SECONDS
        server.keep_alive_conn_limit = _KEPT_CONNECTIONS
        server.max_request_header_size = _LARGEST_HEAD
        server.error_log = _silent
        if certificate is not None:
            adapter = BuiltinSSLAdapter(str(certificate), str(certificate))
            adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
            server.ssl_adapter = adapter
        try:
            server.prepare()
        except OSError as error:
            raise TargetError(
                f"port={port} on {_HOST} cannot be listened on: {error}", remedy="Choose another one, or 0 for any."
            ) from error
        self.port: int = server.bind_addr[1]
        self._server = server
        self._thread = threading.Thread(target=server.serve, name=f"gateway-{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and all connections."""
        self._server.stop()
        self._thread.join(timeout=5.0)


class _Request(cheroot_server.HTTPRequest):
    # The usual reader drops headers with an underscore; S3's metadata may have them.
    header_reader = cheroot_server.HeaderReader()


class _Connection(cheroot_server.HTTPConnection):
    RequestHandlerClass = _Request


class _Gateway(cheroot_server.Gateway):
    """Between cheroot's request and ours."""

    handler: Handler
    tls: bool

    def respond(self) -> None:
        request = self.req
        headers = {_text(name).lower(): _text(value) for name, value in request.inheaders.items()}
        length = None if request.chunked_read else _length(headers)
        body = Body(request.rfile, length)
        path, _, query = _text(request.uri).partition("?")
        head = HttpRequest(
            _text(request.method).upper(), path, query, headers, secure=self.tls, client=str(request.conn.remote_addr)
        )
        connection = request.conn.socket
        connection.settimeout(_SLOW_SECONDS)
        try:
            answer = type(self).handler(head, body, length)
        finally:
            connection.settimeout(_IDLE_SECONDS)
        self._send(answer, body)

    def _send(self, answer: Answer, body: Body) -> None:
        request = self.req
        request.status = f"{answer.status} {_REASONS.get(answer.status, 'Answer')}".encode()
        request.outheaders = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        if body.problem is not None:
            request.close_connection = True  # what is left of the body would be taken for the next request
        no_body = _text(request.method) == "HEAD" or answer.status in (204, 304)
        wire = request.conn.wfile
        request.conn.wfile = gathered = _Gathered(wire)
        try:
            request.ensure_headers_sent()
            if not no_body:
                for piece in answer.body:
                    if piece:
                        request.write(piece)
        finally:
            answer.close()
            request.conn.wfile = wire
            gathered.send()


class _Gathered:
    """Sends head and body of a small answer in one piece.

    On a busy machine, Terraform's SDK for Go now and then closes its connection when the head of an answer has come
    and the body has not, takes the answer for lost and sends the request again (aws/aws-sdk-go-v2#2737, #2949): a lock
    that was written then meets itself. Seen on the wire in 4 of some 1100 applies at a load of 10; with one piece, in
    which the body is there as soon as the head is, in none of 825.

    Args:
        wire: Where it goes.
    """

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, piece: bytes) -> int:
        """Keeps a piece, and sends what is kept once that is no longer small."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= _GATHERED:
            self.send()
        return len(piece)

    def send(self) -> None:
        """Sends what is kept."""
        if self._pieces:
            whole, self._pieces, self._size = b"".join(self._pieces), [], 0
            self._wire.write(whole)


def _length(headers: dict[str, str]) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isdigit() else 0


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _silent(*_: Any, **__: Any) -> None:
    """Clients that hang up are no news; calls have a log of their own."""
