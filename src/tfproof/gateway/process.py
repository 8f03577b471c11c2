"""The gateway as a process of its own: `python -m tfproof.gateway.process`.

It reads its settings as one line of JSON from standard input, prints one line of JSON with its ports once it listens,
and ends when its standard input does: when whoever started it is gone, however that happened, nothing is left running.
With moto as upstream, moto lives in this process too: its fixes change moto's classes and must not reach a caller's
own `mock_aws` tests.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.gateway.application import Application, Settings
from tfproof.gateway.body import Body
from tfproof.gateway.certificate import make_certificate
from tfproof.gateway.control import Control
from tfproof.gateway.http import HttpRequest
from tfproof.gateway.own_paths import PREFIX
from tfproof.gateway.principals import Principal, Principals
from tfproof.gateway.recorder import Recorder
from tfproof.gateway.server import Handler, Server
from tfproof.gateway.target_view import TargetView
from tfproof.gateway.upstream import Answer, HttpUpstream, Upstream, WsgiUpstream

__all__ = ["ProcessSettings", "main"]

_PARENT_LOOK_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """What the process is told on its standard input.

    Attributes:
        upstream: URL of an emulator, or `moto`.
        upstream_access_key: Access key that the emulator sees on every request, whoever signed it; `""` changes
            nothing. LocalStack takes the account from it.
        account_id: Account that owns everything there.
        region: Region of the run.
        token: What a caller of the gateway's own paths must show.
        administrator: Access key of the run itself, which is never refused anything.
        folder: Where files are put: the call log, certificates.
        port: Port on 127.0.0.1 for HTTP; 0 takes a free one.
        log: Whether calls are also appended to `calls.jsonl` in the folder.
        enforce: See `Settings`.
        loopback_is_tls: See `Settings`.
        allow_role_callers: See `Settings`.
    """

    upstream: str
    account_id: str
    region: str
    token: str
    administrator: str
    folder: str
    upstream_access_key: str = ""
    port: int = 0
    log: bool = False
    enforce: bool = False
    loopback_is_tls: bool = True
    allow_role_callers: bool = False


def main() -> None:
    """Serves until standard input ends."""
    told = ProcessSettings(**json.loads(sys.stdin.readline()))
    try:
        said = _start(told)
    except TfproofError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    while os.read(sys.stdin.fileno(), _PARENT_LOOK_BYTES):
        pass
    os._exit(0)


def _start(told: ProcessSettings) -> dict[str, Any]:
    folder = Path(told.folder)
    upstream: Upstream
    if told.upstream == "moto":
        upstream = _moto(told.account_id)
    else:
        upstream = HttpUpstream(told.upstream, access_key=told.upstream_access_key)
    recorder = Recorder(folder / "calls.jsonl" if told.log else None)
    principals = Principals()
    principals.register(
        Principal(told.administrator, f"arn:aws:iam::{told.account_id}:user/administrator", administrator=True)
    )
    settings = Settings(**{field.name: getattr(told, field.name) for field in fields(Settings)})
    view = TargetView(upstream, account_id=told.account_id, region=told.region)
    application = Application(upstream, view, recorder, principals, settings)
    control = Control(told.token, recorder, principals, settings, serve_tls=lambda: _serve_tls(handle, folder))

    def handle(request: HttpRequest, body: Body, length: int | None) -> Answer:
        if request.path.startswith(PREFIX):
            return control.answer(request, body)  # type: ignore[arg-type]  # a Body is a binary stream
        return application.handle(request, body, length)

    return {"port": Server(handle, port=told.port).port}


def _serve_tls(handler: Handler, folder: Path) -> dict[str, Any]:
    trusted, served = make_certificate(folder)
    return {"port": Server(handler, certificate=served).port, "ca_file": str(trusted)}


def _moto(account_id: str) -> Upstream:
    from importlib.metadata import version  # noqa: PLC0415

    os.environ["MOTO_ACCOUNT_ID"] = account_id  # read when moto is imported

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    from tfproof.targets import moto_fixes  # noqa: PLC0415

    moto_fixes.install()
    return WsgiUpstream(DomainDispatcherApplication(create_backend_app), f"moto {version('moto')}")


if __name__ == "__main__":
    main()
