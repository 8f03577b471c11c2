"""What the bucket policy does with outdated versions of TLS."""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import Probe, configured_policy, live_policy

__all__ = ["CHECK"]

_PROBES = (
    Probe("GetObject over TLS 1.1", denied=True, action="s3:GetObject", context={"s3:TlsVersion": "1.1"}),
    Probe(
        "ListBucket over TLS 1.1",
        denied=True,
        action="s3:ListBucket",
        on_object=False,
        context={"s3:TlsVersion": "1.1"},
    ),
    Probe("PutObject over TLS 1.0", denied=True, context={"s3:TlsVersion": "1.0"}),
    Probe("GetObject over TLS 1.2", denied=False, action="s3:GetObject", context={"s3:TlsVersion": "1.2"}),
)

CHECK = Check(
    id="policy-outdated-tls",
    section="bucket policy",
    title="TLS older than 1.2 is denied",
    reason="TLS 1.0 and 1.1 are broken; a client that still speaks them leaks the state as plain HTTP does, only "
    "slower.",
    references=("terraform-aws-modules/terraform-aws-s3-bucket: attach_require_latest_tls_policy",),
    configured=configured_policy(_PROBES),
    live=live_policy(_PROBES),
)
