"""One AWS call that the gateway saw."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tfproof.gateway.needs.need import Basis, Need

__all__ = ["Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS request, or one call that a service makes in the caller's name because of it.

    Attributes:
        number: Its place in the log, from 1.
        time: When its head had come, in seconds since the epoch.
        seconds: Until the head of the answer was there.
        principal: ARN of the caller; `""` when its access key names nobody.
        access_key: Access key id it was signed with.
        service: `s3`, `dynamodb`, `kms`, `sts`, `iam`, or what the signature says.
        operation: AWS's name of the operation; `""` when it could not be named.
        needs: The IAM actions it takes, each with resource, condition keys and how that is known.
        status: HTTP status of the answer; 0 for an implied call, which has none of its own.
        error_code: AWS's error code, `""` when it went well.
        bytes_in: Of the request's body; None when it was not to be known.
        bytes_out: Of the answer's body; None when it was not to be known.
        decision: What enforcement said: `allowed`, `explicitDeny`, `implicitDeny`; `""` when nothing was enforced.
        reason: Why, when it was refused; or why the operation could not be named.
        implied: Whether a service makes it in the caller's name; it was not on the wire.
        caused_by: Number of the call that implies it; 0 for one that was on the wire.
        user_agent: Who says to have sent it.
        region: Region it was signed for.
        secure: Whether it came by TLS, or counts as if it had.
    """

    number: int
    time: float
    seconds: float
    principal: str
    access_key: str
    service: str
    operation: str
    needs: tuple[Need, ...] = field(default_factory=tuple)
    status: int = 0
    error_code: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    decision: str = ""
    reason: str = ""
    implied: bool = False
    caused_by: int = 0
    user_agent: str = ""
    region: str = ""
    secure: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the IAM actions it takes."""
        return tuple(need.action for need in self.needs)

    @property
    def is_refused(self) -> bool:
        """Whether enforcement refused it."""
        return self.decision in ("explicitDeny", "implicitDeny")

    @property
    def is_unknown(self) -> bool:
        """Whether its operation could not be named."""
        return not self.operation

    def __str__(self) -> str:
        answer = "implied" if self.implied else f"{self.status} {self.error_code}".strip()
        return f"{self.service}:{self.operation or 'unknown operation'} {answer}"

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Call:
        """The call of a line that `to_json` wrote.

        Raises:
            ValueError: It is not such a line.
        """
        fields: dict[str, Any] = json.loads(text)
        try:
            needs = tuple(Need(**{**need, "basis": Basis(need["basis"])}) for need in fields.pop("needs"))
            return cls(needs=needs, **fields)
        except (TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"not a call: {error}") from error
