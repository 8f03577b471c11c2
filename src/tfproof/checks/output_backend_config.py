"""The output `backend_config`."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, equals, missing
from tfproof.checks.finding import Answer
from tfproof.checks.same_key import expected_key, same_key
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK"]

_OUTPUT = "backend_config"
_LOCKS = Expectation(
    "dynamodb_table, or use_lockfile = true, or both",
    lambda config: bool(config.get("dynamodb_table")) or config.get("use_lockfile") is True,
)
_NAMED = Expectation("the name of the state's object", lambda found: isinstance(found, str) and bool(found))


def _configured(backend: Backend) -> Iterator[Answer]:
    output = backend.output_address(_OUTPUT)
    config = backend.outputs.get("backend_config")
    if config is UNKNOWN:
        yield answer(_NAMED, UNKNOWN, subject=output, address=output)
        return
    config = config if isinstance(config, dict) else reveal(config)
    if not isinstance(config, dict):
        name = f"output {backend.output_name(_OUTPUT)}"
        yield missing(name, subject=output, address=output, expected=f"an {name}, an object")
        return
    bucket = backend.bucket.at("bucket", default=None) if backend.bucket is not None else None
    expectations = {
        "bucket": Expectation("the name of the state bucket", lambda found: bucket is UNKNOWN or found == bucket),
        "key": _NAMED,
        "region": Expectation("a region", lambda found: isinstance(found, str) and bool(found)),
        "encrypt": equals(expected=True),
        "kms_key_id": same_key(expected_key(backend)),
    }
    for name, expectation in expectations.items():
        yield answer(expectation, config.get(name), subject=output, path=f"value.{name}", address=output)
    locks = {name: config.get(name) for name in ("dynamodb_table", "use_lockfile") if name in config}
    found = UNKNOWN if any(value is UNKNOWN for value in locks.values()) else locks
    yield answer(_LOCKS, found, subject=output, path="value.dynamodb_table", address=output)
    if backend.locks_in_table:
        table = backend.table.at("name", default=None) if backend.table is not None else None
        named = Expectation(
            "the name of the lock table", lambda name: table is UNKNOWN or (name == table and bool(name))
        )
        yield answer(named, config.get("dynamodb_table"), subject=output, path="value.dynamodb_table", address=output)


CHECK = Check(
    id="output-backend-config",
    section="outputs",
    title="backend_config makes Terraform encrypt with the dedicated key, and lock",
    reason="`encrypt = true` without kms_key_id makes Terraform ask for AES256, over the bucket's own default: every "
    "state is then written without the key, and nothing says so.",
    references=("hashicorp/terraform#20369", "cloudposse/terraform-aws-tfstate-backend#188"),
    configured=_configured,
)
