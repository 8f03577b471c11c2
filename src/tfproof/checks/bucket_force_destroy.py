"""Whether Terraform may delete a bucket that still holds states."""

from __future__ import annotations

from tfproof.checks.attribute import bucket_itself, configured_attribute
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation

__all__ = ["CHECK"]

_OFF = Expectation("false", lambda found: found is False or found is None)

CHECK = Check(
    id="bucket-force-destroy",
    section="bucket",
    title="A bucket that holds states cannot be destroyed",
    reason="With force_destroy one `terraform destroy` in the wrong folder deletes every version of every state.",
    configured=configured_attribute(bucket_itself, {"force_destroy": _OFF}),
)
