"""`terraform destroy` is refused while the backend is in use."""

from __future__ import annotations

from collections.abc import Iterator

from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.terraform.errors import TerraformError

__all__ = ["CHECK", "judge"]

CHECK = Check(
    id="destroy-refused",
    section="terraform",
    title="`terraform destroy` is refused while states exist, and costs no state",
    reason="A destroy in the wrong folder is the quickest way to lose every state. What protects against it must hold "
    "against Terraform itself, and a refused destroy must leave states, versions and key as they were.",
)

_REFUSED = Expectation("exit code 1, refused by the table's protection or the bucket's versions", bool)
_KEPT = Expectation("all versions of the state, as before", bool)
_ENABLED = Expectation('"Enabled"', lambda found: found == "Enabled")
_PROTECTIONS = ("DeletionProtection", "deletion protection", "protected against deletion", "BucketNotEmpty")


def judge(
    error: TerraformError | None, live: LiveBackend, versions_before: int, versions_after: int
) -> Iterator[Answer]:
    """Answers on a destroy that was tried while protection was on and versions existed.

    Args:
        error: What Terraform said, None when it went through.
        live: The backend, read after the try.
        versions_before: Object versions there were before it.
        versions_after: Object versions there are now.
    """
    state = live.state
    bucket = state.bucket.address if state.bucket is not None else ""
    table = state.table.address if state.table is not None else bucket
    said = " ".join(f"{item.summary} {item.detail}" for item in error.diagnostics) if error is not None else ""
    refused = any(protection in said for protection in _PROTECTIONS)
    found = ("refused: " + said[:200]) if error is not None else "everything was destroyed"
    path = "deletion_protection_enabled" if state.locks_in_table else "force_destroy"
    blamed = table if state.locks_in_table else bucket
    yield answer(_as(refused, _REFUSED), found, subject="terraform destroy", path=path, address=blamed)
    kept = versions_after >= versions_before > 0
    yield answer(
        _as(kept, _KEPT),
        f"{versions_after} of {versions_before} versions",
        subject="the bucket after the refused destroy",
        path="force_destroy",
        address=bucket,
    )
    key = state.key.address if state.key is not None else ""
    yield answer(_ENABLED, live.key.get("KeyState"), subject="the key after the refused destroy", address=key)


def _as(passed: bool, expectation: Expectation) -> Expectation:  # noqa: FBT001  # a verdict that is known already
    return Expectation(expectation.text, lambda found: passed and found is not None)
