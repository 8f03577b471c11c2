"""The outputs that name bucket and lock table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer, shown
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]


def _expected(backend: Backend) -> Iterator[tuple[str, str, Any]]:
    """Each output, the attribute that it repeats, and that attribute's value."""
    if backend.bucket is not None:
        for output, attribute in (("bucket_name", "bucket"), ("bucket_arn", "arn"), ("bucket_region", "region")):
            yield output, f"{backend.bucket.address}.{attribute}", backend.bucket.at(attribute, default=UNKNOWN)
    if backend.table is not None and backend.locks_in_table:
        for output, attribute in (("lock_table_name", "name"), ("lock_table_arn", "arn")):
            yield output, f"{backend.table.address}.{attribute}", backend.table.at(attribute, default=UNKNOWN)


def _configured(backend: Backend) -> Iterator[Answer]:
    for output, attribute, value in _expected(backend):
        if output not in backend.outputs:
            continue  # no promise of every backend; where it is given, it has to be true
        said = reveal(backend.outputs[output])
        address = backend.output_address(output)
        known = value is not UNKNOWN and said is not UNKNOWN
        expectation = Expectation(
            f"{attribute}, {shown(value)}",
            lambda found, value=value: bool(found == value),  # type: ignore[misc]
        )
        yield answer(expectation, said if known else UNKNOWN, subject=address, path="value", address=address)


CHECK = Check(
    id="output-names",
    section="outputs",
    title="The outputs name the bucket and the lock table that were made",
    reason="Backends, policies and monitoring are written with these outputs. One that names something else sends "
    "states, or access to them, elsewhere.",
    configured=_configured,
    applies=lambda backend: any(output in backend.outputs for output, _, _ in _expected(backend)),
)
