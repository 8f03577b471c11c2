"""A small answer goes out in one piece: Terraform's SDK hangs up between two now and then, and sends its lock twice.

Seen on the wire with Terraform 1.11.4 on a busy machine: head of the answer, FIN of the client, body of the answer. See
aws/aws-sdk-go-v2#2737.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cheroot import makefile

from tfproof.gateway.body import Body
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.server import Server
from tfproof.gateway.upstream import Answer

SMALL = (b'{"Item"', b": {}}")
LARGE = (b"x" * 50_000,) * 4


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what the server hands to its sockets, write by write."""
    sizes: list[int] = []
    lock = threading.Lock()
    plain: Any = makefile.StreamWriter.write

    def write(self: Any, piece: bytes, *more: Any, **named: Any) -> Any:
        with lock:
            sizes.append(len(piece))
        return plain(self, piece, *more, **named)

    monkeypatch.setattr(makefile.StreamWriter, "write", write)
    return sizes


def answer(request: HttpRequest, body: Body, _length: int | None) -> Answer:
    body.read()
    pieces = LARGE if request.path == "/large" else SMALL
    headers = [] if request.path == "/chunked" else [("content-length", str(sum(map(len, pieces))))]
    return Answer(200, headers, pieces)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(answer)
    yield made
    made.stop()


def post(server: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", path, body=b"{}")
    answered = connection.getresponse().read()
    connection.close()
    return answered


def test_head_and_body_go_out_together(server: Server, writes: list[int]) -> None:
    answered = post(server, "/")

    assert answered == b"".join(SMALL)
    assert len(writes) == 1
    assert writes[0] > len(answered)


def test_all_but_the_end_of_a_chunked_answer_goes_out_together(server: Server, writes: list[int]) -> None:
    assert post(server, "/chunked") == b"".join(SMALL)
    # The last chunk is empty, and cheroot's own.
    assert len(writes) == 2
    assert writes[1] == len(b"0\r\n\r\n")


def test_a_large_answer_is_not_held_back_whole(server: Server, writes: list[int]) -> None:
    assert post(server, "/large") == b"".join(LARGE)
    assert len(writes) == 2
    assert max(writes) < 3 * len(LARGE[0])
