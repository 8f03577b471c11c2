"""An emulator behind a gateway of the run's own."""

from __future__ import annotations

from pathlib import Path

from tfproof.targets.emulator import ADMINISTRATOR, Emulator
from tfproof.targets.front import Front

__all__ = ["FrontedEmulator"]


class FrontedEmulator(Emulator):
    """An emulator, and the gateway before it, whose process belongs to whoever makes this.

    Args:
        log: File for the gateway's own output; the log of its calls is `calls.jsonl` beside it.
        kind: `embedded` or `localstack`.
        upstream: URL of the emulator, or `moto` for one in the gateway's own process.
        name: What the emulator is, for people, such as `moto 5.2.5`.
        account_id: Account that everything is made in.
        upstream_access_key: Access key that the emulator sees on every request; `""` leaves each caller's own.
        outlives: Whether the emulator is still there when the run is over.
        region: Region of the run.
        port: Port of the gateway on 127.0.0.1; 0 takes a free one.

    Raises:
        TargetError: By the first use: the gateway does not start; its own words are in the message.
    """

    def __init__(
        self,
        log: Path,
        *,
        kind: str,
        upstream: str,
        name: str,
        account_id: str,
        upstream_access_key: str = "",
        outlives: bool = False,
        region: str = "us-east-1",
        port: int = 0,
    ) -> None:
        settings = {
            "upstream": upstream,
            "upstream_access_key": upstream_access_key,
            "account_id": account_id,
            "region": region,
            "administrator": ADMINISTRATOR,
            "port": port,
        }
        self._name = name
        self._front = Front(log, settings)
        super().__init__(
            kind=kind,
            region=region,
            account_id=account_id,
            token=self._front.token,
            upstream=upstream if outlives else "",
        )

    @property
    def port(self) -> int:
        """The port the gateway listens on; the first look waits until it does."""
        return self._front.port

    @property
    def endpoint(self) -> str:
        """URL that all AWS calls go to. An IP address, so that S3 clients use path style by themselves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def description(self) -> str:
        """What it is and where."""
        return f"{self._name} at 127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """Of the gateway's process."""
        return self._front.process_id

    def stop(self) -> None:
        """Ends the gateway, and with it what lives in its process."""
        self._front.stop()
        super().stop()
