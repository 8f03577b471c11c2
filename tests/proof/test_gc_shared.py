"""`tfproof gc` for runs whose target outlives them: nothing is sent to what is no LocalStack, and nothing is forgotten.

With a real LocalStack: test_localstack_outage.py.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tfproof.errors import TargetError, UsageError
from tfproof.proof.gc import collect
from tfproof.proof.giving_back import give_back, given_back
from tfproof.proof.run_folder import MANIFEST, RunFolder
from tfproof.targets.emulator import Emulator


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def nobody() -> Iterator[str]:
    """An endpoint that nobody listens at, and nobody else can take meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


class Stranger:
    """A server that is no LocalStack; it notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                asked.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815  # the names that http.server calls

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    made = Stranger()
    yield made
    made.server.shutdown()
    made.server.server_close()


def target_at(upstream: str) -> Emulator:
    return Emulator(
        kind="localstack",
        region="us-east-1",
        account_id="912345678901",
        endpoint="http://127.0.0.1:1",
        description="LocalStack",
        upstream=upstream,
    )


def run_that_was_killed(upstream: str) -> RunFolder:
    folder = RunFolder()
    folder.target_is(target_at(upstream).address())
    manifest = folder.path / MANIFEST
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["owner"]["started"] = 0.0  # so it is not us
    manifest.write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_folder_stays_while_the_target_does_not_answer(nobody: str) -> None:
    folder = run_that_was_killed(nobody)

    for _ in range(2):
        (said,) = collect()
        assert said.startswith(f"{folder.path}: left alone, what it made is still at {nobody}")
        assert "run `tfproof gc` again" in said
    assert (folder.path / MANIFEST).exists()


def test_nothing_is_sent_to_what_has_taken_its_port(stranger: Stranger) -> None:
    folder = run_that_was_killed(stranger.endpoint)

    (said,) = collect()

    assert "is no LocalStack" in said
    assert stranger.asked == ["GET /_localstack/health"]
    assert (folder.path / MANIFEST).exists()


def test_nothing_is_sent_past_this_machine() -> None:
    folder = run_that_was_killed("http://192.0.2.1:4566")

    (said,) = collect()

    assert "is not on this machine" in said
    assert (folder.path / MANIFEST).exists()


def test_dry_run_asks_nobody(stranger: Stranger) -> None:
    folder = run_that_was_killed(stranger.endpoint)

    assert list(collect(dry=True)) == [
        f"{folder.path}: would delete what is left of it at {stranger.endpoint}",
        f"{folder.path}: would be removed",
    ]
    assert stranger.asked == []


def test_run_that_cannot_give_back_leaves_its_folder_and_says_so(nobody: str) -> None:
    folder = RunFolder()

    said = give_back(target_at(nobody), folder)
    folder.remove()

    assert "`tfproof gc` deletes it when it is back" in said
    assert (folder.path / MANIFEST).exists()


def test_target_that_goes_with_its_run_is_not_asked() -> None:
    folder = RunFolder()

    assert give_back(target_at(""), folder) == ""
    folder.remove()

    assert not folder.path.exists()


def test_error_of_a_run_stays_the_error_and_says_what_is_left(nobody: str) -> None:
    with pytest.raises(UsageError, match="the first thing") as caught, given_back(target_at(nobody), RunFolder()):
        raise UsageError("the first thing", remedy="Do this.")

    assert caught.value.remedy.startswith("Do this.\n")
    assert "`tfproof gc`" in caught.value.remedy


def test_run_that_went_well_and_cannot_give_back_has_not_gone_well(nobody: str) -> None:
    with pytest.raises(TargetError, match="`tfproof gc`"), given_back(target_at(nobody), RunFolder()):
        pass


def test_interrupt_stays_an_interrupt(nobody: str) -> None:
    folder = RunFolder()

    with pytest.raises(KeyboardInterrupt), given_back(target_at(nobody), folder):
        raise KeyboardInterrupt

    folder.remove()
    assert (folder.path / MANIFEST).exists()
