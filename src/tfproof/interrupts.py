"""Holds Ctrl-C back while something must not be torn apart.

Python delivers a signal between any two bytecodes of the main thread. A KeyboardInterrupt that arises after a process
has started and before anybody has kept it loses the process for good, and no order of statements closes that gap. So it
is not let arise: the signal is counted, and KeyboardInterrupt is raised where nothing can be lost.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

__all__ = ["Held", "interrupts", "raise_if_interrupted"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
"""SIGTERM only where somebody has made a KeyboardInterrupt of it: its default leaves no Python to clear up with."""
_GIVES_UP: Final = 3


class Held:
    """Holds Ctrl-C back within a `with` block, and raises KeyboardInterrupt when the block is left.

    The first Ctrl-C asks for an end in good order, the second for a quick one (`interrupts` says how many came), and
    the third is raised at once, wherever that is. Of nested blocks only the outermost raises. In other threads than the
    main one, which signals never reach, a block does nothing.

    Attributes:
        count: How many signals came within the block, when it is the outermost.

    Raises:
        KeyboardInterrupt: On leaving, when a signal came.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread() and _holder() is None:
            handlers = {number: signal.getsignal(number) for number in _SIGNALS}
            # What is ignored stays ignored, and what ends the process by default still does.
            self._before = {number: handler for number, handler in handlers.items() if callable(handler)}
            for number in self._before:
                signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # The one that is put back first may be raised at once: the other must be put back all the same.
        with contextlib.ExitStack() as every:
            for number, handler in self._before.items():
                every.callback(signal.signal, number, handler)
        if self.count and not isinstance(error, KeyboardInterrupt):
            # Whatever failed then, failed because it was told to end.
            raise KeyboardInterrupt from None

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count >= _GIVES_UP:
            raise KeyboardInterrupt


def interrupts() -> int:
    """How many times Ctrl-C has come since it is held back; 0 when it is not. For any thread."""
    holder = _holder()
    return holder.count if holder is not None else 0


def raise_if_interrupted() -> None:
    """Raises KeyboardInterrupt in the main thread when Ctrl-C has come and is held back: nothing can be lost here."""
    if interrupts() and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


def _holder() -> Held | None:
    # By either signal: in the background of a shell SIGINT is ignored, and SIGTERM is what asks for an end.
    owners = (getattr(signal.getsignal(number), "__self__", None) for number in _SIGNALS)
    return next((owner for owner in owners if isinstance(owner, Held)), None)
