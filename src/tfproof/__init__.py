"""Proves a Terraform state backend: plans, applies, audits, uses and destroys it with the real Terraform."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
