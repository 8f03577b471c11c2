"""ARNs of principals in the account that a target makes everything in, which is not the same at every target."""

from __future__ import annotations

from tfproof.targets.target import Target

__all__ = ["role_at", "user_at"]


def role_at(target: Target, name: str = "terraform") -> str:
    """ARN of a role."""
    return f"arn:aws:iam::{target.account_id}:role/{name}"


def user_at(target: Target, name: str = "terraform") -> str:
    """ARN of a user."""
    return f"arn:aws:iam::{target.account_id}:user/{name}"
