"""State backends in seven styles, planned and applied: found, and each told what is wrong with it and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tfproof.audit.audited import Audited, audit_bytes
from tfproof.checks.finding import Verdict
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Plan

pytestmark = [
    pytest.mark.stack("tests/audit/layouts", {"run": "tfproof-{run}"}),
    pytest.mark.xdist_group("layouts"),
]

NO_LIFECYCLE = {"noncurrent-versions", "incomplete-uploads", "lock-file-versions"}
NO_OWNERSHIP = {"object-ownership"}
NO_POLICY = {
    "policy-insecure-transport",
    "policy-outdated-tls",
    "policy-encryption-algorithm",
    "policy-encryption-key",
    "policy-kms-without-key",
    "policy-customer-key",
}
OPEN = NO_LIFECYCLE | NO_OWNERSHIP
TLS_ONLY = NO_POLICY - {"policy-insecure-transport"}

# By bucket: what must have failed in the state. Everything else of its own must have passed.
KNOWN: dict[str, set[str]] = {
    "module.inline.aws_s3_bucket.terraform_state": OPEN
    | TLS_ONLY
    | {
        "bucket-encryption",
        "bucket-encryption-key",
        "bucket-key",
        "public-access-block",
        "lock-table-billing",
        "lock-table-recovery",
        "lock-table-encryption",
        "lock-table-deletion-protection",
    },
    "module.inline_kms.aws_s3_bucket.tfstates": OPEN
    | NO_POLICY
    | {"bucket-key", "public-access-block", "bucket-force-destroy", "key-rotation", "key-policy-root"}
    | {"key-policy-grants"},  # the administrator may decrypt
    "module.counted.aws_s3_bucket.default[0]": OPEN
    | (TLS_ONLY - {"policy-customer-key"})  # such a write has no header, and a missing header is denied
    | {
        "policy-right-write",  # a write without a header is denied, though the bucket's default would encrypt it
        "bucket-encryption",
        "bucket-encryption-key",
        "bucket-key",
        "lock-table-encryption",
        "lock-table-deletion-protection",
    },
    "module.bucket.aws_s3_bucket.this[0]": OPEN | NO_POLICY | {"public-access-block"},
    'module.each["dev"].aws_s3_bucket.state': OPEN
    | NO_POLICY
    | {"bucket-versioning", "public-access-block", "bucket-encryption", "bucket-encryption-key", "bucket-key"},
    'module.each["prod"].aws_s3_bucket.state': OPEN
    | NO_POLICY
    | {"public-access-block", "bucket-encryption", "bucket-encryption-key", "bucket-key"},
    "module.aliased.aws_s3_bucket.state": OPEN
    | NO_POLICY
    | {"bucket-versioning", "public-access-block", "bucket-key", "bucket-encryption-key", "key-rotation"},
    "module.outside.aws_s3_bucket.this": OPEN | NO_POLICY | {"bucket-versioning", "public-access-block"},
}


def module_of(address: str) -> str:
    return address.partition(".aws_")[0]


def failed(audited: Audited) -> dict[str, set[str]]:
    """Ids of failed checks by module; a key or table outside of any module is that of module.bucket."""
    found: dict[str, set[str]] = defaultdict(set)
    for finding in audited.findings:
        if finding.verdict is Verdict.FAILED:
            address = finding.answer.address or finding.answer.subject
            module = module_of(address) if address.startswith("module.") else "module.bucket"
            found[module].add(finding.check_id)
    return found


def buckets(audited: Audited) -> set[str]:
    return {item["bucket"] for item in audited.facts["backends"]}


@pytest.fixture
def of_plan(plan: Plan) -> Audited:
    return audit_bytes(json.dumps(plan.document).encode(), "plan.json")


@pytest.fixture
def of_state(applied: Applied) -> Audited:
    return audit_bytes(json.dumps(dict(applied.state.document)).encode(), "terraform.tfstate")


def test_finds_each_backend_in_the_state_and_no_other_bucket(of_state: Audited) -> None:
    assert buckets(of_state) == set(KNOWN)


def test_finds_each_backend_in_the_plan_and_no_other_bucket(of_plan: Audited) -> None:
    assert buckets(of_plan) == set(KNOWN)


def test_says_of_each_state_backend_what_is_wrong_and_nothing_else(of_state: Audited) -> None:
    found = failed(of_state)

    expected = {module_of(bucket): ids for bucket, ids in KNOWN.items()}
    assert {module: ids - expected.get(module, set()) for module, ids in found.items()} == {
        key: set() for key in expected
    }
    assert {module: ids - found[module] for module, ids in expected.items()} == {module: set() for module in expected}


def test_a_plan_fails_what_is_known_before_apply_and_passes_nothing_that_the_state_fails(
    of_plan: Audited, of_state: Audited
) -> None:
    planned, after = failed(of_plan), failed(of_state)
    passed: dict[str, set[str]] = defaultdict(set)
    for finding in of_plan.findings:
        if finding.verdict is Verdict.PASSED and finding.answer.address.startswith("module."):
            passed[module_of(finding.answer.address)].add(finding.check_id)

    for module, ids in planned.items():
        assert ids <= after[module], module
    for module, ids in after.items():
        wrong = {check for check in ids if check in passed[module] and check not in planned[module]}
        # A check of several attributes may have passed on some and not know the others yet.
        undecided = {f.check_id for f in of_plan.findings if f.verdict is Verdict.UNDECIDED}
        assert wrong <= undecided, module
    assert "bucket-encryption" in planned["module.inline"]
    assert "bucket-versioning" in planned['module.each["dev"]']
    assert "bucket-versioning" not in planned['module.each["prod"]']


def test_a_key_that_is_not_in_the_file_leaves_its_checks_undecided(of_state: Audited) -> None:
    outside = "the key arn:aws:kms:us-east-1:210987654321:key/1b2c3d4e-1111-4111-8111-0123456789ab"
    about: list[Any] = [finding for finding in of_state.findings if finding.answer.subject.startswith(outside)]

    assert {finding.check_id for finding in about} >= {"key-rotation", "key-policy-root", "key-enabled"}
    assert {finding.verdict for finding in about} == {Verdict.UNDECIDED}
    assert any(outside in note for note in of_state.notes)


def test_a_setting_in_the_bucket_is_pointed_at_where_it_stands(of_state: Audited) -> None:
    (answer,) = [
        finding.answer
        for finding in of_state.findings
        if finding.check_id == "bucket-encryption" and finding.answer.address.startswith("module.inline.")
    ]

    assert answer.address == "module.inline.aws_s3_bucket.terraform_state"
    assert answer.path.startswith("server_side_encryption_configuration[0].rule[0]")
    assert answer.found == '"AES256"'
