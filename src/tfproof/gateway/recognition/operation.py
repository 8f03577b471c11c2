"""Recognises what a request asks for: service, operation, region, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.recognition.credential import Credential, read_credential
from tfproof.gateway.recognition.parsed_body import UnreadableBody, read_form, read_json
from tfproof.gateway.recognition.s3_operation import find_s3_operation, reads_body
from tfproof.gateway.recognition.service_models import operation_names, target_services

__all__ = ["DEFAULT_REGION", "Operation", "needs_body", "recognise"]

DEFAULT_REGION: Final = "us-east-1"
"""Region of a request that is not signed."""

_NO_PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType({})
_FORM: Final = "application/x-www-form-urlencoded"
_FORM_VERSIONS: Final = {"2011-06-15": "sts", "2010-05-08": "iam"}
_JSON_SERVICES: Final = frozenset({"dynamodb", "kms"})
_FORM_SERVICES: Final = frozenset({"sts", "iam"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an AWS service, as a request asks for it.

    Attributes:
        service: `s3`, `dynamodb`, `kms`, `sts`, `iam`, or what the credential's scope says.
        name: botocore's name, such as `PutObject`; `""` when it cannot be told.
        region: Of the credential's scope.
        access_key: Id of the access key, `""` without a signature.
        parameters: By botocore's names. S3: Bucket, Key, and what stands in query and headers, as text; parsed bodies
            under their member's name (`Delete`). JSON: the body. STS and IAM: the form's fields, flat.
        problem: Why the operation cannot be told, `""` when it can.
    """

    service: str
    name: str
    region: str = DEFAULT_REGION
    access_key: str = ""
    # They hold plaintexts, tokens and items; an operation that is shown must not show them.
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.service}:{self.name}" if self.name else f"{self.service}:? ({self.problem})"


def recognise(request: HttpRequest) -> Operation:
    """The operation that a request asks for; it never fails, an operation that cannot be told has no name."""
    credential = read_credential(request.headers, request.parameters)
    region = credential.region or DEFAULT_REGION
    if credential.problem:
        return Operation(credential.service, "", region, credential.access_key, problem=credential.problem)
    service = credential.service or _unsigned_service(request)
    name, parameters, problem = _find(service, request)
    return Operation(service, name, region, credential.access_key, parameters, problem)


def needs_body(method: str, headers: Mapping[str, str], path: str, query: str) -> bool:
    """Whether the body must be read before the operation and its needs can be told; false for every object's body.

    Args:
        method: In upper case.
        headers: Names in lower case.
        path: As sent, without the query.
        query: As sent.
    """
    credential = _credential_of(headers, query)
    service = credential.service
    if service == "s3":
        return reads_body(method, path, query, headers)
    if service in _JSON_SERVICES or service in _FORM_SERVICES:
        return True
    if service:
        return False
    if "x-amz-target" in headers or (method == "POST" and _is_form(headers)):
        return True
    return reads_body(method, path, query, headers)


def _credential_of(headers: Mapping[str, str], query: str) -> Credential:
    return read_credential(headers, dict(parse_qsl(query, keep_blank_values=True)))


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith(_FORM)


def _unsigned_service(request: HttpRequest) -> str:
    """The service of a request without a signature: AssumeRoleWithWebIdentity has none, nor have public objects."""
    target = request.headers.get("x-amz-target")
    if target is not None:
        return target_services().get(target.partition(".")[0], ("", ""))[0]
    if _is_form(request.headers) or "Action" in request.parameters:
        try:
            version = read_form(request.body.decode(), request.query).get("Version", "")
        except (UnreadableBody, UnicodeDecodeError):
            version = ""
        return _FORM_VERSIONS.get(version, "")
    return "s3"


def _find(service: str, request: HttpRequest) -> tuple[str, Mapping[str, Any], str]:
    """Name, parameters and problem of an operation of a service."""
    if service == "s3":
        found = find_s3_operation(request.method, request.path, request.query, request.headers, request.body)
        return found.name, found.parameters, found.problem
    if service in _JSON_SERVICES:
        return _find_json(service, request)
    if service in _FORM_SERVICES:
        return _find_form(service, request)
    return "", _NO_PARAMETERS, f"service {service!r} is not known here" if service else "it names no service"


def _find_json(service: str, request: HttpRequest) -> tuple[str, Mapping[str, Any], str]:
    target = request.headers.get("x-amz-target", "")
    prefix, _, name = target.partition(".")
    named, model = target_services().get(prefix, ("", ""))
    if request.method != "POST" or named != service or name not in operation_names(model):
        return "", _NO_PARAMETERS, f"{request.method} with X-Amz-Target {target[:80]!r} is no operation of {service}"
    try:
        return name, read_json(request.body), ""
    except UnreadableBody as error:
        return "", _NO_PARAMETERS, f"{name}: {error}"


def _find_form(service: str, request: HttpRequest) -> tuple[str, Mapping[str, Any], str]:
    try:
        # A presigned GetCallerIdentity has everything in its query.
        fields = read_form(request.body.decode(), request.query)
    except UnreadableBody as error:
        return "", _NO_PARAMETERS, str(error)
    except UnicodeDecodeError:
        return "", _NO_PARAMETERS, "the form is not UTF-8"
    name = fields.get("Action", "")
    if name not in operation_names(service):
        return "", fields, f"Action {name[:80]!r} is no operation of {service}"
    return name, fields, ""
