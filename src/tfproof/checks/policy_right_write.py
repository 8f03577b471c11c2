"""What the bucket policy does with the writes that are right."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import ALGORITHM, KEY_ID, OUR_KEY, Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (
    Probe(
        "PutObject with aws:kms and the dedicated key", denied=False, context={ALGORITHM: "aws:kms", KEY_ID: OUR_KEY}
    ),
    Probe("PutObject with no encryption header", denied=False, unless="DenyMissingEncryptionHeader"),
    Probe("DeleteObject", denied=False, action="s3:DeleteObject"),
)

CHECK = Check(
    id="policy-right-write",
    section="bucket policy",
    title="Writes that end under the dedicated key are not denied",
    reason="A policy that denies what Terraform sends stops every run; one that denies a write without a header "
    "stops lock files in "
    "some versions (opentofu/opentofu#2970).",
    references=("opentofu/opentofu#2970",),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
