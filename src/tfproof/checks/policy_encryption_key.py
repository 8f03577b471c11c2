"""What the bucket policy does with a write that names another key."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import ALGORITHM, KEY_ID, OTHER_KEY, Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (
    Probe("PutObject with aws:kms and another key", denied=True, context={ALGORITHM: "aws:kms", KEY_ID: OTHER_KEY}),
    Probe("PutObject with another key alone", denied=True, context={KEY_ID: OTHER_KEY}),
)

CHECK = Check(
    id="policy-encryption-key",
    section="bucket policy",
    title="Writes that name another key are denied",
    reason="A state under another key is readable for that key's users, and gone for ours when that key goes.",
    references=("cloudposse/terraform-aws-tfstate-backend#188",),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
