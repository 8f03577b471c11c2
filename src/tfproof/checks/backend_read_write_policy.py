"""The read-write policy, tried by real Terraform under enforcement."""

from __future__ import annotations

from tfproof.checks.check import Check

__all__ = ["CHECK", "OUTPUT"]

OUTPUT = "read_write_policy_json"
"""The output that holds the policy."""

CHECK = Check(
    id="backend-read-write-policy",
    section="backend",
    title="Whoever has the read-write policy can do everything that Terraform does with a backend",
    reason="Least privilege that breaks `workspace delete`, or leaves locks behind, is replaced by s3:* within a week.",
)
