"""How far a run looks: in CI a cross-section, at night all of it (`make nightly` sets TFPROOF_NIGHTLY)."""

from __future__ import annotations

import os

__all__ = ["at_night"]


def at_night(nightly: int, otherwise: int) -> int:
    """How many: at night, or otherwise."""
    return nightly if os.environ.get("TFPROOF_NIGHTLY") else otherwise
