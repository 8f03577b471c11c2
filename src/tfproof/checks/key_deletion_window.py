"""How long a key that was scheduled for deletion can be called back."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, key_itself
from tfproof.checks.check import Check
from tfproof.checks.expectation import between

__all__ = ["CHECK"]

CHECK = Check(
    id="key-deletion-window",
    section="key",
    title="A key scheduled for deletion can be called back for 7 to 30 days",
    reason="When the key is gone, every state it encrypted is gone. The window is the time there is to notice.",
    references=("FSBP KMS.3",),
    configured=configured_attribute(key_itself, {"deletion_window_in_days": between(7, 30)}),
)
