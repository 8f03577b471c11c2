"""Whether the bucket policy lets everybody in.

What must never be allowed is asked for by fixed probes, whatever the policy says; what the policy's own statements
allow everybody is asked for by requests made from them.
"""

from __future__ import annotations

from tfproof.checks.check import Check
from tfproof.checks.policy_probe import Probe, configured_policy, live_policy
from tfproof.checks.public_statements import public_statements

__all__ = ["CHECK"]

_PROBES = tuple(
    Probe(f"{action.partition(':')[2]} by anybody", denied=True, action=action, on_object=on_object, stranger=True)
    for action, on_object in (
        ("s3:GetObject", True),
        ("s3:PutObject", True),
        ("s3:DeleteObject", True),
        ("s3:ListBucket", False),
        ("s3:PutBucketPolicy", False),
    )
)

CHECK = Check(
    id="policy-not-public",
    section="bucket policy",
    title="The bucket policy lets nobody in who is not named",
    reason="A statement for everybody opens every state with its secrets. AWS refuses such a policy while public "
    "access is blocked, an emulator does not: the module would pass here and fail there.",
    references=("FSBP S3.2", "FSBP S3.3", "CKV_AWS_70"),
    configured=configured_policy(_PROBES, public_statements),
    live=live_policy(_PROBES, public_statements),
)
