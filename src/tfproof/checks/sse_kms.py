"""What counts as SSE-KMS, for settings, headers and objects alike."""

from __future__ import annotations

from typing import Final

from tfproof.checks.expectation import Expectation
from tfproof.checks.finding import shown

__all__ = ["SSE_KMS", "is_sse_kms"]

SSE_KMS: Final = ("aws:kms", "aws:kms:dsse")
"""The algorithms under a KMS key, the weaker first: the second encrypts twice (DSSE-KMS)."""

is_sse_kms: Final = Expectation(" or ".join(shown(name) for name in SSE_KMS), lambda found: found in SSE_KMS)
"""Expects one of them."""
