"""Ctrl-C held back: never lost, never in the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
from ctrl_c import at_each_line

from tfproof.interrupts import Held, interrupts, raise_if_interrupted

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


def held(*steps: Callable[[], object]) -> list[object]:
    """Takes steps with Ctrl-C held back, in a run that is interrupted; what the steps gave that were taken."""
    given: list[object] = []

    def take() -> None:
        with Held():
            given.extend(step() for step in steps)

    with pytest.raises(KeyboardInterrupt):
        take()
    return given


def ctrl_c() -> str:
    signal.raise_signal(signal.SIGINT)
    return "went on"


@pytest.fixture
def sigterm() -> Iterator[Callable[[Handler], object]]:
    """Sets the handler of SIGTERM for the test."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda handler: signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGTERM, before)


def test_ctrl_c_waits_for_the_end_of_the_block() -> None:
    assert held(ctrl_c, lambda: "after") == ["went on", "after"]


def test_without_one_nothing_is_raised_and_the_handler_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)

    with Held():
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_what_fails_because_it_was_told_to_end_is_an_interrupt() -> None:
    assert held(ctrl_c, lambda: 1 // 0) == ["went on"]


def test_what_fails_by_itself_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), Held():
        1 // 0  # noqa: B018  # what is raised is the point


def test_only_the_outermost_block_raises() -> None:
    def inner() -> str:
        with Held():
            ctrl_c()
        return "between"

    assert held(inner, lambda: "after") == ["between", "after"]


def test_it_can_be_raised_where_nothing_can_be_lost() -> None:
    def look() -> int:
        raise_if_interrupted()
        return interrupts()

    assert held(look, ctrl_c, interrupts, look, lambda: "never") == [0, "went on", 1]
    assert look() == 0


def test_third_ctrl_c_is_raised_at_once() -> None:
    assert held(ctrl_c, ctrl_c, interrupts, ctrl_c, lambda: "never") == ["went on", "went on", 2]


def test_other_threads_see_it_and_are_not_touched() -> None:
    seen: list[int] = []

    def work() -> None:
        with Held():
            raise_if_interrupted()
            seen.append(interrupts())

    def beside() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    held(ctrl_c, beside)

    assert seen == [1]


def test_sigterm_is_held_where_it_is_a_keyboard_interrupt(sigterm: Callable[[Handler], object]) -> None:
    sigterm(signal.default_int_handler)

    assert held(lambda: signal.raise_signal(signal.SIGTERM), lambda: "after") == [None, "after"]


def test_both_handlers_are_put_back_at_whatever_line_ctrl_c_comes(sigterm: Callable[[Handler], object]) -> None:
    sigterm(signal.default_int_handler)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def hold() -> None:
        with Held():
            pass

    places = []
    for place in at_each_line(hold, "/interrupts.py"):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before, place
        places.append(place)

    assert {"__exit__)", "__enter__)"} <= {place.rpartition("(")[2] for place in places}


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN])
def test_signals_that_never_reach_python_are_left_alone(
    sigterm: Callable[[Handler], object], handler: signal.Handlers
) -> None:
    sigterm(handler)

    with Held():
        assert signal.getsignal(signal.SIGTERM) is handler


def test_in_the_background_of_a_shell_sigterm_is_heard_where_ctrl_c_is_ignored(
    sigterm: Callable[[Handler], object],
) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def told_to_end() -> str:
        signal.raise_signal(signal.SIGTERM)
        return f"{interrupts()} came"

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    sigterm(stop)
    try:
        assert held(told_to_end, raise_if_interrupted, lambda: "went on") == ["1 came"]
    finally:
        signal.signal(signal.SIGINT, before)
