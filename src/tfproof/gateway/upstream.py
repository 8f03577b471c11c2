"""What stands behind the gateway: moto in the same process, or an emulator at an HTTP endpoint."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from tfproof.errors import TargetError, UsageError
from tfproof.gateway.http import HttpRequest

__all__ = ["Answer", "HttpUpstream", "Upstream", "WsgiUpstream"]

_CHUNK: Final = 64 * 1024
_CONNECTIONS: Final = 64
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 120.0
# They belong to one connection, not to the message that is passed on (RFC 9110, section 7.6.1).
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "expect"}
)  # fmt: skip
_CREDENTIAL: Final = re.compile(r"(\bCredential=)[^/,\s]+/")


@dataclass(slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: Status code.
        headers: Header names and values in order, without those of one connection only.
        body: Pieces of the body; read it to its end or close it.
    """

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes] = field(default_factory=tuple)

    def header(self, name: str) -> str:
        """The first value of a header, `""` without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def buffered(self) -> bytes:
        """The whole body, which stays to be read again; for answers that are known to be small."""
        body = b"".join(self.body)
        self.close()
        self.body = (body,)
        return body

    def close(self) -> None:
        """Gives back what the body holds on to."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


class Upstream(Protocol):
    """Where the gateway sends what it lets through."""

    @property
    def description(self) -> str:
        """What it is, for people."""
        ...

    def send(self, request: HttpRequest, body: IO[bytes], length: int | None) -> Answer:
        """Passes a request on and answers as soon as the head of the answer is there.

        Args:
            request: The head.
            body: The body as a stream.
            length: Its length in bytes; None when it is not known, as of a chunked one.

        Raises:
            TargetError: It does not answer, or not in HTTP.
        """
        ...


class WsgiUpstream:
    """An application of the same process, such as moto's: no second hop. It reads bodies whole, as moto does.

    Args:
        application: The WSGI application.
        description: What it is, for people.
    """

    def __init__(self, application: Any, description: str) -> None:
        self._application = application
        self.description = description

    def send(self, request: HttpRequest, body: IO[bytes], length: int | None) -> Answer:
        """See `Upstream.send`."""
        if length is None:
            whole = body.read()
            body, length = io.BytesIO(whole), len(whole)
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
            started[:] = [(int(status.split(" ", 1)[0]), headers)]
            return lambda _piece: None  # the write callable of old applications; moto has no use for it

        try:
            pieces = self._application(_environ(request, body, length), start_response)
            if not started:  # an application may begin with its first piece only
                pieces = _primed(pieces)
        except Exception as error:
            raise TargetError(f"{self.description} broke down on {request.method} {request.path}: {error!r}") from error
        status, headers = started[0]
        return Answer(status, _end_to_end(headers), pieces)


class HttpUpstream:
    """An emulator at an endpoint, over connections that are kept; bodies are streamed both ways.

    Args:
        endpoint: Its URL.
        access_key: Access key that it sees on every signed request, whoever signed it; `""` changes nothing. The
            signature is not made anew: only for an emulator that does not verify it.

    Raises:
        UsageError: The endpoint is no http or https URL.
    """

    def __init__(self, endpoint: str, *, access_key: str = "") -> None:
        import urllib3  # noqa: PLC0415  # not needed by the embedded target

        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"endpoint={endpoint!r} is no URL", remedy="Write it as http://127.0.0.1:4566.")
        self.description = endpoint
        self._access_key = access_key
        self._errors = urllib3.exceptions.HTTPError
        pool = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
        self._pool = pool(
            parts.hostname,
            parts.port,
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            retries=False,
        )

    def send(self, request: HttpRequest, body: IO[bytes], length: int | None) -> Answer:
        """See `Upstream.send`."""
        from urllib3.util import SKIP_HEADER  # noqa: PLC0415

        headers = {"accept-encoding": SKIP_HEADER, "user-agent": SKIP_HEADER}
        headers |= {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        if self._access_key and "authorization" in headers:
            headers["authorization"] = _CREDENTIAL.sub(rf"\g<1>{self._access_key}/", headers["authorization"])
        sent: Any = None
        if length is None:
            sent = _pieces(body)
            headers.pop("content-length", None)
        elif length:
            sent = _pieces(body)
            headers["content-length"] = str(length)
        target = f"{request.path}?{request.query}" if request.query else request.path
        try:
            answer = self._pool.urlopen(
                request.method,
                target,
                body=sent,
                headers=headers,
                chunked=length is None,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                assert_same_host=False,
            )
        except (self._errors, OSError) as error:
            raise TargetError(f"{self.description} does not answer: {error}") from error
        found = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
        return Answer(answer.status, found, self._stream(answer))

    def _stream(self, answer: Any) -> Iterator[bytes]:
        try:
            yield from answer.stream(_CHUNK, decode_content=False)
        except (self._errors, OSError) as error:
            raise TargetError(f"{self.description} broke off in the middle of an answer: {error}") from error
        finally:
            answer.release_conn()


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    while piece := body.read(_CHUNK):
        yield piece


def _primed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of them taken already."""
    iterator = iter(pieces)
    first = next(iterator, b"")

    def all_of_them() -> Iterator[bytes]:
        yield first
        yield from iterator

    return all_of_them()


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def _environ(request: HttpRequest, body: IO[bytes], length: int) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": f"{request.path}?{request.query}" if request.query else request.path,
        "REMOTE_ADDR": request.client,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if request.secure else "http",
        "wsgi.input": body,
        "wsgi.errors": _Nowhere(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ |= _header_variables(request.headers)
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def _header_variables(headers: Mapping[str, str]) -> dict[str, Any]:
    """Headers as WSGI has them, with moto's own note of those names whose underscores WSGI would lose."""
    variables: dict[str, Any] = {}
    preserved: dict[str, str] = {}
    for name, value in headers.items():
        if name in _HOP_BY_HOP:
            continue
        folded = name.upper().replace("-", "_")
        key = folded if folded in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{folded}"
        if "_" in name:
            if not name.startswith("x-amz-meta-") or name.replace("_", "-") in headers:
                continue  # an underscored header must never stand in for a dashed one
            preserved[key] = name
        variables[key] = value
    variables["moto.preserved_header_names"] = preserved
    return variables


class _Nowhere(io.StringIO):
    """An error stream for applications that insist on writing to one: errors reach us as exceptions."""

    def write(self, text: str) -> int:
        return len(text)
