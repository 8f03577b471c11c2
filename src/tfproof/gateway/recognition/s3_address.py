"""Which bucket and key a request to S3 names, by its path or by its host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

__all__ = ["Address", "read_address"]

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}\Z")
# The last `.s3` counts: a bucket's own name may have dots, and an `s3` between them.
_BUCKET_HOST: Final = re.compile(r"(?P<bucket>.+)\.s3(?:-[a-z0-9-]+)?(?:\.|:|\Z)")
_OTHER_HOSTS: Final = (".s3-control.", ".s3-accesspoint", ".s3-object-lambda.", ".s3-outposts", ".s3express")


@dataclass(frozen=True, slots=True)
class Address:
    """What of S3 a request is about.

    Attributes:
        bucket: Name of the bucket, `""` for the service itself.
        key: The object's key, decoded; `""` for the bucket itself.
        problem: Why it cannot be told, `""` when it can.
    """

    bucket: str = ""
    key: str = ""
    problem: str = ""

    @property
    def level(self) -> str:
        """`service`, `bucket` or `object`."""
        return "object" if self.key else "bucket" if self.bucket else "service"


def read_address(path: str, host: str) -> Address:
    """Bucket and key of a request.

    Args:
        path: As sent, percent-encoded.
        host: The Host header, `""` without one.
    """
    if path and not path.startswith("/"):
        return Address(problem=f"path {path[:80]!r} does not start with a slash")
    host = host.lower()
    if any(other in host for other in _OTHER_HOSTS):
        return Address(problem=f"host {host[:80]!r} is no host of buckets")
    named = _BUCKET_HOST.match(host)
    rest = path[1:]
    bucket, _, key = (named["bucket"], "", rest) if named else rest.partition("/")
    if not bucket:
        return Address(problem="the path names a key without a bucket") if rest else Address()
    try:
        bucket, key = unquote(bucket, errors="strict"), unquote(key, errors="strict")
    except UnicodeDecodeError:
        return Address(problem="bucket or key is not UTF-8")
    if not _BUCKET.match(bucket):
        # An access point's ARN stands here too, and a slash that was encoded: the target may split it differently.
        return Address(problem=f"{bucket[:80]!r} is no bucket's name")
    return Address(bucket, key)
