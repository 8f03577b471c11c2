"""Who calls: the access key of a request names a principal. Signatures are not verified; the key is believed."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

from tfproof.gateway.recognition.operation import Operation
from tfproof.iam.arn import caller_kind

__all__ = ["Principal", "Principals"]

_LEARNED: Final = frozenset({"AssumeRole", "CreateAccessKey"})
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller.

    Attributes:
        access_key: Access key id.
        arn: Of the user, of the role, or of the role's session.
        enforced: Whether policies decide on its calls even where the gateway as a whole only records.
        policies: Its identity policies; None reads them from the target's IAM.
        boundary: Its permissions boundary, beside `policies`.
        session: Session policies, which only narrow.
        administrator: Whether it is never refused anything: the run itself, which makes and destroys.
    """

    access_key: str
    arn: str
    enforced: bool = False
    policies: tuple[str, ...] | None = None
    boundary: str | None = None
    session: tuple[str, ...] | None = None
    administrator: bool = False


class Principals:
    """The callers the gateway knows: registered, or learned from the answers of STS and IAM that pass through it."""

    def __init__(self) -> None:
        self._known: dict[str, Principal] = {}
        self._lock = threading.Lock()

    def register(self, principal: Principal) -> None:
        """Takes a caller in; one of the same access key is replaced."""
        with self._lock:
            self._known[principal.access_key] = principal

    def find(self, access_key: str) -> Principal | None:
        """The caller of an access key, None for one that was never seen."""
        return self._known.get(access_key)

    def learns_from(self, operation: Operation) -> bool:
        """Whether the answer to an operation names a new access key."""
        return operation.name in _LEARNED and operation.service in ("sts", "iam")

    def learn(self, operation: Operation, answer: bytes, account_id: str) -> None:
        """Takes in the access key that an answer of AssumeRole or CreateAccessKey names.

        Args:
            operation: What was asked.
            answer: The body of the answer, which went well.
            account_id: Account of the target.
        """
        try:
            document = ET.fromstring(answer)  # noqa: S314  # the emulator's own answer
        except ET.ParseError:
            return
        found = {_NAMESPACE.sub("", node.tag): node.text or "" for node in document.iter()}
        access_key = found.get("AccessKeyId", "")
        if not access_key:
            return
        if operation.name == "CreateAccessKey":
            arn = f"arn:aws:iam::{account_id}:user/{found.get('UserName', '')}"
            self.register(Principal(access_key, arn))
            return
        arn = found.get("Arn", "")
        if caller_kind(arn) == "assumed-role":
            policy: Any = operation.parameters.get("Policy")
            self.register(Principal(access_key, arn, session=(str(policy),) if policy else None))
