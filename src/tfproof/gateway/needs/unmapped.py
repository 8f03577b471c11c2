"""The error of a request whose IAM actions are not known."""

from __future__ import annotations

from tfproof.errors import TfproofError

__all__ = ["UnmappedOperation"]


class UnmappedOperation(TfproofError):
    """What a request needs to be allowed is not known, so it can be neither allowed nor refused by policies.

    There is no default on purpose: a request that nobody mapped must stop the run, not slip through.

    Args:
        service: The operation's service, `s3`.
        name: The operation's name, `""` when not even that is known.
        reason: What is missing.
    """

    def __init__(self, service: str, name: str, reason: str) -> None:
        super().__init__(
            f"{service}:{name or '(unknown operation)'} has no known IAM actions: {reason}",
            remedy="map it in tfproof.gateway, or do not enforce permissions for this command",
        )
        self.service = service
        self.name = name
        self.reason = reason
