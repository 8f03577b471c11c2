"""What the bucket policy does with requests that are not encrypted on the way."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (
    Probe("GetObject over plain HTTP", denied=True, action="s3:GetObject", context={"aws:SecureTransport": "false"}),
    Probe("PutObject over plain HTTP", denied=True, context={"aws:SecureTransport": "false"}),
    Probe(
        "ListBucket over plain HTTP",
        denied=True,
        action="s3:ListBucket",
        on_object=False,
        context={"aws:SecureTransport": "false"},
    ),
    Probe("GetObject over TLS 1.3", denied=False, action="s3:GetObject"),
    Probe("ListBucket over TLS 1.3", denied=False, action="s3:ListBucket", on_object=False),
)

CHECK = Check(
    id="policy-insecure-transport",
    section="bucket policy",
    title="Requests without TLS are denied",
    reason="State and credentials in clear on the network can be read by everyone on the way.",
    references=("CIS 2.1.1", "FSBP S3.5", "CKV_AWS_379"),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
