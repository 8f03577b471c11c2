"""AWS's own descriptions of its services, as botocore carries them: read once a process, without a client."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

__all__ = ["operation_names", "service_model", "target_services"]


@cache
def service_model(service: str) -> dict[str, Any]:
    """The parsed model of a service: its metadata, operations and shapes.

    Args:
        service: botocore's name of it, such as `s3` or `s3control`.
    """
    # Imported on first use: botocore's import alone costs more than the whole command line does without it.
    from botocore.loaders import Loader  # noqa: PLC0415

    return cast("dict[str, Any]", Loader().load_service_model(service, "service-2"))


@cache
def operation_names(service: str) -> frozenset[str]:
    """The names of a service's operations."""
    return frozenset(service_model(service)["operations"])


@cache
def target_services() -> dict[str, tuple[str, str]]:
    """Prefix of X-Amz-Target to (service as IAM names it, botocore's name of the model)."""
    models = {"dynamodb": "dynamodb", "dynamodbstreams": "dynamodb", "kms": "kms"}
    return {service_model(model)["metadata"]["targetPrefix"]: (service, model) for model, service in models.items()}
