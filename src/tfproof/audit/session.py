"""boto3 clients of the user's own account: the profile, region and credentials of the environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tfproof.errors import EnvironmentProblem

__all__ = ["partition_of", "user_client"]


def user_client(
    service: str, *, endpoint: str | None = None, region: str | None = None, connections: int = 16
) -> Callable[[], Any]:
    """What gives a client of a service, made on first use.

    Args:
        service: Name as boto3 has it.
        endpoint: URL of another place than AWS.
        region: Region, instead of the one of the environment.
        connections: Requests that may be under way at once.
    """

    @lru_cache(maxsize=1)
    def made() -> Any:
        import boto3  # noqa: PLC0415  # a quarter of a second
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        config = Config(
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=connections,
            # Backs off when AWS throttles, and sends no faster than it takes.
            retries={"mode": "adaptive", "max_attempts": 8},
            s3={"addressing_style": "path"} if endpoint else {},
            user_agent_extra="tfproof-audit",
        )
        try:
            return boto3.Session().client(service, endpoint_url=endpoint, region_name=region, config=config)
        except (BotoCoreError, ValueError) as error:
            raise EnvironmentProblem(
                f"no client of {service} can be made: {error}",
                remedy="Set AWS_REGION, and AWS_PROFILE or other credentials, as for the AWS command line.",
            ) from None

    return made


def partition_of(region: str | None = None) -> str:
    """AWS's partition of a region, such as `aws-us-gov`, by botocore's own list; `aws` for one that it does not know.

    Args:
        region: Name of the region, instead of the one of the environment.
    """
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        session = boto3.Session()
        name = region or session.region_name
        return str(session.get_partition_for_region(name)) if name else "aws"
    except (BotoCoreError, ValueError):
        return "aws"
