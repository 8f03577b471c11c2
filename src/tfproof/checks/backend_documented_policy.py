"""The documented policy, tried by real Terraform under enforcement."""

from __future__ import annotations

from tfproof.checks.check import Check

__all__ = ["CHECK", "OUTPUT"]

OUTPUT = "documented_policy_json"
"""The output that holds the policy."""

CHECK = Check(
    id="backend-documented-policy",
    section="backend",
    title="Whoever has the documented policy can run Terraform on the backend, and leaves no lock behind",
    reason="A missing permission shows at the worst time: when a state cannot be saved, or a lock not released.",
)
