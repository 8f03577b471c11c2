"""What answers at an endpoint: a LocalStack that can be used, one that cannot, or something else. With remedies."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tfproof.errors import TargetError
from tfproof.targets.localstack.health import Health, await_health
from tfproof.targets.localstack.version import NEEDED_SERVICES

RUNNING = dict.fromkeys(NEEDED_SERVICES, "running")
HEALTHY = {"services": RUNNING, "edition": "community", "version": "4.14.0"}
Answers = Callable[[int], tuple[int, str]]


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """A server whose answer depends on how often it was asked before."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = answers(len(asked))
            asked.append(self.path)
            assert self.path == "/_localstack/health"
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def always(document: Any, status: int = 200) -> Answers:
    text = document if isinstance(document, str) else json.dumps(document)
    return lambda _: (status, text)


def refusal(answers: Answers, seconds: float = 0.0) -> TargetError:
    with serving(answers) as endpoint, pytest.raises(TargetError) as refused:
        await_health(endpoint, seconds=seconds)
    assert endpoint in str(refused.value)
    assert refused.value.remedy
    return refused.value


@pytest.mark.parametrize("state", ["running", "available"])
def test_healthy_one_is_taken_at_once(state: str) -> None:
    document = HEALTHY | {"services": RUNNING | {"s3": state, "lambda": "disabled"}}

    with serving(always(document)) as endpoint:
        assert await_health(endpoint, seconds=0.0) == Health("4.14.0", document["services"])  # type: ignore[arg-type]


def test_it_is_waited_for_while_it_starts() -> None:
    starting = HEALTHY | {"services": RUNNING | {"dynamodb": "starting"}}

    def answers(before: int) -> tuple[int, str]:
        return [(503, ""), (200, json.dumps(starting))][before] if before < 2 else (200, json.dumps(HEALTHY))

    looks: list[float] = []
    with serving(answers) as endpoint:
        assert await_health(endpoint, seconds=20.0, look=lambda: looks.append(0.0)).version == "4.14.0"
    assert len(looks) == 2


def test_waiting_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfproof.targets.localstack.health._SAY_SECONDS", 0.0)
    said: list[str] = []
    starting = HEALTHY | {"services": RUNNING | {"kms": "initializing"}}

    with serving(always(starting)) as endpoint, pytest.raises(TargetError):
        await_health(endpoint, seconds=0.6, say=said.append)

    assert said
    assert said[0].endswith("kms is initializing")


@pytest.mark.parametrize("state", ["starting", "initializing", "stopping", "something new"])
def test_half_started_one_is_given_up_after_a_while(state: str) -> None:
    error = refusal(always(HEALTHY | {"services": RUNNING | {"dynamodb": state}}))

    assert f"was not ready after 0 s: dynamodb is {state}" in error.message
    assert "docker compose logs" in error.remedy


def test_one_that_answers_with_an_error_is_given_up_after_a_while() -> None:
    error = refusal(always("", 502))

    assert "was not ready after 0 s: it answers 502" in error.message


def test_nothing_there_says_how_to_start_one_and_what_exit_code_55_means() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"  # bound and not listening: nobody else takes it
        with pytest.raises(TargetError, match="nothing answers") as refused:
            await_health(endpoint, seconds=0.0)

    for remedy in (
        "docker compose up",
        "--target localstack-host",
        "--endpoint-url",
        "code 55",
        "LOCALSTACK_AUTH_TOKEN",
    ):
        assert remedy in refused.value.remedy


def test_one_that_takes_connections_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfproof.targets.localstack.health._ASK_SECONDS", 0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        started = time.monotonic()
        with pytest.raises(TargetError, match="takes connections and does not answer"):
            await_health(f"http://127.0.0.1:{listener.getsockname()[1]}", seconds=0.0)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answers",
    [
        always("<html>Welcome</html>"),
        always("", 404),
        always("", 403),
        always([]),
        always({}),
        always({"services": {}, "status": "ok"}),
        always({"services": "all", "version": "4.14.0"}),
    ],
    ids=["page", "404", "403", "list", "empty", "no-version", "no-services"],
)
def test_something_else_is_told_at_once(answers: Answers) -> None:
    error = refusal(answers, seconds=60.0)

    assert "is no LocalStack" in error.message
    assert "--endpoint-url" in error.remedy


def test_server_of_another_protocol_is_told_at_once() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(TargetError, match="is no LocalStack"):
            await_health(f"http://127.0.0.1:{listener.getsockname()[1]}", seconds=60.0)


@pytest.mark.parametrize("version", ["3.8.1", "0.14.2", "1.4", "nightly"])
def test_old_one_is_told_at_once(version: str) -> None:
    error = refusal(always(HEALTHY | {"version": version}), seconds=60.0)

    assert f"is version {version}, and too old" in error.message
    assert "localstack/localstack:4.14.0" in error.remedy


@pytest.mark.parametrize("version", ["4.0.3", "4.14.0", "2026.3.0", "4.14.1.dev3"])
def test_this_one_and_newer_ones_are_taken(version: str) -> None:
    with serving(always(HEALTHY | {"version": version})) as endpoint:
        assert await_health(endpoint, seconds=0.0).version == version


def test_unhealthy_service_is_told_at_once() -> None:
    error = refusal(always(HEALTHY | {"services": RUNNING | {"dynamodb": "error"}}), seconds=60.0)

    assert "is not healthy: dynamodb could not be started" in error.message


@pytest.mark.parametrize("without", [{"iam": "disabled"}, {}], ids=["disabled", "absent"])
def test_missing_service_is_told_at_once_with_the_setting_that_brings_it(without: dict[str, str]) -> None:
    services = {name: state for name, state in RUNNING.items() if name != "iam"} | without
    error = refusal(always(HEALTHY | {"services": services}), seconds=60.0)

    assert "was started without iam" in error.message
    assert "SERVICES=s3,dynamodb,kms,iam,sts" in error.remedy
