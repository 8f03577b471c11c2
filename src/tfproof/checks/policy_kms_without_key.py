"""What the bucket policy does with a write that asks for KMS and names no key."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import ALGORITHM, Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (Probe("PutObject with aws:kms and no key", denied=True, context={ALGORITHM: "aws:kms"}),)

CHECK = Check(
    id="policy-kms-without-key",
    section="bucket policy",
    title="Writes that ask for aws:kms without naming a key are denied",
    reason="AWS's documents disagree which key such a write gets: the bucket's or the account's aws/s3. Denied, it "
    "is neither.",
    references=("S3 API: PutObject, SSEKMSKeyId", "S3 User Guide: UsingKMSEncryption, bucket-encryption"),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
