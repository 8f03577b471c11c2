"""An emulator that is there: how Terraform and boto3 are led to it."""

from __future__ import annotations

import socket
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tfproof.errors import TargetError
from tfproof.targets.clients import Clients, make_client
from tfproof.targets.leftovers import find_leftovers

__all__ = ["ADMINISTRATOR", "Emulator"]

ADMINISTRATOR: Final = "tfproof"
"""Access key and secret of the run itself at an emulator: they open nothing anywhere else."""


_ALIVE_SECONDS: Final = 5.0


class Emulator:
    """An emulator at an endpoint; whoever started it ends it.

    Args:
        kind: `embedded` or `localstack`.
        region: Region of the run.
        account_id: Account that everything is made in.
        endpoint: URL that all AWS calls go to. An IP address, so that S3 clients use path style by themselves.
        description: What it is and where.
        token: What a caller of its gateway's own paths must show; `""` where no gateway stands before it.
        upstream: URL behind the gateway, of an emulator that outlives the run; `""` for one that goes with it.
    """

    def __init__(
        self,
        *,
        kind: str,
        region: str,
        account_id: str,
        endpoint: str = "",
        description: str = "",
        token: str = "",
        upstream: str = "",
    ) -> None:
        self.kind = kind
        self.region = region
        self.account_id = account_id
        self._endpoint = endpoint
        self._description = description
        self.token = token
        self.upstream = upstream
        self._clients = Clients(self._make_client)

    @property
    def endpoint(self) -> str:
        """URL that all AWS calls go to."""
        return self._endpoint

    @property
    def description(self) -> str:
        """What it is and where."""
        return self._description

    def address(self) -> dict[str, str]:
        """What another process needs to talk to the same emulator: `Emulator(**address)`."""
        return {
            "kind": self.kind,
            "region": self.region,
            "account_id": self.account_id,
            "endpoint": self.endpoint,
            "description": self.description,
            "token": self.token,
            "upstream": self.upstream,
        }

    def environment(self) -> dict[str, str]:
        """The endpoint, and credentials that open nothing anywhere else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": ADMINISTRATOR,
            "AWS_SECRET_ACCESS_KEY": ADMINISTRATOR,
        }

    def client(self, service: str) -> Any:
        """A boto3 client of a service; one for each service, since making one costs a tenth of a second."""
        return self._clients.get(service)

    def _make_client(self, service: str) -> Any:
        return make_client(
            service,
            endpoint=self.endpoint,
            region=self.region,
            access_key=ADMINISTRATOR,
            secret_key=ADMINISTRATOR,
        )

    @property
    def owner_tag(self) -> tuple[str, str] | None:
        """None: everything in an emulator's account is this run's own."""
        return None

    def owns(self, tags: object) -> bool:  # noqa: ARG002  # as a Target says it
        """Whether something is this run's own: all of an emulator's account is."""
        return True

    def leftovers(self) -> list[str]:
        """Everything that still exists, since all of it was made by this run."""
        return find_leftovers(self.client)

    def check_alive(self) -> None:
        """Sees that it still takes connections.

        Raises:
            TargetError: It does not. The provider would try 25 times and take half a minute to say so.
        """
        self.check_connects(self.endpoint)
        if self.upstream:
            self.check_connects(self.upstream)

    def check_connects(self, endpoint: str) -> None:
        """Sees that connections are taken at an endpoint of this target; see `check_alive`."""
        where = urlsplit(endpoint)
        try:
            socket.create_connection((where.hostname or "", where.port or 80), timeout=_ALIVE_SECONDS).close()
        except OSError as error:
            raise TargetError(
                f"target={self.description!r} stopped answering: {error.strerror or error}",
                remedy="Look at its log, target.log in the run folder (--keep or --tf-keep keeps it).",
            ) from error

    def stop(self) -> None:
        """Closes the connections to it."""
        self._clients.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
