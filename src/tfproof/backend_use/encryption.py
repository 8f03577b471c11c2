"""What Terraform's states are really encrypted with, by the backend's encryption settings."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tfproof.backend_use.place import ObjectVersion
from tfproof.backend_use.trial import Bench, Caller
from tfproof.gateway.call import Call
from tfproof.gateway.call_log import CallLog

__all__ = ["ENCRYPTION_SETTINGS", "WrittenState", "with_encryption", "write_state"]

ENCRYPTION_SETTINGS: Final = ("encrypt and kms_key_id", "neither", "encrypt alone")
"""Ways to set a backend's encryption; `encrypt = true` alone makes Terraform ask for AES256, over any default."""

_HEADER: Final = "s3:x-amz-server-side-encryption"
_KEY_HEADER: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@dataclass(frozen=True)
class WrittenState:
    """A state that Terraform wrote, or was refused to write.

    Attributes:
        setting: One of `ENCRYPTION_SETTINGS`.
        caller: ARN of who wrote.
        bucket: Name of the bucket.
        versions: Every version of state and lock file that came to be.
        calls: The calls of init and apply.
        exit_code: Of `terraform apply`, or of init when that failed.
        message: What Terraform said of a failure.
    """

    setting: str
    caller: str
    bucket: str
    versions: tuple[ObjectVersion, ...]
    calls: CallLog
    exit_code: int
    message: str

    @property
    def write(self) -> Call | None:
        """The PutObject of the state, or of the lock file when that was refused already."""
        writes = [call for call in self.calls.observed if call.operation == "PutObject"]
        return writes[-1] if writes else None

    @property
    def header(self) -> str:
        """The encryption that the write asked for: `aws:kms arn:...`, `AES256`, `none`."""
        context = self.write.needs[0].context if self.write is not None and self.write.needs else {}
        return " ".join(str(context[name]) for name in (_HEADER, _KEY_HEADER) if name in context) or "none"

    @property
    def is_refused(self) -> bool:
        """Whether a write was refused."""
        return any(call.operation == "PutObject" for call in self.calls.refused)


def with_encryption(backend: Mapping[str, Any], setting: str) -> dict[str, Any]:
    """A backend's settings with other encryption."""
    kept = {name: value for name, value in backend.items() if name not in ("encrypt", "kms_key_id")}
    if setting == "neither":
        return kept
    kept["encrypt"] = True
    if setting == "encrypt and kms_key_id":
        kept["kms_key_id"] = backend["kms_key_id"]
    return kept


def write_state(bench: Bench, backend: Mapping[str, Any], setting: str, caller: Caller) -> WrittenState:
    """Lets Terraform initialise and apply in such a backend, and looks at what came to be.

    Args:
        bench: Where it is done.
        backend: Settings with `encrypt` and `kms_key_id`.
        setting: One of `ENCRYPTION_SETTINGS`.
        caller: Who Terraform is.
    """
    settings = bench.place_for(with_encryption(backend, setting))
    credentials = caller.credentials(bench.gateway)
    scratch, place = bench.scratch(settings, credentials), bench.place(settings)
    try:
        ran = scratch.init()
        if not ran.exit_code:
            ran = scratch.run("apply", "-no-color", "-input=false", "-auto-approve")
        return WrittenState(
            setting=setting,
            caller=caller.arn,
            bucket=place.bucket,
            versions=tuple(place.versions()),
            calls=bench.gateway.calls(access_key=credentials.access_key),
            exit_code=ran.exit_code,
            message=ran.complaint,
        )
    finally:
        shutil.rmtree(scratch.folder, ignore_errors=True)
        place.clear()
