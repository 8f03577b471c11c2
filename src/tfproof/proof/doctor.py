"""Whether this machine has what a proof needs, and how to get what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tfproof
from tfproof.errors import TfproofError
from tfproof.interrupts import Held
from tfproof.proof.naming import make_run_id
from tfproof.proof.run_folder import find_run_folders
from tfproof.proof.target_choice import TargetChoice
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.provider_mirror import find_provider_source, provider_versions

__all__ = ["Examined", "examine"]

_ROOM: Final = 1 << 30
"""Bytes a run may need: an unpacked provider is 700 MB when it comes from the registry."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing a proof needs.

    Attributes:
        name: What it is.
        good: Whether it is there and fit.
        found: What was found, or what is wrong.
        remedy: How to get it.
    """

    name: str
    good: bool
    found: str
    remedy: str = ""


def examine(
    *, terraform: str | None = None, provider_mirror: str | None = None, target: TargetChoice | None = None
) -> Iterator[Examined]:
    """Looks at everything a proof needs, one after the other.

    Args:
        terraform: Binary to use instead of the one on PATH.
        provider_mirror: Mirror to use instead of the one that is found.
        target: Where it is to be made; None is the embedded target.
    """
    yield Examined("tfproof", True, f"{tfproof.__version__} at {Path(tfproof.__file__).parent}")
    yield Examined("python", True, f"{platform.python_version()} at {sys.executable}")
    yield _tried("terraform", lambda: _terraform(terraform))
    yield _tried("providers", lambda: _providers(provider_mirror))
    yield from _target(target or TargetChoice())
    free = shutil.disk_usage(tempfile.gettempdir()).free
    yield Examined(
        "run folders",
        free >= _ROOM,
        f"{free / _ROOM:.1f} GiB free in {tempfile.gettempdir()}",
        "" if free >= _ROOM else "Free space there, or set TMPDIR to another disk.",
    )
    over = sum(run.is_over and not run.kept for run in find_run_folders())
    found = f"{over} runs that were killed" if over else "nothing"
    yield Examined("left over", not over, found, "Run `tfproof gc`." if over else "")


def _tried(name: str, look: Callable[[], str]) -> Examined:
    try:
        with Held():
            return Examined(name, True, look())
    except TfproofError as error:
        return Examined(name, False, error.message, error.remedy)


def _terraform(explicit: str | None) -> str:
    found = find_terraform(explicit)
    locks = "" if found.has_native_lock else "; no native lock: lock modes s3 and both need 1.10"
    return f"{found.name} at {found.path}{locks}"


def _providers(explicit: str | None) -> str:
    source = find_provider_source(explicit)
    if source.mirror is None:
        if "does not answer" in source.reason:
            raise TfproofError(
                str(source), remedy="Name a filesystem mirror: --provider-mirror or TFPROOF_PROVIDER_MIRROR."
            )
        return str(source)
    return f"{source}; hashicorp/aws {', '.join(provider_versions(source.mirror)) or 'not in it'}"


def _target(choice: TargetChoice) -> Iterator[Examined]:
    if choice.name == "embedded":
        yield _tried("target", _embedded)
    elif choice.name == "aws":
        yield _tried("target", lambda: choice.account(run_id=make_run_id(), region="us-east-1").description)
    elif choice.name == "localstack":
        yield _tried("target", lambda: _localstack(choice))
    else:
        yield from _localstack_host()


def _localstack(choice: TargetChoice) -> str:
    from tfproof.targets.localstack.health import await_health  # noqa: PLC0415

    endpoint = choice.localstack_endpoint()
    return f"LocalStack {await_health(endpoint, seconds=0.0).version} at {endpoint}"


def _localstack_host() -> Iterator[Examined]:
    from tfproof.targets.localstack.dynamodb_local import find_npm  # noqa: PLC0415
    from tfproof.targets.localstack.installation import find_installation  # noqa: PLC0415
    from tfproof.targets.localstack.java import find_compiler, find_java_home  # noqa: PLC0415
    from tfproof.targets.localstack.python313 import find_python  # noqa: PLC0415

    yield _tried("java", lambda: f"at {find_java_home()}")
    installed = find_installation()
    if installed is not None:
        yield Examined("target", True, f"LocalStack, installed in {installed.folder}")
        return
    yield Examined("target", True, "LocalStack is not installed yet: the first run does it, in about a minute")
    # What only installing needs.
    yield _tried("python 3.13", lambda: f"at {find_python()}")
    yield _tried("npm", lambda: f"at {find_npm()}")
    yield _tried("javac", lambda: f"at {find_compiler()}")


def _embedded() -> str:
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="tfproof-doctor-") as folder,
        EmbeddedTarget(Path(folder) / "log") as target,
    ):
        account = target.client("sts").get_caller_identity()["Account"]
        return f"embedded: moto {version('moto')}, account {account}, up in {time.monotonic() - started:.1f} s"
