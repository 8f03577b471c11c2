"""moto's server with our fixes, as a process of its own: `python -m tfproof.targets.moto_server`.

A process of its own, because the fixes change moto's classes and must not reach a caller's own `mock_aws` tests.
It prints `{"port": N}` once it listens, and ends when its standard input does: when whoever started it is gone, however
that happened, nothing is left running.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading

__all__ = ["main"]


def main() -> None:
    """Serves until standard input ends."""
    parser = argparse.ArgumentParser(prog="tfproof.targets.moto_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    port = parser.parse_args().port

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

    from tfproof.targets import moto_fixes  # noqa: PLC0415

    class PlainLog(WSGIRequestHandler):
        """Werkzeug colours its log for terminals; ours is read from a file."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            self.log("info", '"%s" %s %s', self.requestline, code, size)

    moto_fixes.install()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=PlainLog)
    sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    server.serve_forever()


def _end_with_standard_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
