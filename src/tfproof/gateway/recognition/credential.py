"""Reads who signed a request, for which region and service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Credential", "read_credential"]

_CREDENTIAL: Final = re.compile(r"\bCredential=([^,\s]*)")
_SCOPE_WORD: Final = re.compile(r"[a-z0-9-]+\Z")
_ASYMMETRIC: Final = "AWS4-ECDSA-P256-SHA256"


@dataclass(frozen=True, slots=True)
class Credential:
    """The signature's account of a request; everything is `""` for one that is not signed.

    Attributes:
        access_key: Id of the access key.
        region: Region of the scope.
        service: Service of the scope, such as `s3`.
        algorithm: `AWS4-HMAC-SHA256`, or `AWS` for signature version 2.
        in_query: Whether the signature stands in the query: a presigned address.
        problem: Why the signature cannot be read, `""` when it can.
    """

    access_key: str = ""
    region: str = ""
    service: str = ""
    algorithm: str = ""
    in_query: bool = False
    problem: str = ""


def read_credential(headers: Mapping[str, str], query: Mapping[str, str]) -> Credential:
    """What the signature says; it is not verified.

    Args:
        headers: By names in lower case.
        query: The decoded query.
    """
    header = headers.get("authorization")
    presigned = query.get("X-Amz-Credential")
    if header is not None and (presigned is not None or "AWSAccessKeyId" in query):
        return Credential(problem="it is signed both in the Authorization header and in the query")
    if header is not None:
        return _of_header(header.strip(), headers.get("x-amz-region-set", ""))
    if presigned is not None:
        regions = query.get("X-Amz-Region-Set", "")
        return _of_scope(presigned, query.get("X-Amz-Algorithm", ""), regions, in_query=True)
    if "AWSAccessKeyId" in query and "Signature" in query:
        return Credential(access_key=query["AWSAccessKeyId"], service="s3", algorithm="AWS", in_query=True)
    return Credential()


def _of_header(header: str, regions: str) -> Credential:
    algorithm, _, rest = header.partition(" ")
    if algorithm == "AWS":
        # Signature version 2 has no scope; S3 is the only service here that ever took it in this header.
        access_key, colon, _ = rest.strip().partition(":")
        if colon and access_key:
            return Credential(access_key=access_key, service="s3", algorithm="AWS")
    found = _CREDENTIAL.findall(rest)
    if not algorithm.startswith("AWS4-") or len(found) != 1:
        return Credential(problem="its Authorization header is no signature of AWS")
    return _of_scope(found[0], algorithm, regions)


def _of_scope(text: str, algorithm: str, regions: str, *, in_query: bool = False) -> Credential:
    access_key, *scope = text.split("/")
    if algorithm == _ASYMMETRIC and len(scope) == 3:  # noqa: PLR2004  date, service, aws4_request
        # The asymmetric signature names its regions in a header, and may name several.
        scope.insert(1, regions if _SCOPE_WORD.match(regions) else "us-east-1")
    if len(scope) != 4 or scope[3] != "aws4_request" or not access_key:  # noqa: PLR2004  date, region, service, ...
        return Credential(problem=f"its credential scope {text[:80]!r} is not KEY/DATE/REGION/SERVICE/aws4_request")
    region, service = scope[1], scope[2]
    if not (_SCOPE_WORD.match(region) and _SCOPE_WORD.match(service)):
        return Credential(problem=f"region {region[:40]!r} or service {service[:40]!r} of its scope is no name")
    return Credential(access_key, region, service, algorithm, in_query=in_query)
