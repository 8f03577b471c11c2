"""How long a key that was scheduled for deletion can be called back."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, key_itself
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, between

__all__ = ["CHECK"]

_SEVEN_TO_THIRTY = between(7, 30)
# Left out, the provider passes none on, and KMS waits for 30 days (ScheduleKeyDeletion, PendingWindowInDays).
_WINDOW = Expectation(_SEVEN_TO_THIRTY.text, lambda found: found is None or _SEVEN_TO_THIRTY.test(found))

CHECK = Check(
    id="key-deletion-window",
    section="key",
    title="A key scheduled for deletion can be called back for 7 to 30 days",
    reason="When the key is gone, every state it encrypted is gone. The window is the time there is to notice.",
    references=("FSBP KMS.3",),
    configured=configured_attribute(key_itself, {"deletion_window_in_days": _WINDOW}),
)
