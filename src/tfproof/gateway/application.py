"""What the gateway does with a request: names it, decides on it, passes it on, keeps a record, answers."""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass, replace
from typing import Final

from tfproof.errors import TargetError, TfproofError
from tfproof.gateway import simulation
from tfproof.gateway.body import Body, BodyProblem
from tfproof.gateway.call import Call
from tfproof.gateway.enforcement import Enforcement, Refusal
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.needs_of import needs_of
from tfproof.gateway.needs.surroundings import Surroundings
from tfproof.gateway.needs.unmapped import UnmappedOperation
from tfproof.gateway.principals import Principal, Principals
from tfproof.gateway.recognition.operation import Operation, needs_body, recognise
from tfproof.gateway.recorder import Recorder
from tfproof.gateway.refusal import ServiceError
from tfproof.gateway.target_view import SeenAnswer, TargetView
from tfproof.gateway.upstream import Answer, Upstream
from tfproof.iam.principal_context import principal_context
from tfproof.iam.request import ContextValue

__all__ = ["Application", "Settings"]

_LARGEST_BODY: Final = 16 * 1024 * 1024
"""Of a request that must be read to be understood; DynamoDB takes 16 MB, the others less."""
_MOST_HEADERS: Final = 512
_LARGEST_HEADERS: Final = 64 * 1024
_ERROR: Final = re.compile(rb'<Code>([^<]*)</Code>|"__type":\s*"(?:[^"#]*#)?([^"]+)"')
_OBJECT_READS: Final = ("GetObject", "HeadObject")
_KEEP_BODY: Final = 1024 * 1024
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404


@dataclass(slots=True)
class Settings:
    """What the gateway does beyond recording.

    Attributes:
        enforce: Whether policies decide on every caller but an administrator, rather than on enforced ones only.
        loopback_is_tls: Whether a plain HTTP request over loopback counts as one by TLS.
        allow_role_callers: Whether Simulate* answers for a role beside a resource policy, which AWS refuses.
    """

    enforce: bool = False
    loopback_is_tls: bool = True
    allow_role_callers: bool = False


@dataclass(slots=True)
class _Exchange:
    """A request on its way."""

    request: HttpRequest
    body: Body
    started: float
    operation: Operation
    principal: Principal | None
    enforced: bool
    needs: tuple[Need, ...] = ()
    reason: str = ""
    decision: str = ""


class Application:
    """Everything of the gateway but the sockets.

    Args:
        upstream: What stands behind it.
        view: What is known of that.
        recorder: Where calls are kept.
        principals: Who calls.
        settings: What is done beyond recording; may be changed while it runs.
    """

    def __init__(
        self, upstream: Upstream, view: TargetView, recorder: Recorder, principals: Principals, settings: Settings
    ) -> None:
        self._upstream = upstream
        self._view = view
        self._recorder = recorder
        self._principals = principals
        self._enforcement = Enforcement(view)
        self.settings = settings

    def handle(self, request: HttpRequest, body: Body, length: int | None) -> Answer:
        """Answers one request; whatever goes wrong becomes an AWS error, and a record.

        Args:
            request: The head, `secure` telling only of real TLS.
            body: Its body.
            length: Announced length of the body; None for a chunked one.
        """
        started = time.time()
        clock = time.perf_counter()
        secure = request.secure or (self.settings.loopback_is_tls and request.client.startswith("127."))
        exchange = _Exchange(
            replace(request, secure=secure), body, started, Operation("", "", "", "", {}), None, enforced=False
        )
        refusal: Refusal | None = None
        try:
            answer, refusal = self._answer(exchange, length)
        except BodyProblem:
            # Told below: an application that swallows the exception must not hide it.
            answer = self._error(exchange, 400, "InvalidRequest", "")
        except TargetError as error:
            exchange.reason = str(error)
            answer = self._error(exchange, 503, "ServiceUnavailable", str(error))
        except TfproofError as error:
            exchange.reason = str(error)
            answer = self._error(exchange, 400, "InvalidRequest", str(error))
        except Exception as error:  # noqa: BLE001  # a defect of ours costs one call, not the run
            exchange.reason = f"the gateway broke down: {error!r}"
            answer = self._error(exchange, 500, "InternalFailure", exchange.reason)
        if body.problem is not None:
            answer.close()
            if not exchange.operation.service:
                exchange.operation = recognise(request)
            exchange.reason = body.problem.message
            answer = self._error(exchange, 400, body.problem.code, body.problem.message)
        self._record(exchange, answer, refusal, time.perf_counter() - clock)
        return answer

    # -- steps ------------------------------------------------------------------------------------------------------

    def _answer(self, exchange: _Exchange, length: int | None) -> tuple[Answer, Refusal | None]:
        request, body = exchange.request, exchange.body
        too_much = self._too_much(request)
        if too_much is not None:
            exchange.operation = recognise(replace(request, headers=_signature_only(request)))
            exchange.reason = too_much.message
            return replace(too_much, service=exchange.operation.service or "s3").answer(request.method), None
        whole = b""
        stream: Body | io.BytesIO = body
        if needs_body(request.method, request.headers, request.path, request.query):
            whole = body.read(_LARGEST_BODY + 1) if length is None or length > _LARGEST_BODY else body.read()
            if body.problem is not None or len(whole) > _LARGEST_BODY:
                exchange.operation = recognise(request)
                return self._error(exchange, 413, "EntityTooLarge", "The request body is too large."), None
            stream, length = io.BytesIO(whole), len(whole)
            request = exchange.request = replace(request, body=whole)
        operation = exchange.operation = recognise(request)
        principal = exchange.principal = self._principal(operation.access_key)
        exchange.enforced = self._is_enforced(principal)
        refused = self._refused(exchange)
        if refused is not None:
            return refused.error.answer(request.method), refused
        if simulation.answers(operation):
            exchange.needs = self._needs(exchange, self._view)
            client = self._view.client("iam")
            allow_roles = self.settings.allow_role_callers
            return simulation.simulated(operation, whole, client, allow_role_callers=allow_roles), None
        if not exchange.needs and operation.name and operation.service != "s3":
            # Before it is done: of an alias that is deleted, nobody can say afterwards which key it led to.
            exchange.needs = self._needs(exchange, self._view)
        answer = self._upstream.send(request, stream, length)  # type: ignore[arg-type]  # a Body is a binary stream
        hidden = self._hidden(exchange, answer)
        if hidden is not None:
            answer.close()
            return hidden.error.answer(request.method), hidden
        self._follow_up(exchange, answer)
        return answer, None

    def _refused(self, exchange: _Exchange) -> Refusal | None:
        """Why the request is not even passed on."""
        operation, principal = exchange.operation, exchange.principal
        if not exchange.enforced:
            exchange.reason = operation.problem
            return None
        if principal is None:
            return _unknown_caller(operation)
        if not operation.name:
            return _undecidable(operation, f"cannot name this operation: {operation.problem}")
        try:
            exchange.needs = self._needs(exchange, self._view)
        except UnmappedOperation as unmapped:
            return _undecidable(operation, f"does not know which actions it takes: {unmapped}")
        refusal = self._enforcement.refusal(operation, exchange.needs, principal)
        exchange.decision = "" if refusal is not None else "allowed"
        if refusal is not None and refusal.need in exchange.needs:
            # Nothing after the need that was refused has come to pass: no service was asked in the caller's name.
            exchange.needs = exchange.needs[: exchange.needs.index(refusal.need) + 1]
        return refusal

    def _hidden(self, exchange: _Exchange, answer: Answer) -> Refusal | None:
        """Whoever may not list a bucket is not told that an object is missing: 403 in the place of 404.

        Source: S3 API Reference, GetObject and HeadObject, "Permissions".
        """
        operation, principal = exchange.operation, exchange.principal
        if not (exchange.enforced and principal is not None and answer.status == _NOT_FOUND):
            return None
        if operation.service != "s3" or operation.name not in _OBJECT_READS:
            return None
        context = {name: value for name, value in exchange.needs[0].context.items() if name.startswith("aws:")}
        bucket = exchange.needs[0].resource.partition("/")[0]
        listing = Need(
            "s3:ListBucket", bucket, context, Basis.MODELLED, "S3 API Reference, GetObject, section Permissions"
        )
        return self._enforcement.refusal(operation, (listing,), principal)

    def _follow_up(self, exchange: _Exchange, answer: Answer) -> None:
        """What has to be known of a call that was passed on, before its answer goes out."""
        operation = exchange.operation
        self._view.changed_by(operation)
        seen = SeenAnswer(self._view, answer, of_object=operation.name in _OBJECT_READS)
        if answer.status < _BAD_REQUEST and operation.name == "CreateMultipartUpload":
            found = re.search(rb"<UploadId>([^<]+)</UploadId>", answer.buffered())
            if found:
                self._view.upload_began(found[1].decode(), seen.encryption)
        if answer.status < _BAD_REQUEST and self._principals.learns_from(operation):
            self._principals.learn(operation, answer.buffered(), self._view.account_id)
        if not exchange.needs and operation.name and operation.service == "s3":
            # After it is done: the answer says how the object is encrypted, and nobody has to be asked.
            exchange.needs = self._needs(exchange, seen if answer.status < _BAD_REQUEST else self._view)

    def _record(self, exchange: _Exchange, answer: Answer, refusal: Refusal | None, seconds: float) -> None:
        operation, principal = exchange.operation, exchange.principal
        decision = refusal.decision if refusal is not None else exchange.decision
        announced = answer.header("content-length")
        self._recorder.add(
            Call(
                number=0,
                time=exchange.started,
                seconds=seconds,
                principal=principal.arn if principal is not None else "",
                access_key=operation.access_key,
                service=operation.service,
                operation=operation.name,
                needs=exchange.needs,
                status=answer.status,
                error_code=_error_code(answer, exchange.request.method),
                bytes_in=max(exchange.body.count, len(exchange.request.body)),
                bytes_out=int(announced) if announced.isdigit() and exchange.request.method != "HEAD" else None,
                decision=decision,
                reason=refusal.reason if refusal is not None else exchange.reason,
                user_agent=exchange.request.headers.get("user-agent", "")[:200],
                region=operation.region,
                secure=exchange.request.secure,
            )
        )

    # -- parts ------------------------------------------------------------------------------------------------------

    def _principal(self, access_key: str) -> Principal | None:
        if not access_key:
            return None
        known = self._principals.find(access_key)
        if known is None and self.settings.enforce:
            arn = self._view.user_of(access_key)
            return Principal(access_key, arn) if arn else None
        return known

    def _is_enforced(self, principal: Principal | None) -> bool:
        if principal is None:
            return self.settings.enforce
        return principal.enforced or (self.settings.enforce and not principal.administrator)

    def _needs(self, exchange: _Exchange, surroundings: Surroundings | TargetView | SeenAnswer) -> tuple[Need, ...]:
        try:
            return needs_of(exchange.operation, exchange.request, surroundings, self._keys_of(exchange.principal))
        except TfproofError as error:
            if exchange.enforced:
                raise
            exchange.reason = str(error)
            return ()

    def _keys_of(self, principal: Principal | None) -> dict[str, ContextValue]:
        return principal_context(principal.arn) if principal is not None else {}

    def _too_much(self, request: HttpRequest) -> ServiceError | None:
        size = sum(len(name) + len(value) for name, value in request.headers.items())
        if len(request.headers) <= _MOST_HEADERS and size <= _LARGEST_HEADERS:
            return None
        text = "Your request header section exceeds the maximum allowed request header section size."
        return ServiceError("s3", 400, "RequestHeaderSectionTooLarge", text)

    def _error(self, exchange: _Exchange, status: int, code: str, message: str) -> Answer:
        service = exchange.operation.service or "s3"
        return ServiceError(service, status, code, message).answer(exchange.request.method)


def _unknown_caller(operation: Operation) -> Refusal:
    """AWS's words for an access key that it does not know, and for none at all."""
    service = operation.service or "s3"  # only S3 takes requests that nobody has signed
    if not operation.access_key:
        code, text = ("AccessDenied", "Access Denied") if service == "s3" else (
            "MissingAuthenticationToken", "Request is missing Authentication Token"
        )  # fmt: skip
    elif service == "s3":
        code, text = "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    else:
        code = "InvalidClientTokenId" if service in ("sts", "iam") else "UnrecognizedClientException"
        text = "The security token included in the request is invalid."
    return Refusal(ServiceError(service, 403, code, text), "implicitDeny", text)


def _undecidable(operation: Operation, why: str) -> Refusal:
    """What cannot be decided is not waved through."""
    text = f"The gateway {why}. So it cannot decide on it, and refuses it."
    return Refusal(ServiceError(operation.service or "s3", 403, _denied(operation), text), "implicitDeny", text)


def _denied(operation: Operation) -> str:
    return "AccessDeniedException" if operation.service in ("dynamodb", "kms") else "AccessDenied"


def _signature_only(request: HttpRequest) -> dict[str, str]:
    return {name: request.headers[name] for name in ("authorization", "x-amz-target") if name in request.headers}


def _error_code(answer: Answer, method: str) -> str:
    length = answer.header("content-length")
    if answer.status < _BAD_REQUEST or method == "HEAD" or (length.isdigit() and int(length) > _KEEP_BODY):
        return ""
    found = _ERROR.search(answer.buffered())
    return (found[1] or found[2]).decode("utf-8", "replace") if found else ""
