"""Makes the commonest kind of check: one attribute has one value, planned, remembered and live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.expectation import Expectation, answer, missing, on_resource
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.terraform.resource import Resource

__all__ = ["bucket_itself", "configured_attribute", "key_itself", "live_value", "part_of_bucket", "table_itself"]

Selector = Callable[[Backend], tuple[list[Resource], Answer]]
"""Finds the resources to look at, and the answer to give when there are none."""


def part_of_bucket(resource_type: str) -> Selector:
    """The resources of a type that configure the state bucket."""

    def select(backend: Backend) -> tuple[list[Resource], Answer]:
        bucket = backend.bucket
        subject = bucket.address if bucket is not None else "the configuration"
        nothing = missing(f"{resource_type} for the state bucket", subject=subject, address=subject if bucket else "")
        return backend.bucket_parts(resource_type), nothing

    return select


def bucket_itself(backend: Backend) -> tuple[list[Resource], Answer]:
    """The state bucket."""
    return _one(backend.bucket, "aws_s3_bucket that is the state bucket")


def key_itself(backend: Backend) -> tuple[list[Resource], Answer]:
    """The dedicated key."""
    return _one(backend.key, "aws_kms_key that is the dedicated key")


def table_itself(backend: Backend) -> tuple[list[Resource], Answer]:
    """The lock table."""
    return _one(backend.table, "aws_dynamodb_table that is the lock table")


def _one(resource: Resource | None, what: str) -> tuple[list[Resource], Answer]:
    return ([resource] if resource is not None else []), missing(what, subject="the configuration")


def configured_attribute(select: Selector, paths: dict[str, Expectation]) -> Callable[[Backend], Iterator[Answer]]:
    """Answers on attributes of planned or remembered resources."""

    def configured(backend: Backend) -> Iterator[Answer]:
        resources, nothing = select(backend)
        if not resources:
            yield nothing
        for resource in resources:
            for path, expectation in paths.items():
                yield on_resource(expectation, resource, path)

    return configured


def live_value(
    select: Selector,
    call: str,
    values: dict[str, tuple[Callable[[LiveBackend], Any], Expectation, str]],
) -> Callable[[LiveBackend], Iterator[Answer]]:
    """Answers on values the target gave.

    Args:
        select: Finds the resource whose source is to blame when a value is wrong.
        call: The API call that was asked, for people.
        values: By name in the call's answer: how to read it, what is expected, and the attribute path to blame.
    """

    def live(backend: LiveBackend) -> Iterator[Answer]:
        resources, nothing = select(backend.state)
        address = resources[0].address if resources else nothing.address
        for name, (read, expectation, path) in values.items():
            found = read(backend)
            made = answer(expectation, found, subject=f"{call} {name}".strip(), path=path, address=address)
            yield made

    return live
