"""Which values of a state may be secret: what passes a cheap filter, each value once, with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["MAY_BE_SECRET", "Candidate", "SecretValues", "is_secret_name"]

MAY_BE_SECRET: Final = re.compile(
    r"""
      A(?: KIA | SIA | BIA | CCA | 3T[A-Z0-9] | KC[a-zA-Z0-9]{10} | P[0-9A-F][a-zA-Z0-9]{8} | C[a-z0-9]{32}
         | ccountKey= )
    | :// (?: [^:/?#\[\]@!$&'()*+,;=\s]+ : [^:/?#\[\]@!$&'()*+,;=\s]+ @ | api\.softlayer | hooks\.slack )
    | (?i: https?://[\w-]+: [0-9a-z]{24,64} @ [\w-]+\.cloudant | https?://api.softlayer | https://hooks\.slack )
    | [MNO][a-zA-Z\d_-]{23,25}\.[a-zA-Z\d_-]{6}\.
    | g (?: h[pousr]_ | l (?: pat | dt | ft | soat | rt | cbt | imt | ptt | agent | oas )- )
    | GR1348941
    | eyJ[A-Za-z0-9-_=]+\.
    | [0-9a-z]{32}-us[0-9]
    | :_authToken=
    | sk-[A-Za-z0-9-_]*T3BlbkFJ
    | BEGIN\ [A-Z0-9 ]*PRIVATE\ KEY | PuTTY-User-Key-File-2
    | pypi-AgE
    | SG\.[a-zA-Z0-9_-]{22}\.
    | (?i: xox[abposr]- )
    | sq0csp-
    | [rs]k_live_
    | [0-9]{8}:[0-9A-Za-z_-]{35}
    | SK[a-z0-9]{32}
    | ['"] [0-9a-zA-Z/+]{40} \\? ['"]
    | (?i: (?: key | pwd | pw | password | pass | token ) \\? ["']? \]? \s* (?: = | : | \s ) )
    """,
    re.VERBOSE,
)
"""What a value has that any pattern of the detector matches, and few other values. Wider than the patterns, never
narrower: tests/audit/test_secrets.py makes values from the detector's own patterns. It also holds on a value as JSON
writes it, with quotes escaped."""

_NAME: Final = (
    r"(?:password|passwd|passphrase|secret|secret_string|secret_key|secret_access_key|secret_binary|token|api_?key|"
    r"private_key|private_key_pem|private_key_openssh|client_secret|connection_string|auth_token|sas_token)"
)
_SECRET_NAME: Final = re.compile(rf"(?:.*[_-])?{_NAME}", re.IGNORECASE)
_IDENTITIES: Final = frozenset({"aws_caller_identity", "aws_iam_session_context"})
"""Say who called: the id of a user or key, which opens nothing, looks like half a credential."""
_SHORTEST: Final = 4
_PLACES: Final = 3
_DEEPEST: Final = 200


def is_secret_name(name: str) -> bool:
    """Whether an attribute of this name holds a secret: `master_password` does, `password_length` does not."""
    return _SECRET_NAME.fullmatch(name) is not None


@dataclass(slots=True)
class Candidate:
    """A value that may be secret.

    Attributes:
        by_name: Whether the attribute's name says so.
        marked: Whether every place of it is marked sensitive.
        count: In how many places it stands.
        places: The first of them that are not marked, else the first: address and attribute path.
    """

    by_name: bool = False
    marked: bool = True
    count: int = 0
    places: list[tuple[str, str]] = field(default_factory=list)


class SecretValues:
    """Collects values that may be secret: few of many, each distinct one once.

    Attributes:
        seen: How many texts were looked at.
        found: What passed, by value.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.found: dict[str, Candidate] = {}

    def add(self, address: str, value: Any, *, marked: bool) -> None:
        """Takes all texts in a value in, such as that of an output."""
        for path, text in texts(value, ""):
            self._look(address, path, text, marked=marked)

    def add_attributes(self, address: str, resource_type: str, attributes: dict[str, Any], marks: Any) -> None:
        """Takes all texts in the attributes of an instance in.

        Args:
            address: Full address of the instance.
            resource_type: Its type.
            attributes: Its attributes as the state has them.
            marks: Its `sensitive_attributes`.
        """
        if resource_type in _IDENTITIES:
            return
        for path, text in texts(attributes, ""):
            self.seen += 1
            if MAY_BE_SECRET.search(text) or (len(text) >= _SHORTEST and _SECRET_NAME.fullmatch(_last(path))):
                self._keep(address, path, text, marked=_is_marked(path, marks))

    def _look(self, address: str, path: str, text: str, *, marked: bool) -> None:
        self.seen += 1
        name = _last(path) or address.rpartition(".")[2]
        if MAY_BE_SECRET.search(text) or (len(text) >= _SHORTEST and _SECRET_NAME.fullmatch(name)):
            self._keep(address, path, text, marked=marked)

    def _keep(self, address: str, path: str, text: str, *, marked: bool) -> None:
        candidate = self.found.setdefault(text, Candidate())
        name = _last(path) or address.rpartition(".")[2]
        candidate.by_name |= is_secret_name(name) and len(text) >= _SHORTEST
        candidate.count += 1
        if candidate.marked and not marked:
            candidate.marked = False
            candidate.places.clear()
        if marked == candidate.marked and len(candidate.places) < _PLACES:
            candidate.places.append((address, path))


def texts(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in a value, with its attribute path."""
    if isinstance(value, str):
        yield path, value
    elif depth > _DEEPEST:
        return
    elif isinstance(value, dict):
        for name, item in value.items():
            if item is not None and item.__class__ is not bool:
                yield from texts(item, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]", depth + 1)


def _last(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0]


def _is_marked(path: str, marks: Any) -> bool:
    if not isinstance(marks, list) or not marks:
        return False
    for mark in marks:
        marked = ""
        for step in mark if isinstance(mark, list) else ():
            inner = step.get("value") if isinstance(step, dict) else None
            inner = inner.get("value") if isinstance(inner, dict) else inner
            if isinstance(inner, str):
                marked += f".{inner}" if marked else inner
            elif isinstance(inner, int):
                marked += f"[{inner}]"
        if marked and (path == marked or path.startswith((f"{marked}.", f"{marked}["))):
            return True
    return False
