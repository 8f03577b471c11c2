"""Whether what answers at an endpoint is a LocalStack that can be used, and what to do when it is not."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

from tfproof.errors import TargetError
from tfproof.interrupts import raise_if_interrupted
from tfproof.targets.localstack.version import NEEDED_SERVICES, VERSION

__all__ = ["WAIT_SECONDS", "Health", "await_health"]

WAIT_SECONDS: Final = 90.0
_OLDEST: Final = (4, 0)
_ASK_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5
_SAY_SECONDS: Final = 5.0
_LARGEST: Final = 1 << 20
_SERVER_ERROR: Final = 500
_READY: Final = ("running", "available")
_TOKEN: Final = (
    f"A container that exited with code 55 is a LocalStack newer than {VERSION}, which starts with a token only: pin "
    f"the image localstack/localstack:{VERSION}, or set LOCALSTACK_AUTH_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Health:
    """What a LocalStack says of itself.

    Attributes:
        version: Its version, `4.14.0`.
        services: State of each service by name: `running`, `available` (loads when first used), `starting`,
            `disabled`, `error`.
    """

    version: str
    services: Mapping[str, str]


class _NotYet(Exception):
    """It may still become what is waited for."""


def await_health(
    endpoint: str,
    *,
    seconds: float = WAIT_SECONDS,
    say: Callable[[str], None] = lambda _: None,
    look: Callable[[], None] = lambda: None,
) -> Health:
    """Waits until a LocalStack can be used.

    Args:
        endpoint: Its URL.
        seconds: How long at most.
        say: Is told every few seconds what is waited for.
        look: Called between two looks; raises when waiting has become pointless.

    Raises:
        TargetError: Nothing answers in time, it is no LocalStack, too old, unhealthy, or lacks a service.
    """
    started = last_said = time.monotonic()
    while True:
        try:
            return _examined(endpoint)
        except _NotYet as not_yet:
            now = time.monotonic()
            if now - started >= seconds:
                raise TargetError(
                    f"LocalStack at {endpoint} was not ready after {seconds:.0f} s: {not_yet}",
                    remedy=_remedy(not_yet),
                ) from None
            if now - last_said >= _SAY_SECONDS:
                last_said = now
                say(f"waiting for LocalStack at {endpoint}, {now - started:.0f} s: {not_yet}")
        look()
        raise_if_interrupted()
        time.sleep(_LOOK_SECONDS)


def _remedy(not_yet: _NotYet) -> str:
    if isinstance(not_yet.__cause__, OSError):
        return (
            "Start one: `docker compose up --detach --wait`, or without Docker --target localstack-host. "
            f"--endpoint-url says where it is. {_TOKEN}"
        )
    return "Look at its log: `docker compose logs`. A busy machine may need longer; then run it again."


def _examined(endpoint: str) -> Health:
    document = _asked(endpoint)
    services, version = document.get("services"), document.get("version")
    if not isinstance(services, dict) or not isinstance(version, str):
        raise TargetError(
            f"endpoint_url={endpoint!r}: what answers there is no LocalStack: its health is {str(document)[:200]}",
            remedy="Name the port of a LocalStack with --endpoint-url.",
        )
    number = re.match(r"(\d+)\.(\d+)", version)
    if number is None or (int(number[1]), int(number[2])) < _OLDEST:
        raise TargetError(
            f"LocalStack at {endpoint} is version {version}, and too old: {_OLDEST[0]}.{_OLDEST[1]} is needed",
            remedy=f"Use the image localstack/localstack:{VERSION}, which is what the tests run with.",
        )
    states = {name: str(services.get(name, "disabled")) for name in NEEDED_SERVICES}
    wrong = [name for name, state in states.items() if state == "error"]
    if wrong:
        raise TargetError(
            f"LocalStack at {endpoint} is not healthy: {', '.join(wrong)} could not be started",
            remedy="Look at its log: `docker compose logs`. DynamoDB needs Java and room to run.",
        )
    disabled = [name for name, state in states.items() if state == "disabled"]
    if disabled:
        raise TargetError(
            f"LocalStack at {endpoint} was started without {', '.join(disabled)}",
            remedy=f"Start it with SERVICES={','.join(NEEDED_SERVICES)}, or without SERVICES.",
        )
    waiting = [f"{name} is {state}" for name, state in states.items() if state not in _READY]
    if waiting:
        raise _NotYet(", ".join(waiting))
    return Health(version, services)


def _asked(endpoint: str) -> dict[str, Any]:
    # No proxy may stand between a run and a server on the same machine, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint.rstrip('/')}/_localstack/health", timeout=_ASK_SECONDS) as answer:
            text = answer.read(_LARGEST)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= _SERVER_ERROR:  # a LocalStack that has opened its port and not come further
            raise _NotYet(f"it answers {error.code} {error.reason}") from None
        raise _stranger(endpoint, f"{error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        cause = error.reason if isinstance(error.reason, OSError) else error
        raise _NotYet(f"nothing answers: {error.reason}") from cause
    except OSError as error:
        raise _NotYet(f"it takes connections and does not answer: {error}") from None
    except HTTPException as error:
        raise _stranger(endpoint, f"no HTTP: {error!r}") from None
    try:
        document = json.loads(text)
    except ValueError:
        raise _stranger(endpoint, repr(text[:80].decode("utf-8", errors="replace"))) from None
    if not isinstance(document, dict):
        raise _stranger(endpoint, str(document)[:80])
    return document


def _stranger(endpoint: str, said: str) -> TargetError:
    return TargetError(
        f"endpoint_url={endpoint!r}: what answers there is no LocalStack: /_localstack/health gave {said}",
        remedy="Name the port of a LocalStack with --endpoint-url; something else may have taken 4566.",
    )
