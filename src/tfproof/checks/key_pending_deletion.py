"""Whether the dedicated key is about to be deleted."""

from __future__ import annotations

from tfproof.checks.attribute import key_itself, live_value
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation

__all__ = ["CHECK"]

_LEAVING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
_STAYS = Expectation("a key that stays", lambda found: isinstance(found, str) and found not in _LEAVING)

CHECK = Check(
    id="key-pending-deletion",
    section="key",
    title="The key that encrypts the states is not scheduled for deletion",
    reason="Once the waiting period is over, no state that was ever written can be read again. Terraform "
    "takes such a key for one that is gone and plans a new one: applying that abandons the key with every state under "
    "it.",
    remedy="Do not apply. `aws kms cancel-key-deletion --key-id ARN` (CancelKeyDeletion), then `aws kms enable-key "
    "--key-id ARN` (EnableKey); after that the plan is empty. CloudTrail says who called ScheduleKeyDeletion.",
    references=("https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",),
    live=live_value(
        key_itself,
        "DescribeKey",
        {"KeyState": (lambda live: live.key.get("KeyState"), _STAYS, "deletion_window_in_days")},
    ),
)
