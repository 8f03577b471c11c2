"""The module in each lock mode, as stacks that all tests share: equal stacks are applied once."""

from __future__ import annotations

from typing import Any, Final

import pytest

__all__ = ["MODES", "PREFIX", "in_mode"]


def _variables(mode: str) -> dict[str, Any]:
    # Without the lifecycle, which grants nobody anything and takes a minute.
    name = f"tfproof-{mode}-{{run}}"
    variables: dict[str, Any] = {"bucket_name": name, "lock_mode": mode, "lifecycle_enabled": False}
    return variables if mode == "s3" else {**variables, "lock_table_name": f"locks-{mode}"}


def in_mode(mode: str) -> pytest.MarkDecorator:
    """Marks a test as one about the module in this lock mode."""
    return pytest.mark.stack("modules/state-backend", _variables(mode))


MODES: Final = {mode: pytest.param(mode, marks=in_mode(mode)) for mode in ("dynamodb", "s3", "both")}
"""The lock mode as a parameter, with its stack."""

PREFIX: Final = pytest.mark.stack(
    "modules/state-backend",
    {
        "bucket_name": "tfproof-prefix-{run}",
        "lock_mode": "both",
        "lifecycle_enabled": False,
        "state_key": "team-a/terraform.tfstate",
        "state_key_prefix": "team-a/",
    },
)
"""The module for the states of one team only."""
