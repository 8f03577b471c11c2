"""Rotation of the dedicated key."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, key_itself, live_value
from tfproof.checks.check import Check
from tfproof.checks.expectation import between, equals

__all__ = ["CHECK"]

_PERIOD = between(90, 2560)

CHECK = Check(
    id="key-rotation",
    section="key",
    title="The key is rotated",
    reason="Rotation bounds how much is lost with one generation of key material, and every audit asks for it.",
    references=("CIS 3.6", "FSBP KMS.4", "CKV_AWS_7", "AWS-0065"),
    configured=configured_attribute(
        key_itself, {"enable_key_rotation": equals(expected=True), "rotation_period_in_days": _PERIOD}
    ),
    live=live_value(
        key_itself,
        "GetKeyRotationStatus",
        {
            "KeyRotationEnabled": (
                lambda live: live.rotation.get("KeyRotationEnabled"),
                equals(expected=True),
                "enable_key_rotation",
            ),
            "RotationPeriodInDays": (
                lambda live: live.rotation.get("RotationPeriodInDays"),
                _PERIOD,
                "rotation_period_in_days",
            ),
        },
    ),
)
