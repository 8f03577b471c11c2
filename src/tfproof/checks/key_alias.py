"""The alias of the dedicated key."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, missing, on_resource
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]


def _configured(backend: Backend) -> Iterator[Answer]:
    aliases = backend.all_of("aws_kms_alias")
    if not aliases:
        yield missing("aws_kms_alias", subject="the configuration")
    key_id = backend.key.at("key_id", default=None) if backend.key is not None else None
    arn = backend.key.at("arn", default=None) if backend.key is not None else None
    ours = Expectation("the dedicated key", lambda found: found in (key_id, arn))
    if key_id is UNKNOWN or arn is UNKNOWN:
        # Which alias leads to which key is decided after apply.
        yield from (answer(ours, UNKNOWN, subject=alias.address, path="target_key_id") for alias in aliases)
        return
    leading = [alias for alias in aliases if reveal(alias.at("target_key_id", default=None)) in (key_id, arn)]
    for alias in leading or aliases[:1]:
        yield on_resource(ours, alias, "target_key_id")


def _live(live: LiveBackend) -> Iterator[Answer]:
    aliases = live.state.all_of("aws_kms_alias")
    named = reveal(live.state.outputs.get("kms_key_alias"))
    # Without such an output it is enough that one of the aliases leads there.
    names = [named] if named else [reveal(alias.at("name", default=None)) for alias in aliases]
    yield answer(
        Expectation(f"{' or '.join(map(repr, names))} among them", lambda found: bool(set(names) & set(found))),
        live.key_aliases,
        subject="ListAliases of the dedicated key",
        path="target_key_id",
        address=aliases[0].address if aliases else "",
    )


def _is_named(backend: Backend) -> bool:
    return "kms_key_alias" in backend.outputs or bool(backend.all_of("aws_kms_alias"))


CHECK = Check(
    id="key-alias",
    section="key",
    title="The alias leads to the dedicated key",
    reason="People find a key by its alias; one that leads elsewhere makes them change, or delete, the wrong key.",
    configured=_configured,
    live=_live,
    applies=_is_named,
)
