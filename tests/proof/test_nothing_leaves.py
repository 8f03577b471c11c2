"""A backend that looks like production is not touched: nothing is sent anywhere but to this machine.

What a run may inherit of the network is a proxy, so a proxy stands there that counts who comes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cheap_stack import MODULE, bucket_calls, write_module

from tfproof.terraform import find_provider_source, find_terraform

PRODUCTION = """
terraform {
  backend "s3" {
    bucket         = "company-production-state"
    key            = "network/terraform.tfstate"
    region         = "eu-central-1"
    dynamodb_table = "company-production-locks"
    profile        = "production"
  }
}
"""


class Trap:
    """A proxy that lets nobody through and counts them."""

    def __init__(self) -> None:
        self.callers: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.callers.append(connection.recv(200).decode(errors="replace").split("\r\n")[0])


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.close()


def prove(tmp_path: Path, trap: Trap, *arguments: str) -> subprocess.CompletedProcess[str]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    mirror = find_provider_source().mirror
    named = {"TFPROOF_PROVIDER_MIRROR": str(mirror)} if mirror else {}
    return subprocess.run(
        [sys.executable, "-m", "tfproof.cli", "prove", str(tmp_path / "module"), "--var", "name=cheap", *arguments],
        env={
            **os.environ,
            **named,
            "TMPDIR": str(temporary),
            "HTTP_PROXY": trap.url,
            "HTTPS_PROXY": trap.url,
            "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
            "AWS_SECRET_ACCESS_KEY": "production-secret",
            "AWS_PROFILE": "production",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_trap_catches_what_leaves(tmp_path: Path, trap: Trap) -> None:
    """The other tests would prove nothing if this failed."""
    write_module(tmp_path / "module", PRODUCTION.replace('profile        = "production"', "max_retries    = 1"))
    subprocess.run(
        [str(find_terraform().path), "init", "-no-color"],
        cwd=tmp_path / "module",
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "HTTPS_PROXY": trap.url,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )

    assert any("amazonaws.com" in caller for caller in trap.callers)


def test_backend_block_is_refused_before_terraform_starts(tmp_path: Path, trap: Trap) -> None:
    write_module(tmp_path / "module", PRODUCTION + MODULE)

    done = prove(tmp_path, trap)

    assert done.returncode == 2
    assert f"{tmp_path}/module/main.tf:3: a backend s3 block" in done.stderr
    assert "--ignore-backend" in done.stderr
    assert trap.callers == []


def test_ignored_backend_is_replaced_in_the_copy_and_nothing_leaves(tmp_path: Path, trap: Trap) -> None:
    module = write_module(tmp_path / "module", PRODUCTION + MODULE)

    done = prove(tmp_path, trap, "--ignore-backend", "--keep")

    assert done.returncode == 1, done.stderr  # a bucket alone is no state backend; it was applied and destroyed
    assert bucket_calls(tmp_path / "tmp", "CreateBucket") == ["cheap"]
    # Refused while it held objects, and then done.
    assert set(bucket_calls(tmp_path / "tmp", "DeleteBucket")) == {"cheap"}
    assert trap.callers == []
    assert "AKIAPRODUCTION" not in "".join(
        path.read_text(errors="replace") for path in (tmp_path / "tmp").rglob("*") if path.is_file()
    )
    assert sorted(path.name for path in module.iterdir()) == ["main.tf"]
