"""boto3 clients that see nothing of the caller's AWS settings: no profile, no files, no environment."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["Clients", "make_client"]


class Clients:
    """One boto3 client for each service, since making one costs a tenth of a second; for many threads.

    Args:
        make: Makes the client of a service.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str) -> Any:
        """The client of a service, made when it is first asked for."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def close(self) -> None:
        """Closes the connections of all of them."""
        for client in self._made.values():
            client.close()
        self._made.clear()


@lru_cache(maxsize=1)
def _service_models() -> Any:
    """AWS's service models, which never change: read once a process, not once a client (10 MB of JSON for five)."""
    from botocore.loaders import create_loader  # noqa: PLC0415

    return create_loader()


def make_client(
    service: str, *, endpoint: str, region: str, access_key: str, secret_key: str, session_token: str = ""
) -> Any:
    """A boto3 client of `service` at `endpoint`.

    Args:
        service: Name as boto3 has it, such as `s3`.
        endpoint: URL of the emulator; `""` for AWS itself.
        region: Region to sign for.
        access_key: Access key id.
        secret_key: Its secret.
        session_token: Of temporary credentials.
    """
    import boto3  # noqa: PLC0415  # a quarter of a second: only when a client is really needed
    import botocore.config  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415

    nothing = (None, None, None, None)
    session = botocore.session.Session(
        # Without this a caller's AWS_PROFILE that does not exist here ends the run, and one that does leaks in.
        session_vars={
            "profile": nothing,
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": nothing,
        }
    )
    session.register_component("data_loader", _service_models())
    # Nothing may stand between the run and an emulator on loopback; to AWS itself, a proxy may be the only way.
    at_emulator = {"s3": {"addressing_style": "path"}, "proxies": {}} if endpoint else {}
    return boto3.Session(botocore_session=session).client(
        service,
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=session_token or None,
        config=botocore.config.Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 2 if endpoint else 5, "mode": "standard"},
            ignore_configured_endpoint_urls=True,
            **at_emulator,
        ),
    )
