"""How a run talks to its gateway: a few paths of the gateway's own, for whoever has the token made for the run."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import IO, Any, Final

from tfproof.errors import TfproofError, UsageError
from tfproof.gateway.application import Settings
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.own_paths import PREFIX, TOKEN_HEADER
from tfproof.gateway.principals import Principal, Principals
from tfproof.gateway.recorder import Recorder
from tfproof.gateway.upstream import Answer

__all__ = ["Control"]

_LARGEST: Final = 1024 * 1024


class Control:
    """Answers the gateway's own paths.

    Args:
        token: What a caller must show.
        recorder: Where calls are read.
        principals: Where callers are registered.
        settings: What can be changed.
        serve_tls: Starts to serve HTTPS as well, and answers port and file of the authority.
    """

    def __init__(
        self,
        token: str,
        recorder: Recorder,
        principals: Principals,
        settings: Settings,
        *,
        serve_tls: Callable[[], dict[str, Any]],
    ) -> None:
        self._serve_tls = lru_cache(maxsize=1)(serve_tls)
        self._token = token
        self._recorder = recorder
        self._principals = principals
        self._settings = settings
        self._acts: dict[tuple[str, str], Callable[[Mapping[str, str], dict[str, Any]], Answer]] = {
            ("GET", "calls"): self._calls,
            ("GET", "count"): self._count,
            ("POST", "principals"): self._register,
            ("POST", "tls"): self._tls,
            ("POST", "settings"): self._set,
        }

    def answer(self, request: HttpRequest, body: IO[bytes]) -> Answer:
        """Answers one request: GET calls, count; POST principals, settings, tls."""
        given = request.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return _json(403, {"error": "the token of this gateway's run is missing or wrong"})
        act = self._acts.get((request.method, request.path.removeprefix(PREFIX)))
        if act is None:
            return _json(404, {"error": f"{request.method} {request.path} is nothing of the gateway's"})
        try:
            return act(request.parameters, json.loads(body.read(_LARGEST) or b"{}"))
        except (TfproofError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})

    def _calls(self, asked: Mapping[str, str], _: dict[str, Any]) -> Answer:
        lines = self._recorder.lines(int(asked.get("since", "0")), access_key=asked.get("access_key", ""))
        return _answer(200, "\n".join(lines).encode(), "application/x-ndjson")

    def _count(self, _: Mapping[str, str], __: dict[str, Any]) -> Answer:
        return _json(200, {"calls": len(self._recorder)})

    def _register(self, _: Mapping[str, str], document: dict[str, Any]) -> Answer:
        self._principals.register(_principal(document))
        return _json(200, {})

    def _tls(self, _: Mapping[str, str], __: dict[str, Any]) -> Answer:
        return _json(200, self._serve_tls())

    def _set(self, _: Mapping[str, str], document: dict[str, Any]) -> Answer:
        for name, value in document.items():
            if name not in {field.name for field in dataclasses.fields(Settings)} or not isinstance(value, bool):
                raise UsageError(f"setting {name}={value!r} is none of the gateway's")
            setattr(self._settings, name, value)
        return _json(200, dataclasses.asdict(self._settings))


def _principal(document: dict[str, Any]) -> Principal:
    for name in ("policies", "session"):
        if document.get(name) is not None:
            document[name] = tuple(document[name])
    return Principal(**document)


def _json(status: int, document: dict[str, Any]) -> Answer:
    return _answer(status, json.dumps(document).encode(), "application/json")


def _answer(status: int, body: bytes, kind: str) -> Answer:
    return Answer(status, [("Content-Type", kind), ("Content-Length", str(len(body)))], (body,))
