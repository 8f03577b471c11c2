"""What the bucket policy does with a write that names another algorithm."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import ALGORITHM, KEY_ID, OUR_KEY, Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (
    Probe("PutObject with AES256", denied=True, context={ALGORITHM: "AES256"}),
    Probe("PutObject with aws:kms:dsse", denied=True, context={ALGORITHM: "aws:kms:dsse", KEY_ID: OUR_KEY}),
)

CHECK = Check(
    id="policy-encryption-algorithm",
    section="bucket policy",
    title="Writes that name an algorithm other than aws:kms are denied",
    reason="`encrypt = true` without kms_key_id sends AES256, which wins over the bucket's default without a word. "
    "Only a Deny makes "
    "that mistake loud.",
    references=("hashicorp/terraform#20369", "ministryofjustice/modernisation-platform#13379"),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
