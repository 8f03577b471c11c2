"""A certificate for one run: 127.0.0.1, by an authority that is made for it and forgotten with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["make_certificate"]

_HOSTS: Final = ("127.0.0.1", "localhost")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Makes authority and certificate.

    Args:
        folder: Where the files are put; the private key can be read by its owner only.

    Returns:
        File of the authority's certificate, which clients must trust, and file of the server's certificate and key.
    """
    import trustme  # noqa: PLC0415  # and with it cryptography: only where HTTPS is served

    authority = trustme.CA(organization_name="tfproof, for one run")
    issued = authority.issue_cert(*_HOSTS)
    trusted, served = folder / "gateway-ca.pem", folder / "gateway.pem"
    trusted.write_bytes(authority.cert_pem.bytes())
    with os.fdopen(os.open(served, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(issued.private_key_and_cert_chain_pem.bytes())
    return trusted, served
