"""What several test files of the audit share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_live_backend import Small, make_small, set_default

from tfproof.targets.embedded import EmbeddedTarget


@pytest.fixture(scope="module")
def small_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with EmbeddedTarget(tmp_path_factory.mktemp("small") / "target.log") as target:
        yield make_small(target)


@pytest.fixture
def small(small_made: Small) -> Small:
    """The same with its default key by ARN, whatever the test before did."""
    set_default(small_made, small_made.key)
    return small_made
