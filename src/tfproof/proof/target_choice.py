"""Which target a run is made against, and how it is started."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tfproof.errors import UsageError
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.fronted import FrontedEmulator
from tfproof.terraform.guard import Guard

__all__ = ["TARGETS", "TargetChoice"]

TARGETS: Final = ("embedded", "localstack", "localstack-host")


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """What `--target` and `--endpoint-url` say.

    Attributes:
        name: One of `TARGETS`: moto in a process of the run's own; a LocalStack that runs already; one that is
            installed and started for the run, without Docker.
        endpoint_url: Where a LocalStack runs; None takes it from LOCALSTACK_HOST, and 127.0.0.1:4566 without that.

    Raises:
        UsageError: There is no such target, or the two cannot be meant together; the endpoint is not on this machine.
    """

    name: str = "embedded"
    endpoint_url: str | None = None

    def __post_init__(self) -> None:
        if self.name not in TARGETS:
            raise UsageError(f"target={self.name!r} is none of {', '.join(TARGETS)}")
        if self.endpoint_url is not None:
            if self.name != "localstack":
                raise UsageError(
                    f"endpoint_url={self.endpoint_url!r}: target={self.name!r} is started for the run, at a free port",
                    remedy="Leave --endpoint-url out, or use --target localstack.",
                )
            Guard().check_endpoint(self.endpoint_url)

    def start(
        self, run_folder: RunFolder, *, region: str = "us-east-1", say: Callable[[str], None] = lambda _: None
    ) -> FrontedEmulator:
        """Starts what has to be started, and notes it in the run's manifest.

        Args:
            run_folder: Where logs and the manifest are.
            region: Region of the run.
            say: Is told what takes long.

        Raises:
            EnvironmentProblem: Something needed for it is missing.
            TargetError: It does not start, does not answer, or is not one that can be used.
        """
        target = self._start(run_folder, region, say)
        run_folder.process_started(target.process_id, f"{self.name} target")
        return target

    def _start(self, run_folder: RunFolder, region: str, say: Callable[[str], None]) -> FrontedEmulator:
        # Each is imported when it is meant: the plugin must not cost what it does not use.
        log = run_folder.path / "target.log"
        if self.name == "embedded":
            from tfproof.targets.embedded import EmbeddedTarget  # noqa: PLC0415

            return EmbeddedTarget(log, region=region)
        from tfproof.targets.localstack.target import LocalStackHostTarget, LocalStackTarget  # noqa: PLC0415

        if self.name == "localstack-host":
            return LocalStackHostTarget(log, started=run_folder.process_started, region=region, say=say)
        endpoint = self.endpoint_url or _configured_endpoint()
        Guard().check_endpoint(endpoint)
        return LocalStackTarget(log, endpoint=endpoint, region=region, say=say)


def _configured_endpoint() -> str:
    """Where LocalStack's own client library looks: LOCALSTACK_HOST, with port 4566 unless it says another one."""
    said = os.environ.get("LOCALSTACK_HOST")
    if said is None:
        return "http://127.0.0.1:4566"
    from localstack_client.config import parse_localstack_host  # noqa: PLC0415

    try:
        host, port = parse_localstack_host(said)
    except RuntimeError as error:
        raise UsageError(f"LOCALSTACK_HOST={said!r}: {error}", remedy="Write it as 127.0.0.1:4566.") from error
    return f"http://{host}:{port}"
