"""LocalStack as a target: each run in an account of its own, behind a gateway of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from tfproof.targets.fronted import FrontedEmulator
from tfproof.targets.localstack.health import WAIT_SECONDS, await_health
from tfproof.targets.localstack.host import LocalStackHost
from tfproof.targets.localstack.installation import ensure_installation

__all__ = ["LocalStackHostTarget", "LocalStackTarget"]


class LocalStackTarget(FrontedEmulator):
    """A LocalStack that is running already, and may be used by others at the same time.

    It has no reset, so nothing in it may be thrown away that is not this run's own. LocalStack keeps accounts apart by
    the access key of a request: the run takes an account that nobody else has, and everything in that account is its.
    Bucket names alone are one space for all accounts, as in AWS.

    Args:
        log: File for the gateway's own output; the log of its calls is `calls.jsonl` beside it.
        endpoint: URL of the LocalStack.
        outlives: Whether it is still there when the run is over.
        region: Region of the run.
        seconds: How long to wait for it at most.
        say: Is told what is waited for.

    Raises:
        TargetError: It does not answer in time, or is not one that can be used.
    """

    def __init__(
        self,
        log: Path,
        *,
        endpoint: str,
        outlives: bool = True,
        region: str = "us-east-1",
        seconds: float = WAIT_SECONDS,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        health = await_health(endpoint, seconds=seconds, say=say)
        self._localstack = endpoint
        account = _new_account()
        super().__init__(
            log,
            kind="localstack",
            upstream=endpoint,
            name=f"LocalStack {health.version} ({endpoint})",
            account_id=account,
            upstream_access_key=account,
            outlives=outlives,
            region=region,
        )

    def check_alive(self) -> None:
        """Sees that both the gateway and LocalStack still take connections; see `Emulator.check_alive`."""
        self.check_connects(self.endpoint)
        self.check_connects(self._localstack)


class LocalStackHostTarget(LocalStackTarget):
    """A LocalStack that is installed when need be, and started for this run alone.

    Args:
        log: File for the gateway's own output; LocalStack's is `localstack.log` beside it.
        started: Told of every process that must not outlive the run: its number, and what it is.
        region: Region of the run.
        say: Is told what is done and waited for.

    Raises:
        EnvironmentProblem: It cannot be installed.
        TargetError: It does not start.
    """

    def __init__(
        self,
        log: Path,
        *,
        started: Callable[[int, str], None] = lambda _pid, _what: None,
        region: str = "us-east-1",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._host = LocalStackHost(ensure_installation(say), log.parent)
        try:
            for process_id in self._host.process_ids:
                started(process_id, "LocalStack")
            self._host.wait(say)
            super().__init__(log, endpoint=self._host.endpoint, outlives=False, region=region)
        except BaseException:
            self._host.stop()
            raise

    def stop(self) -> None:
        """Ends the gateway, and LocalStack with all that was made in it."""
        super().stop()
        self._host.stop()


def _new_account() -> str:
    """Twelve digits; of the first run in a LocalStack or the thousandth, none meets another."""
    return str(10**11 + secrets.randbelow(9 * 10**11))
