"""A request of AWS's protocols as the gateway sees it: the head, and the body where it must be understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

__all__ = ["HttpRequest"]


@dataclass(frozen=True)
class HttpRequest:
    """The head of an HTTP request, with its body where the operation cannot be told without it.

    Attributes:
        method: In upper case.
        path: As sent, percent-encoded, without the query.
        query: As sent, without the question mark.
        headers: Values by name in lower case; a repeated header's values are joined by a comma.
        body: The body; empty when it is passed on as a stream, as S3's objects are.
        secure: Whether it came by TLS, or counts as if it had.
        client: IP address it came from.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    secure: bool = False
    client: str = "127.0.0.1"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The decoded query, the first value of each name; blank ones kept: `?uploads=` and `?uploads` are the same."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, value)
        return found
