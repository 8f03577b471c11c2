"""A bench for trials against an applied stack."""

from __future__ import annotations

from pathlib import Path

from tfproof.backend_use.trial import Bench
from tfproof.gateway.client import Gateway
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Terraform

__all__ = ["make_bench"]


def make_bench(folder: Path, terraform: Terraform, gateway: Gateway, applied: Applied) -> Bench:
    """A bench whose scratch folders lie in a folder."""
    return Bench(folder, terraform=terraform, target=applied.target, gateway=gateway)
