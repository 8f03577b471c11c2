"""IAM's Simulate* and GetContextKeysFor*, which no emulator without a licence answers: answered here."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

from tfproof.errors import TfproofError
from tfproof.gateway.recognition.operation import Operation
from tfproof.gateway.refusal import ServiceError
from tfproof.gateway.upstream import Answer
from tfproof.iam.errors import IamError
from tfproof.iam.principal import get_context_keys_for_principal_policy, simulate_principal_policy
from tfproof.iam.simulator import get_context_keys_for_custom_policy, simulate_custom_policy

__all__ = ["answers", "simulated"]

_OPERATIONS: Final = frozenset(
    {
        "SimulateCustomPolicy",
        "SimulatePrincipalPolicy",
        "GetContextKeysForCustomPolicy",
        "GetContextKeysForPrincipalPolicy",
    }
)


def answers(operation: Operation) -> bool:
    """Whether the gateway answers an operation itself."""
    return operation.service == "iam" and operation.name in _OPERATIONS


def simulated(operation: Operation, body: bytes, iam_client: Any, *, allow_role_callers: bool) -> Answer:
    """The answer to one of these operations, as IAM would give it.

    Args:
        operation: Which one.
        body: The form as it was sent.
        iam_client: Reads the policies of principals.
        allow_role_callers: Whether a role may be the caller beside a resource policy, which AWS refuses.
    """
    # moto's own parser and serialiser of the query protocol: both work by botocore's service model.
    from moto.core.parse import QueryParser  # noqa: PLC0415  # only when it is asked for
    from moto.core.serialize import QuerySerializer  # noqa: PLC0415

    model = _model().operation_model(operation.name)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8"), keep_blank_values=True).items()}
    sent: Any = {"values": form}  # all that the query protocol's parser looks at
    request: dict[str, Any] = dict(QueryParser(model).parse(sent))
    try:
        if operation.name == "SimulateCustomPolicy":
            found = simulate_custom_policy(allow_role_callers=allow_role_callers, **request)
        elif operation.name == "SimulatePrincipalPolicy":
            found = simulate_principal_policy(iam_client, allow_role_callers=allow_role_callers, **request)
        elif operation.name == "GetContextKeysForCustomPolicy":
            found = get_context_keys_for_custom_policy(**request)
        else:
            found = get_context_keys_for_principal_policy(iam_client, **request)
    except IamError as refused:
        return ServiceError("iam", refused.status, refused.code, str(refused)).answer()
    except TfproofError as refused:
        return ServiceError("iam", 400, "ValidationError", str(refused)).answer()
    answer = QuerySerializer(model).serialize(found)
    text = answer["body"].encode() if isinstance(answer["body"], str) else answer["body"]
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(text)))]
    return Answer(int(answer["status_code"]), headers, (text,))


def _model() -> Any:
    from moto.core.utils import get_service_model  # noqa: PLC0415

    return get_service_model("iam")
