"""Any command behind a gateway: its AWS calls are recorded, or decided by policies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tfproof.errors import EnvironmentProblem, UsageError
from tfproof.gateway.call_log import CallLog
from tfproof.gateway.client import Credentials, Gateway
from tfproof.interrupts import Held, raise_if_interrupted
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.emulator import ADMINISTRATOR
from tfproof.targets.fronted import FrontedEmulator
from tfproof.terraform.guard import Guard

__all__ = ["WatchSettings", "Watched", "watch"]

_OTHERS: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CA_BUNDLE")
"""What would lead the command past the gateway, or make it somebody else."""
_SECONDS_TO_END: Final = 30.0
_LOOK: Final = 0.1
"""Seconds between two looks at whether Ctrl-C has come."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What is watched, and how.

    Attributes:
        command: Program and arguments.
        endpoint_url: A running emulator; None starts an embedded one, which is empty, and gone afterwards.
        region: Region of the run.
        principal: Who the command is: ARN of a user, role or session; None is the administrator.
        policies: Files with identity policies of that principal; with any, they decide.
        boundary: File with its permissions boundary.
        loopback_is_tls: Whether plain HTTP over loopback counts as TLS.
    """

    command: Sequence[str]
    endpoint_url: str | None = None
    region: str = "us-east-1"
    principal: str | None = None
    policies: Sequence[Path] = field(default_factory=tuple)
    boundary: Path | None = None
    loopback_is_tls: bool = True


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command did.

    Attributes:
        exit_code: Its exit code; 128 and the number for one that a signal ended.
        calls: Its AWS calls.
        target: What it did them to.
    """

    exit_code: int
    calls: CallLog
    target: str


def watch(settings: WatchSettings) -> Watched:
    """Runs a command with all its AWS calls going through a gateway.

    Raises:
        UsageError: The settings cannot be meant; the endpoint is not on this machine.
        EnvironmentProblem: The command cannot be started.
        TargetError: The emulator or the gateway does not answer.
    """
    policies = [_text(file) for file in settings.policies]
    boundary = _text(settings.boundary) if settings.boundary is not None else None
    with Held():
        return _watch(settings, policies, boundary)


def _watch(settings: WatchSettings, policies: list[str], boundary: str | None) -> Watched:
    run_folder = RunFolder()
    try:
        target = _target(settings, run_folder.path / "target.log")
        run_folder.process_started(target.process_id, "gateway")
        try:
            gateway = Gateway(target)
            gateway.settings(loopback_is_tls=settings.loopback_is_tls)
            caller = Credentials(ADMINISTRATOR, ADMINISTRATOR, "")
            if policies or settings.principal is not None:
                arn = settings.principal or f"arn:aws:iam::{target.account_id}:role/terraform"
                caller = gateway.credentials(arn, policies=policies or None, boundary=boundary, enforced=bool(policies))
            with gateway.recording() as calls:
                exit_code = _run(settings.command, {**target.environment(), **caller.environment()})
            return Watched(exit_code, calls.of(caller.access_key), target.description)
        finally:
            target.stop()
    finally:
        run_folder.remove()


def _target(settings: WatchSettings, log: Path) -> FrontedEmulator:
    if settings.endpoint_url is None:
        return EmbeddedTarget(log, region=settings.region)
    Guard().check_endpoint(settings.endpoint_url)
    sts = make_client(
        "sts",
        endpoint=settings.endpoint_url,
        region=settings.region,
        access_key=ADMINISTRATOR,
        secret_key=ADMINISTRATOR,
    )
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        account = str(sts.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblem(
            f"endpoint_url={settings.endpoint_url!r} does not answer as an emulator of AWS: {error}",
            remedy="Start it, or leave --endpoint-url out: an embedded one is then started.",
        ) from error
    return FrontedEmulator(
        log,
        kind="localstack",
        upstream=settings.endpoint_url,
        name=settings.endpoint_url,
        account_id=account,
        region=settings.region,
    )


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _OTHERS and not name.startswith("AWS_ENDPOINT_URL")
    }
    whole = {
        **inherited,
        **environment,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    raise_if_interrupted()  # a command that starts after Ctrl-C would never hear of it
    try:
        process = subprocess.Popen(list(command), env=whole)
    except OSError as error:
        raise EnvironmentProblem(
            f"command={command[0]!r} cannot be started: {error.strerror or error}", remedy="Name a program on PATH."
        ) from error
    try:
        code = _wait(process)
    except KeyboardInterrupt:
        # It is in our process group and has had the Ctrl-C itself: Terraform needs a while to end in good order.
        try:
            process.wait(_SECONDS_TO_END)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.send_signal(signal.SIGKILL)
            process.wait()
        raise
    return code if code >= 0 else 128 - code


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        raise_if_interrupted()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"policy={str(file)!r} cannot be read: {error}", remedy="Name a file with a policy in JSON."
        ) from error
