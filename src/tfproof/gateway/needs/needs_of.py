"""What a request needs to be allowed: IAM actions on resources, the caller's own and those made in their name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.dynamodb_needs import dynamodb_needs
from tfproof.gateway.needs.iam_needs import iam_needs
from tfproof.gateway.needs.kms_needs import kms_needs
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.s3_needs import s3_needs
from tfproof.gateway.needs.situation import Situation
from tfproof.gateway.needs.sts_needs import sts_needs
from tfproof.gateway.needs.surroundings import Surroundings
from tfproof.gateway.needs.unmapped import UnmappedOperation
from tfproof.gateway.recognition.operation import Operation
from tfproof.iam.request import ContextValue

__all__ = ["UnmappedOperation", "needs_of"]

_SERVICES = {"s3": s3_needs, "dynamodb": dynamodb_needs, "kms": kms_needs, "sts": sts_needs, "iam": iam_needs}


def needs_of(
    operation: Operation,
    request: HttpRequest,
    surroundings: Surroundings,
    principal: Mapping[str, ContextValue],
    *,
    now: datetime | None = None,
) -> tuple[Need, ...]:
    """All that a request needs: direct needs first, then those of the calls that services make in the caller's name.

    Args:
        operation: What `recognise` found in the request.
        request: The request.
        surroundings: What is known of the target.
        principal: The condition keys of the caller, such as aws:PrincipalArn.
        now: The time of the request, by default the present.

    Raises:
        UnmappedOperation: What it needs is not known; never an empty answer.
    """
    if not operation.name:
        raise UnmappedOperation(operation.service, "", operation.problem or "the operation is not known")
    find = _SERVICES.get(operation.service)
    if find is None:
        raise UnmappedOperation(operation.service, operation.name, "its service is not known here")
    found = tuple(find(Situation(operation, request, surroundings, principal, now or datetime.now(UTC))))
    if not found:
        raise UnmappedOperation(operation.service, operation.name, "it names nothing that an action could be on")
    return found
