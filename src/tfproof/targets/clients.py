"""boto3 clients that see nothing of the caller's AWS settings: no profile, no files, no environment."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["make_client"]


def make_client(service: str, *, endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    """A boto3 client of `service` at `endpoint`.

    Args:
        service: Name as boto3 has it, such as `s3`.
        endpoint: URL of the emulator.
        region: Region to sign for.
        access_key: Access key id.
        secret_key: Its secret.
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
    return boto3.Session(botocore_session=session).client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=botocore.config.Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )
