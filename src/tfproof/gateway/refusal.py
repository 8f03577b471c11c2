"""Errors in the protocol and the words of the service that would have answered."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from tfproof.gateway.needs.need import Need
from tfproof.gateway.upstream import Answer
from tfproof.iam.decision import Decision, Effect

__all__ = ["ServiceError", "access_denied", "denial_text"]

_JSON_TYPES: Final = {"dynamodb": "application/x-amz-json-1.0", "kms": "application/x-amz-json-1.1"}
_CORAL: Final = "com.amazon.coral.service#"
_POLICY_KINDS: Final = {
    "identity": "identity-based policy",
    "resource": "resource-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "organizations": "service control policy",
}


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error as a service puts it on the wire.

    Attributes:
        service: Whose protocol it takes.
        status: HTTP status.
        code: AWS's error code.
        message: AWS's words, or ours where AWS has none.
    """

    service: str
    status: int
    code: str
    message: str

    def answer(self, method: str = "POST") -> Answer:
        """The HTTP answer; a HEAD request gets no body, so that an SDK only sees the status."""
        request_id = secrets.token_hex(8).upper()
        headers = [("x-amz-request-id", request_id), ("x-amzn-RequestId", request_id)]
        status, body, kind = self.status, "", "application/xml"
        if self.service in _JSON_TYPES:
            # Both JSON services answer 400 to what a caller may not do (AWS's common errors of DynamoDB and KMS).
            status = 400 if status == 403 else status  # noqa: PLR2004
            body = json.dumps({"__type": f"{_CORAL}{self.code}", "Message": self.message, "message": self.message})
            kind = _JSON_TYPES[self.service]
        elif self.service in ("sts", "iam"):
            sort = "Sender" if status < 500 else "Receiver"  # noqa: PLR2004
            body = (
                f"<ErrorResponse><Error><Type>{sort}</Type><Code>{escape(self.code)}</Code>"
                f"<Message>{escape(self.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        elif method != "HEAD":
            body = (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(self.code)}</Code>'
                f"<Message>{escape(self.message)}</Message><RequestId>{request_id}</RequestId>"
                f"<HostId>{request_id}</HostId></Error>"
            )
        sent = body.encode()
        headers += [("Content-Type", kind), ("Content-Length", str(len(sent)))]
        return Answer(status, headers, (sent,))


def access_denied(service: str, principal: str, need: Need, decision: Decision) -> ServiceError:
    """AWS's AccessDenied for an action that is not allowed."""
    code = "AccessDeniedException" if service in _JSON_TYPES else "AccessDenied"
    return ServiceError(service, 403, code, denial_text(principal, need, decision))


def denial_text(principal: str, need: Need, decision: Decision) -> str:
    """AWS's sentence: who, what, on what, and which kind of policy decided.

    Source: IAM User Guide, "Troubleshoot access denied error messages".
    """
    # S3 quotes its own resources and no others.
    resource = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
    return (
        f"User: {principal} is not authorized to perform: {need.action} on resource: {resource} "
        f"{_because(need.action, decision)}"
    )


def _because(action: str, decision: Decision) -> str:
    effects = {layer.name: layer.effect for layer in decision.layers}
    if decision.value is Effect.EXPLICIT_DENY:
        name = next(name for name, effect in effects.items() if effect is Effect.EXPLICIT_DENY)
        kind = _POLICY_KINDS[name]
        return f"with an explicit deny in {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    # What was limiting is named before what simply did not allow.
    limits = ("organizations", "boundary", "session")
    name = next((limit for limit in limits if effects.get(limit) is Effect.IMPLICIT_DENY), "identity")
    if name == "identity" and effects.get("identity") is Effect.ALLOWED:
        name = "resource"
    return f"because no {_POLICY_KINDS[name]} allows the {action} action"
