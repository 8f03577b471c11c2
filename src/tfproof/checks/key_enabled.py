"""Whether the dedicated key can be used, and is one of ours."""

from __future__ import annotations

from tfproof.checks.attribute import configured_attribute, key_itself, live_value
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, equals

__all__ = ["CHECK"]

_ON = Expectation("true", lambda found: found is True or found is None)

CHECK = Check(
    id="key-enabled",
    section="key",
    title="The key is a customer managed key, enabled",
    reason="With a disabled key no state can be read or written; an AWS managed key has no policy of ours.",
    references=("CKV_AWS_227",),
    configured=configured_attribute(key_itself, {"is_enabled": _ON}),
    live=live_value(
        key_itself,
        "DescribeKey",
        {
            "KeyState": (lambda live: live.key.get("KeyState"), equals("Enabled"), "is_enabled"),
            "KeyManager": (lambda live: live.key.get("KeyManager"), equals("CUSTOMER"), ""),
        },
    ),
)
