"""Ctrl-C at one line after the other of what is run, so that a gap cannot hide behind luck."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

__all__ = ["at_each_line"]

_LIMIT: Final = 3000
_SKIPPED: Final = frozenset({"_remaining_time", "_try_wait", "_wait"})
"""Loops of the standard library, which go round for as long as it takes; whoever calls them is looked at."""


def at_each_line(act: Callable[[], object], *files: str) -> Iterator[str]:
    """Runs something again and again, each time with a Ctrl-C one line later, until it is over before it comes.

    Args:
        act: What is run, in the main thread.
        files: Ends of the names of the files whose lines count.

    Yields:
        After each run, where the Ctrl-C came.
    """
    for number in range(_LIMIT):
        place = _run(act, number, files)
        if place is None:
            return
        yield place
    raise AssertionError(f"still not over after {_LIMIT} lines")


def _run(act: Callable[[], object], number: int, files: tuple[str, ...]) -> str | None:
    left = number
    place: str | None = None

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left, place
        if not frame.f_code.co_filename.endswith(files) or frame.f_code.co_name in _SKIPPED or _in_destructor(frame):
            return None
        if event == "line" and place is None:
            left -= 1
            if left < 0:
                place = f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return place


def _in_destructor(frame: FrameType) -> bool:
    """Whether it is part of one: what a destructor raises, Python swallows, and nothing of ours relies on one."""
    names = (frame.f_code.co_name, frame.f_back.f_code.co_name if frame.f_back is not None else "")
    return "__del__" in names
