"""A module that comes to rest: planned again, it changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tfproof.proof.fixtures import SecondPlan


@pytest.mark.parametrize("refresh", [True, False], ids=["refreshed", "not refreshed"])
def test_second_plan_is_empty(refresh: bool, replan: Callable[..., SecondPlan]) -> None:  # noqa: FBT001  # a parameter
    """Whether or not the target is asked first."""
    assert replan(refresh=refresh).is_empty
