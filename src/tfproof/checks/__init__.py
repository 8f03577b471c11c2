"""What a sound state backend is: one check, one file."""

from __future__ import annotations

from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS, JOURNEY_CHECKS, check_by_id
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.checks.live import LiveBackend

__all__ = [
    "CHECKS",
    "JOURNEY_CHECKS",
    "Answer",
    "Backend",
    "Check",
    "Finding",
    "Layer",
    "LiveBackend",
    "Verdict",
    "check_by_id",
]
