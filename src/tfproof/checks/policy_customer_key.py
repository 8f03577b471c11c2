"""What the bucket policy does with a write under a key that only the writer has."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import CUSTOMER_ALGORITHM, Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (Probe("PutObject with SSE-C", denied=True, context={CUSTOMER_ALGORITHM: "AES256"}),)

CHECK = Check(
    id="policy-customer-key",
    section="bucket policy",
    title="Writes under a customer-provided key (SSE-C) are denied",
    reason="Such a state can be read only by whoever has that key at hand: a blackmailer's favourite way to take a "
    "bucket.",
    references=("terraform-aws-modules/terraform-aws-s3-bucket: blocked_encryption_types",),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
