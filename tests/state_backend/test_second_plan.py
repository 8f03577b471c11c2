"""The module comes to rest: planning it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from tfproof.proof.fixtures import SecondPlan


def test_configuration_alone_plans_no_change(replan: Callable[..., SecondPlan]) -> None:
    assert replan(refresh=False).is_empty


def test_what_the_target_says_plans_no_change(replan: Callable[..., SecondPlan]) -> None:
    assert replan().is_empty
