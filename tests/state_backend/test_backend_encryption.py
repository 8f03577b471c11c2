"""What Terraform's states and lock files are really encrypted with: setting x object x lock mode."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from modes import MODES, in_mode
from who import role_at

from tfproof.backend_use.encryption import ENCRYPTION_SETTINGS, write_state
from tfproof.backend_use.trial import Bench, Caller
from tfproof.checks import Backend
from tfproof.checks.backend_key_bypass import judge as judge_bypass
from tfproof.checks.backend_state_encryption import judge as judge_encryption
from tfproof.proof.fixtures import Applied

pytestmark = pytest.mark.xdist_group("backend-use")


def caller(applied: Applied, *, enforced: bool) -> Caller:
    return Caller(role_at(applied.target), (applied.outputs["documented_policy_json"],), enforced=enforced)


def described(versions: Any, key_arn: str) -> dict[str, set[tuple[str, bool, bool]]]:
    """By kind of object: algorithm, whether the key is the dedicated one, whether a bucket key is on."""
    found: dict[str, set[tuple[str, bool, bool]]] = {}
    for version in versions:
        kind = "lock file" if version.key.endswith(".tflock") else "state"
        found.setdefault(kind, set()).add((version.algorithm, version.kms_key == key_arn, version.bucket_key))
    return found


RIGHT = {("aws:kms", True, True)}
BARE = {("AES256", False, False)}


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize("setting", ENCRYPTION_SETTINGS)
def test_bucket_policy_lets_nothing_past_the_key(mode: str, setting: str, bench: Bench, applied: Applied) -> None:
    written = write_state(bench, applied.outputs["backend_config"], setting, caller(applied, enforced=True))

    if setting == "encrypt alone":
        assert written.exit_code == 1
        assert written.is_refused
        assert "AccessDenied" in written.message
        assert "with an explicit deny in a resource-based policy" in written.message
        assert written.versions == ()
        assert written.header == "AES256"
        return
    assert written.exit_code == 0, written.message
    kinds = {"state"} if mode == "dynamodb" else {"state", "lock file"}
    key = applied.outputs["kms_key_arn"]
    assert described(written.versions, key) == dict.fromkeys(kinds, RIGHT)
    assert written.header == (f"aws:kms {key}" if setting == "encrypt and kms_key_id" else "none")


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize("setting", ENCRYPTION_SETTINGS)
def test_without_the_bucket_policy_the_check_finds_them(
    mode: str, setting: str, bench: Bench, applied: Applied
) -> None:
    # A caller on whom nothing is enforced: what an emulator alone, or a bucket without the policy, lets happen.
    written = write_state(bench, applied.outputs["backend_config"], setting, caller(applied, enforced=False))

    key, backend = applied.outputs["kms_key_arn"], Backend(applied.state)
    kinds = {"state"} if mode == "dynamodb" else {"state", "lock file"}
    verdicts = {answer.verdict.value for answer in judge_encryption(backend, written, key)}
    assert written.exit_code == 0, written.message
    if setting == "encrypt alone":
        assert described(written.versions, key) == dict.fromkeys(kinds, BARE)
        assert verdicts == {"failed"}
        bypass = list(judge_bypass(backend, written))
        assert {answer.verdict.value for answer in bypass} == {"failed"}
        assert all(answer.address == "aws_s3_bucket_policy.tf_state" for answer in bypass)
    else:
        assert described(written.versions, key) == dict.fromkeys(kinds, RIGHT)
        assert verdicts == {"passed"}


@in_mode("both")
def test_lock_file_is_under_the_key_while_it_exists(bench: Bench, applied: Applied) -> None:
    settings = bench.place_for(applied.outputs["backend_config"])
    place = bench.place(settings)
    slow = 'resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n    command = "sleep 3"\n  }\n}\n'
    scratch = bench.scratch(settings, configuration=slow)
    scratch.init()
    apply = threading.Thread(target=lambda: scratch.run("apply", "-no-color", "-input=false", "-auto-approve"))
    apply.start()
    try:
        seen = None
        for _ in range(100):
            if place.lock_left():
                s3 = applied.target.client("s3")
                seen = s3.head_object(Bucket=place.bucket, Key=place.lock_key)
                break
            time.sleep(0.05)
    finally:
        apply.join()

    assert seen is not None, "no lock file was there while apply ran"
    assert seen["ServerSideEncryption"] == "aws:kms"
    assert seen["SSEKMSKeyId"] == applied.outputs["kms_key_arn"]
    assert seen["BucketKeyEnabled"] is True
    assert not place.lock_left()
    place.clear()


@in_mode("dynamodb")
@pytest.mark.parametrize("spelling", ["id", "alias"])
def test_another_spelling_of_the_key_never_leads_to_another_key(spelling: str, bench: Bench, applied: Applied) -> None:
    """Whether S3 makes an ARN of it before it evaluates the policy is not documented: refused, or under this key."""
    config = applied.outputs["backend_config"]
    names = {"id": config["kms_key_id"].rpartition("/")[2], "alias": applied.outputs["kms_key_alias"]}
    settings = {**config, "kms_key_id": names[spelling]}

    written = write_state(bench, settings, "encrypt and kms_key_id", caller(applied, enforced=True))

    used = {need.resource for call in written.calls.implied for need in call.needs}
    assert written.is_refused or used == {applied.outputs["kms_key_arn"]}
    assert names[spelling] in written.header or applied.outputs["kms_key_arn"] in written.header


def strict() -> pytest.MarkDecorator:
    variables = {"bucket_name": "tfproof-strict-{run}", "strict_encryption_headers": True, "lifecycle_enabled": False}
    return pytest.mark.stack("modules/state-backend", variables)


@strict()
def test_strict_headers_refuse_a_write_that_names_no_encryption(bench: Bench, applied: Applied) -> None:
    config, who = applied.outputs["backend_config"], caller(applied, enforced=True)

    refused = write_state(bench, config, "neither", who)
    written = write_state(bench, config, "encrypt and kms_key_id", who)

    assert (refused.exit_code, refused.is_refused, refused.versions) == (1, True, ())
    assert described(written.versions, applied.outputs["kms_key_arn"]) == {"state": RIGHT}
