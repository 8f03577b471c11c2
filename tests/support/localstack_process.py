"""A real LocalStack for a test, apart from the one of the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfproof.targets.localstack.host import LocalStackHost
from tfproof.targets.localstack.installation import ensure_installation

__all__ = ["serving_localstack"]


@contextmanager
def serving_localstack(folder: Path, *, port: int = 0) -> Iterator[LocalStackHost]:
    """A LocalStack that is ready, and gone afterwards."""
    with LocalStackHost(ensure_installation(), folder, port=port) as host:
        host.wait()
        yield host
