"""Which LocalStack, with which settings: the same for host mode, the compose file and the health check."""

from __future__ import annotations

from typing import Final

__all__ = ["NEEDED_SERVICES", "SETTINGS", "VERSION"]

VERSION: Final = "4.14.0"
"""The last release that starts without a token: images after it exit with 55 (testcontainers-python#985)."""

NEEDED_SERVICES: Final = ("s3", "dynamodb", "kms", "iam", "sts")
"""Every service a state backend is made of, or is asked for by Terraform."""

SETTINGS: Final = {
    # What is not listed answers "disabled", so nothing else is loaded.
    "SERVICES": ",".join(NEEDED_SERVICES),
    # Ready means ready: otherwise the first calls to a service wait for it to load.
    "EAGER_SERVICE_LOADING": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    # Nothing about the use of it is sent to anybody.
    "DISABLE_EVENTS": "1",
}
"""LocalStack's own environment variables. PERSISTENCE is left out: in 4.14 only tables would survive a restart."""
