"""The calls of a run, and what they say: operations, actions, and the policy that would have been enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from tfproof.gateway.call import Call
from tfproof.gateway.minimal_policy import minimal_policy
from tfproof.gateway.needs.need import Basis

__all__ = ["CallLog"]


class CallLog(Sequence[Call]):
    """Calls in the order they were answered; implied ones follow what implies them.

    Args:
        calls: The calls.
    """

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self._calls = list(calls)

    @classmethod
    def read(cls, file: Path) -> CallLog:
        """The log in a file of JSON lines.

        Raises:
            ValueError: A line is no call.
        """
        with file.open(encoding="utf-8") as lines:
            return cls(Call.from_json(line) for line in lines if line.strip())

    def write(self, file: Path) -> None:
        """Writes the log as JSON lines."""
        file.write_text("".join(f"{call.to_json()}\n" for call in self), encoding="utf-8")

    def extend(self, calls: Iterable[Call]) -> None:
        """Takes more calls in."""
        self._calls.extend(calls)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> CallLog: ...
    def __getitem__(self, index: int | slice) -> Call | CallLog:
        """A call by its place, or a part of the log."""
        return CallLog(self._calls[index]) if isinstance(index, slice) else self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __repr__(self) -> str:
        return f"<CallLog: {len(self)} calls>"

    # -- parts of it ------------------------------------------------------------------------------------------------

    def where(self, keep: Callable[[Call], bool]) -> CallLog:
        """The calls that a test keeps."""
        return CallLog(call for call in self if keep(call))

    def of(self, access_key: str) -> CallLog:
        """The calls of one caller."""
        return self.where(lambda call: call.access_key == access_key)

    @property
    def observed(self) -> CallLog:
        """What was on the wire."""
        return self.where(lambda call: not call.implied)

    @property
    def implied(self) -> CallLog:
        """What services did in the callers' names."""
        return self.where(lambda call: call.implied)

    @property
    def refused(self) -> CallLog:
        """What enforcement refused."""
        return self.where(lambda call: call.is_refused)

    @property
    def unknown(self) -> CallLog:
        """What could not be named."""
        return self.where(lambda call: call.is_unknown)

    # -- what it says -----------------------------------------------------------------------------------------------

    @property
    def operations(self) -> Counter[str]:
        """How often each operation was called: `{"s3:PutObject": 2}`; implied ones too."""
        return Counter(f"{call.service}:{call.operation or 'unknown'}" for call in self)

    @property
    def actions(self) -> dict[str, Basis]:
        """Every IAM action that was needed, with the best that is known of it: observed before modelled."""
        order = list(Basis)
        found: dict[str, Basis] = {}
        for call in self:
            for need in call.needs:
                known = found.get(need.action, need.basis)
                found[need.action] = min(known, need.basis, key=order.index)
        return dict(sorted(found.items()))

    def minimal_policy(self, *, unsettled: bool = True) -> dict[str, Any]:
        """The least-privilege policy for what was seen; see `minimal_policy`."""
        return minimal_policy(self, unsettled=unsettled)
