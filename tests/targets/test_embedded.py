"""The embedded target: a server of the run's own, which leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tfproof.errors import TargetError
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.emulator import Emulator
from tfproof.targets.target import Target


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "target.log"


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def eventually_gone(process_id: int) -> bool:
    for _ in range(100):
        if not is_running(process_id):
            return True
        time.sleep(0.05)
    return False


def test_is_a_target(log: Path) -> None:
    with EmbeddedTarget(log) as target:
        assert isinstance(target, Target)
        assert target.endpoint.startswith("http://127.0.0.1:")
        assert target.client("sts").get_caller_identity()["Account"] == target.account_id


def test_starts_empty_and_tells_what_is_left(log: Path) -> None:
    with EmbeddedTarget(log) as target:
        assert target.leftovers() == []
        target.client("s3").create_bucket(Bucket="states")
        key = target.client("kms").create_key()["KeyMetadata"]["KeyId"]
        target.client("kms").create_alias(AliasName="alias/states", TargetKeyId=key)
        target.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        assert target.leftovers() == ["iam role r", "kms alias/states", f"kms key {key} (Enabled)", "s3 bucket states"]
        target.client("kms").delete_alias(AliasName="alias/states")
        target.client("kms").schedule_key_deletion(KeyId=key)
        assert target.leftovers() == ["iam role r", "s3 bucket states"]


def test_stop_ends_the_process_and_frees_the_port(log: Path) -> None:
    target = EmbeddedTarget(log)
    port = target.port

    target.stop()
    target.stop()

    assert not is_running(target.process_id)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))


def test_ends_with_whoever_started_it_even_when_that_one_is_killed(log: Path) -> None:
    program = (
        "import sys, time, pathlib; from tfproof.targets.embedded import EmbeddedTarget\n"
        f"target = EmbeddedTarget(pathlib.Path({str(log)!r})); target.port\n"
        "print(target.process_id, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process_id = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)
        owner.wait()

    assert eventually_gone(process_id)


def test_port_in_use_is_an_error_that_says_so(log: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        target = EmbeddedTarget(log, port=taken.getsockname()[1])
        with pytest.raises(TargetError, match=r"did not start(?s:.*)in use"):
            _ = target.endpoint
    assert not is_running(target.process_id)


def test_callers_aws_settings_do_not_reach_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there-is-no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:1")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nonexistent")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")

    with EmbeddedTarget(log) as target:
        assert target.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_another_process_can_use_it_by_its_address(log: Path) -> None:
    with EmbeddedTarget(log) as target:
        target.client("s3").create_bucket(Bucket="states")
        with Emulator(**target.address()) as same:
            assert same.leftovers() == ["s3 bucket states"]
            assert same.environment() == target.environment()
