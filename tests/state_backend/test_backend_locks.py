"""Locks, digests and history of real states: what holds, what is told, and what must be put right by hand."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from backend_bench import make_bench
from modes import MODES, in_mode
from who import role_at

from tfproof.backend_use.permissions import without_action
from tfproof.backend_use.place import LOCK_ID, Place, state_text
from tfproof.backend_use.scratch import Scratch
from tfproof.backend_use.trial import Bench, Caller
from tfproof.backend_use.use import Depth, Policies, lock_modes_of, use_backend
from tfproof.gateway.client import Credentials, Gateway
from tfproof.proof.fixtures import Applied
from tfproof.terraform import Terraform

pytestmark = pytest.mark.xdist_group("backend-use")

HOLDER = """
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "sleep 30"
  }
}
"""
APPLY = ("apply", "-no-color", "-input=false", "-auto-approve")
PLAN = ("plan", "-no-color", "-input=false")


@dataclass
class Stage:
    """A backend, a state's place in it, and Terraform as somebody with the documented policy."""

    bench: Bench
    settings: dict[str, Any]
    credentials: Credentials
    terraform: Terraform

    @property
    def place(self) -> Place:
        return self.bench.place(self.settings)

    def scratch(self, **named: Any) -> Scratch:
        made = self.bench.scratch(self.settings, self.credentials, **named)
        ran = made.init()
        assert ran.exit_code == 0, ran.said
        return made

    @contextmanager
    def applying(self) -> Iterator[subprocess.Popen[bytes]]:
        """An apply that holds the lock until it is killed."""
        scratch = self.scratch(configuration=HOLDER)
        process = subprocess.Popen(
            [str(self.terraform.path), *APPLY],
            cwd=scratch.folder,
            env=scratch.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            for _ in range(200):
                if self.place.lock_left():
                    break
                time.sleep(0.05)
            else:
                pytest.fail("the apply never took the lock")
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def stage(tmp_path: Path, terraform: Terraform, gateway: Gateway, applied: Applied) -> Iterator[Stage]:
    bench = make_bench(tmp_path, terraform, gateway, applied)
    settings = bench.place_for(applied.outputs["backend_config"])
    credentials = Caller(role_at(applied.target), (applied.outputs["documented_policy_json"],)).credentials(gateway)
    made = Stage(bench, settings, credentials, terraform)
    yield made
    made.place.clear()


@pytest.mark.parametrize("mode", MODES.values())
def test_second_apply_is_told_who_holds_the_lock(mode: str, stage: Stage) -> None:
    second = stage.scratch()
    with stage.applying():
        held = stage.place.lock_id()
        ran = second.run(*APPLY)

        assert ran.exit_code == 1
        assert "Error acquiring the state lock" in ran.said
        assert f"ID: {held}" in ran.said
        assert "Operation: OperationTypeApply" in ran.said
        assert ("ConditionalCheckFailedException" if mode == "dynamodb" else "PreconditionFailed") in ran.said
        assert stage.place.lock_id() == held


@pytest.mark.parametrize("mode", MODES.values())
def test_lock_of_a_killed_run_goes_with_the_right_id_only(mode: str, stage: Stage) -> None:
    with stage.applying() as process:
        held = stage.place.lock_id()
        os.killpg(process.pid, signal.SIGKILL)
    scratch = stage.scratch()
    assert stage.place.lock_left(), mode

    wrong = scratch.run("force-unlock", "-force", LOCK_ID)
    assert wrong.exit_code == 1
    assert "does not match" in wrong.said
    assert stage.place.lock_id() == held

    right = scratch.run("force-unlock", "-force", held)
    assert right.exit_code == 0, right.said
    assert not stage.place.lock_left()
    assert scratch.run(*APPLY).exit_code == 0


def versions_of_state(place: Place, applied: Applied) -> list[str]:
    answer = applied.target.client("s3").list_object_versions(Bucket=place.bucket, Prefix=place.key)
    return [entry["VersionId"] for entry in answer["Versions"] if entry["Key"] == place.key]


@pytest.mark.parametrize("mode", [MODES["dynamodb"], MODES["s3"]])
def test_previous_version_can_be_restored(mode: str, stage: Stage, applied: Applied) -> None:
    scratch, place = stage.scratch(), stage.place
    for value in ("first", "second"):
        assert scratch.run(*APPLY, f"-var=value={value}").exit_code == 0
    newest, previous = versions_of_state(place, applied)
    source = {"Bucket": place.bucket, "Key": place.key, "VersionId": previous}
    assert newest != previous
    # As the runbook does it: encryption named, for a copy that names none takes the bucket's default.
    applied.target.client("s3").copy_object(
        Bucket=place.bucket,
        Key=place.key,
        CopySource=source,
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=applied.outputs["kms_key_arn"],
    )

    if mode == "dynamodb":
        stale = scratch.run("output", "-raw", "value")
        assert stale.exit_code == 1
        assert "does not have the expected content" in stale.said
        wanted = stale.said.rpartition("the following value: ")[2].split()[0]
        place.put_digest(wanted)

    assert scratch.run("output", "-raw", "value").stdout == "first"
    assert place.digest_is_right()


@in_mode("dynamodb")
def test_deleted_state_is_noticed_by_its_digest(stage: Stage, applied: Applied) -> None:
    scratch, place = stage.scratch(), stage.place
    assert scratch.run(*APPLY).exit_code == 0
    applied.target.client("s3").delete_object(Bucket=place.bucket, Key=place.key)

    ran = scratch.run(*PLAN)

    assert ran.exit_code == 1
    assert "remove the Digest value" in ran.said
    assert not place.lock_left()


@in_mode("s3")
def test_deleted_state_is_taken_for_an_empty_one_without_a_table(stage: Stage, applied: Applied) -> None:
    """What a lock table's digest is good for: without one, Terraform would make everything anew."""
    scratch, place = stage.scratch(), stage.place
    assert scratch.run(*APPLY).exit_code == 0
    applied.target.client("s3").delete_object(Bucket=place.bucket, Key=place.key)

    ran = scratch.run(*PLAN)

    assert ran.exit_code == 0
    assert "2 to add" in ran.said


RELEASES = {"dynamodb": "dynamodb:DeleteItem", "s3": "s3:DeleteObject", "both": "dynamodb:DeleteItem"}


@pytest.mark.parametrize("mode", MODES.values())
def test_denied_release_leaves_the_lock_and_says_so(
    mode: str, stage: Stage, applied: Applied, gateway: Gateway
) -> None:
    less = without_action([applied.outputs["documented_policy_json"]], RELEASES[mode])
    stage.credentials = Caller(role_at(applied.target), less).credentials(gateway)

    ran = stage.scratch().run(*APPLY)

    assert ran.exit_code == 1
    assert "Error releasing the state lock" in ran.said
    assert "AccessDenied" in ran.said
    assert stage.place.lock_left()
    assert stage.place.state() is not None, "the state was saved all the same"


@pytest.mark.parametrize("mode", MODES.values())
def test_using_the_backend_leaves_a_foreign_lock_and_state_alone(mode: str, stage: Stage, applied: Applied) -> None:
    config = applied.outputs["backend_config"]
    theirs = stage.bench.place(config)
    theirs.put_state(state_text())
    theirs.put_lock()
    try:
        before = theirs.state()
        policies = Policies(documented=applied.outputs["documented_policy_json"])

        use = use_backend(stage.bench, config, policies, account_id=applied.target.account_id, depth=Depth.QUICK)

        assert all(trial.went_well for trial in use.documented.values()), mode
        assert theirs.lock_id() == LOCK_ID
        assert theirs.state() == before
        assert theirs.digest_is_right()
    finally:
        theirs.clear()


@in_mode("both")
def test_locks_migrate_from_table_to_file_under_enforcement(stage: Stage) -> None:
    modes = lock_modes_of(stage.settings)
    stage.settings = modes["dynamodb"]
    scratch = stage.scratch()
    assert scratch.run(*APPLY).exit_code == 0
    held = stage.place.state()

    for mode in ("both", "s3"):
        scratch.use_backend(modes[mode])
        ran = scratch.init("-reconfigure")
        assert ran.exit_code == 0, ran.said
        planned = scratch.run(*PLAN, "-detailed-exitcode")
        assert planned.exit_code == 0, planned.said
        assert stage.place.state() == held
    assert scratch.run(*APPLY, "-var=value=after").exit_code == 0
    assert not stage.place.lock_left()


@in_mode("dynamodb")
def test_old_states_come_under_the_key_with_the_next_write(stage: Stage, applied: Applied, gateway: Gateway) -> None:
    """The roll-out onto a bucket whose objects are AES256: they stay readable, and the next write is under the key."""
    place = stage.place
    s3 = applied.target.client("s3")
    place.put_state(state_text())
    s3.put_object(Bucket=place.bucket, Key=place.key, Body=state_text(), ServerSideEncryption="AES256")

    scratch = stage.scratch()
    read = scratch.run("output", "-raw", "value")
    assert (read.exit_code, read.stdout) == (0, "one"), read.said
    through_s3 = [
        call.operation
        for call in gateway.calls(access_key=stage.credentials.access_key).implied
        if "s3." in str(call.needs[0].context.get("kms:ViaService"))
    ]
    assert through_s3 == [], "KMS has no part in an object under AES256"
    assert scratch.run(*APPLY, "-var=value=two").exit_code == 0

    now, before, _ = place.versions()
    assert (before.algorithm, before.kms_key) == ("AES256", "")
    assert (now.algorithm, now.kms_key) == ("aws:kms", applied.outputs["kms_key_arn"])
