"""One rule says what SSE-KMS is: to the bucket's setting, and to the objects of a bucket in use."""

from __future__ import annotations

import pytest
from documents import as_bytes, resource, state, state_bucket

from tfproof.audit.audited import audit_bytes
from tfproof.checks.finding import Verdict


@pytest.mark.parametrize(
    ("algorithm", "verdict"),
    [("aws:kms", Verdict.PASSED), ("aws:kms:dsse", Verdict.PASSED), ("AES256", Verdict.FAILED), (None, Verdict.FAILED)],
)
def test_a_bucket_is_encrypted_by_either_algorithm_under_a_kms_key(algorithm: str | None, verdict: Verdict) -> None:
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    default = [{"sse_algorithm": algorithm}]
    settings = {"bucket": "acme-tfstate", "rule": [{"apply_server_side_encryption_by_default": default}]}
    audited = audit_bytes(as_bytes(state([state_bucket(), resource(f"{kind}.tf_state", settings)])), "s")

    assert [item.verdict for item in audited.findings if item.check_id == "bucket-encryption"] == [verdict]
