"""The procedures of docs/runbook.md, followed with real Terraform: the commands are taken from the document itself.

One backend lives through all of them in the order of the fixtures below: bootstrapped, restored, moved to S3-native
locking, backed out of and destroyed. Each fixture keeps what was seen on the way, for the tests to judge.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from read_back import TABLE_IS_PROTECTED
from runbook import Block, Desk, blocks_by_heading

from tfproof import pytest_plugin
from tfproof.targets.target import Target
from tfproof.terraform import Workspace

# All workers of a run share one target, and other runs may as well: each process has a name of its own.
BUCKET = f"tfproof-runbook-{uuid.uuid4().hex[:8]}"
TABLE = f"{BUCKET}-locks"
KEY = "terraform.tfstate"

pytestmark = pytest.mark.xdist_group("runbook")


@dataclass(frozen=True)
class Book:
    """The runbook, and where it is followed."""

    desk: Desk
    target: Target
    blocks: dict[str, list[Block]]

    def shell(self, heading: str) -> list[Block]:
        return [block for block in self.blocks[heading] if block.language == "sh"]

    def hcl(self, heading: str) -> list[Block]:
        return [block for block in self.blocks[heading] if block.language == "hcl"]

    def client(self, service: str) -> Any:
        return self.target.client(service)

    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body())
        return document

    def body(self) -> bytes:
        body: bytes = self.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        return body

    def digest(self) -> str | None:
        row = self.client("dynamodb").get_item(TableName=TABLE, Key={"LockID": {"S": f"{BUCKET}/{KEY}-md5"}})
        return str(row["Item"]["Digest"]["S"]) if "Item" in row else None

    def versions(self) -> list[dict[str, Any]]:
        """Versions of the state, the newest first."""
        answer = self.client("s3").list_object_versions(Bucket=BUCKET, Prefix=KEY)
        return [version for version in answer["Versions"] if version["Key"] == KEY]

    def key_state(self, key_id: str) -> str:
        return str(self.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"])

    def locks_by_file(self) -> int:
        """How many times a lock file was written, by its versions."""
        answer = self.client("s3").list_object_versions(Bucket=BUCKET, Prefix=f"{KEY}.tflock")
        return len(answer.get("Versions", []))


def is_empty(plan: str) -> bool:
    return "No changes. Your infrastructure matches the configuration." in plan


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest, workspace_factory: Callable[..., Workspace]) -> Iterator[Book]:
    workspace = workspace_factory("modules/state-backend/examples/minimal", bucket_name=BUCKET)
    run = pytest_plugin._run(request.config)
    desk = Desk(workspace, BUCKET)
    # One provider process for all commands, which a region from a variable forbids.
    desk.replace("main.tf", "region = var.region", 'region = "us-east-1"')
    workspace.attach(run.stacks.prepare(str(workspace.root), workspace.environment))
    yield Book(desk, run.target, blocks_by_heading(request.config.rootpath / "docs/runbook.md"))
    backend = desk.folder / "backend.tf"
    if backend.exists():
        # Not all tests of this file ran, or one failed: the state comes home before what holds it is destroyed.
        backend.unlink()
        desk.run("terraform init -migrate-state -force-copy")


@dataclass(frozen=True)
class Bootstrapped:
    """What was seen while the state was moved into the bucket that it describes."""

    settings: str
    local_after: bytes
    backup: dict[str, Any]
    checked: str
    left_in_folder: set[str]
    head: dict[str, Any]
    key_arn: str


@pytest.fixture(scope="session")
def bootstrapped(book: Book) -> Bootstrapped:
    apply, migrate, check, remove = book.shell("Bootstrap")
    desk = book.desk
    desk.follow(apply)
    (backend,) = book.hcl("Bootstrap")
    desk.write("backend.tf", backend.text)
    desk.follow(migrate)
    local = (desk.folder / KEY).read_bytes()
    backup = json.loads((desk.folder / f"{KEY}.backup").read_text(encoding="utf-8"))
    checked = desk.follow(check, bucket=BUCKET)
    desk.follow(remove)
    return Bootstrapped(
        settings=(desk.folder / "state.s3.tfbackend").read_text(encoding="utf-8"),
        local_after=local,
        backup=backup,
        checked=checked,
        left_in_folder={path.name for path in desk.folder.glob("*tfstate*")},
        head=book.client("s3").head_object(Bucket=BUCKET, Key=KEY),
        key_arn=desk.run("terraform output -raw kms_key_arn"),
    )


def test_bootstrap_moves_the_modules_own_state_under_its_own_key(bootstrapped: Bootstrapped, book: Book) -> None:
    key = bootstrapped.key_arn

    assert (bootstrapped.head["ServerSideEncryption"], bootstrapped.head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert f'kms_key_id     = "{key}"' in bootstrapped.settings
    moved = {item["type"] for item in book.state()["resources"] if item["mode"] == "managed"}
    assert {"aws_s3_bucket", "aws_kms_key", "aws_dynamodb_table"} <= moved


def test_bootstrap_can_be_seen_to_have_worked_as_the_runbook_says(bootstrapped: Bootstrapped) -> None:
    assert is_empty(bootstrapped.checked)
    assert re.search(rf'\[\s*"aws:kms",\s*"{bootstrapped.key_arn}"\s*\]\s*{bootstrapped.key_arn}', bootstrapped.checked)


def test_bootstrap_leaves_no_copy_of_the_state_behind(bootstrapped: Bootstrapped) -> None:
    assert bootstrapped.local_after == b""
    assert bootstrapped.backup["resources"], "the backup is why the runbook has it removed"
    assert bootstrapped.left_in_folder == set()


@dataclass(frozen=True)
class Restored:
    """What was seen while an older version was restored, with Terraform and without."""

    older: dict[str, Any]
    pushed: dict[str, Any]
    plan_after_push: str
    digest_after_push: str | None
    md5_after_push: str
    refused: str
    plan_after_new_digest: str
    plan_after_deleted_digest: str
    digest_in_between: str | None
    head: dict[str, Any]


@pytest.fixture(scope="session")
def restored(book: Book, bootstrapped: Bootstrapped) -> Restored:
    desk, s3 = book.desk, book.client("s3")
    older = json.loads(book.body())
    version = next(item["VersionId"] for item in book.versions() if item["IsLatest"])
    desk.write("more.tf", 'output "more" {\n  value = "written since"\n}\n')
    desk.run("terraform apply")
    assert "more" in book.state()["outputs"]
    (desk.folder / "more.tf").unlink()

    (push,) = book.shell("Restore a version")
    plan = desk.follow(push, bucket=BUCKET, key=KEY, version_id=version)
    pushed, digest, md5 = book.state(), book.digest(), hashlib.md5(book.body(), usedforsecurity=False).hexdigest()

    # Terraform cannot run: an even older version is copied onto the key, and the digest no longer fits.
    first = book.versions()[-1]["VersionId"]
    copy = book.shell("When Terraform cannot run")[0]
    desk.follow(copy, bucket=BUCKET, key=KEY, version_id=first, key_ARN=bootstrapped.key_arn)
    head = s3.head_object(Bucket=BUCKET, Key=KEY)
    refused = desk.run("terraform plan", exit_code=1)
    delete, write = book.shell("The digest in the lock table")
    desk.follow(write, bucket=BUCKET, key=KEY, table=TABLE)
    plan_after_new = desk.run("terraform plan")
    desk.follow(delete, bucket=BUCKET, key=KEY, table=TABLE)
    between = book.digest()
    return Restored(
        older=older,
        pushed=pushed,
        plan_after_push=plan,
        digest_after_push=digest,
        md5_after_push=md5,
        refused=refused,
        plan_after_new_digest=plan_after_new,
        plan_after_deleted_digest=desk.run("terraform apply"),
        digest_in_between=between,
        head=head,
    )


def test_restore_brings_an_older_version_back_and_the_digest_with_it(restored: Restored) -> None:
    assert is_empty(restored.plan_after_push)
    assert "more" not in restored.pushed["outputs"]
    assert restored.pushed["resources"] == restored.older["resources"]
    assert restored.digest_after_push == restored.md5_after_push


def test_restore_by_copying_stays_under_the_key_and_is_refused_until_the_digest_fits(
    restored: Restored, bootstrapped: Bootstrapped
) -> None:
    assert (restored.head["ServerSideEncryption"], restored.head["SSEKMSKeyId"]) == ("aws:kms", bootstrapped.key_arn)
    assert "does not have the expected content" in " ".join(restored.refused.split())
    assert is_empty(restored.plan_after_new_digest)


def test_restore_works_with_the_digest_deleted_too(restored: Restored) -> None:
    assert restored.digest_in_between is None
    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in restored.plan_after_deleted_digest


@dataclass(frozen=True)
class Moved:
    """What was seen on the way from the lock table to the lock file."""

    locks_by_file: dict[str, int]
    settings: dict[str, str]
    mixed_up: str
    table_after_mix_up: str
    serials: list[int]
    plan: str


@pytest.fixture(scope="session")
def moved(book: Book, restored: Restored) -> Moved:
    del restored
    desk = book.desk
    heading = "Move locking from DynamoDB to S3"
    grant, everyone, leave, unprotect, remove = book.shell(heading)
    (unprotected,) = book.hcl(heading)
    locks, settings, serials = {}, {}, []

    def write(step: str) -> None:
        """A run that writes the state, as anybody's would."""
        desk.write("step.tf", f'output "step" {{\n  value = "{step}"\n}}\n')
        desk.run("terraform apply")
        locks[step] = book.locks_by_file()
        settings[step] = (desk.folder / "state.s3.tfbackend").read_text(encoding="utf-8")
        serials.append(book.state()["serial"])

    write("dynamodb")
    desk.set_argument("lock_mode", '"both"')
    desk.follow(grant)
    desk.follow(everyone)
    write("both")
    desk.follow(leave)
    write("file")
    desk.set_argument("lock_mode", '"s3"')
    mixed_up = desk.run("terraform apply", exit_code=1)
    table = book.client("dynamodb").describe_table(TableName=TABLE)["Table"]["TableStatus"]
    desk.set_argument("lock_mode", '"both"')
    name, _, value = unprotected.text.partition("=")
    desk.set_argument(name.strip(), value.strip())
    desk.follow(unprotect)
    desk.set_argument(name.strip(), None)
    desk.set_argument("lock_mode", '"s3"')
    desk.follow(remove)
    write("s3")
    plan = desk.run("terraform plan")
    return Moved(locks, settings, mixed_up, table, serials, plan)


def test_move_takes_the_lock_file_from_the_step_both_on(moved: Moved) -> None:
    locks = moved.locks_by_file

    assert locks["dynamodb"] == 0
    assert 0 < locks["both"] < locks["file"] < locks["s3"]


def test_move_leaves_the_table_in_the_second_step(moved: Moved) -> None:
    names = {step: "dynamodb_table" in text for step, text in moved.settings.items()}

    assert names == {"dynamodb": True, "both": True, "file": False, "s3": False}
    assert ["use_lockfile" in text for text in moved.settings.values()] == [False, True, True, True]


def test_move_writes_the_state_at_every_step_and_ends_at_rest(moved: Moved) -> None:
    assert moved.serials == sorted(set(moved.serials))
    assert is_empty(moved.plan)


def test_move_in_the_wrong_order_is_refused_and_the_table_stays(moved: Moved) -> None:
    words = " ".join(word for word in moved.mixed_up.split() if word != "│")  # Terraform breaks and frames its lines
    assert TABLE_IS_PROTECTED.search(words)
    assert moved.table_after_mix_up == "ACTIVE"


def test_move_ends_without_the_table(moved: Moved, book: Book) -> None:
    del moved
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        book.client("dynamodb").describe_table(TableName=TABLE)


@dataclass(frozen=True)
class Destroyed:
    """What was seen while the state came back and the backend went."""

    keys: str
    local: dict[str, Any]
    destroyed: str
    key_state: str
    key_state_after_cancelling: str


@pytest.fixture(scope="session")
def destroyed(book: Book, bootstrapped: Bootstrapped, moved: Moved) -> Destroyed:
    del moved
    desk, kms = book.desk, book.client("kms")
    key_id = bootstrapped.key_arn.rpartition("/")[2]
    heading = "Back out and destroy"
    back_out, whose, unprotect, destroy, cancel = book.shell(heading)
    keys = desk.follow(whose, bucket=BUCKET)
    (desk.folder / "backend.tf").unlink()
    desk.follow(back_out)
    local = json.loads((desk.folder / KEY).read_text(encoding="utf-8"))
    for line in book.hcl(heading)[0].text.splitlines():
        setting, _, comment = line.partition("#")
        if "not in lock_mode s3" not in comment:
            name, _, value = setting.partition("=")
            desk.set_argument(name.strip(), value.strip())
    desk.follow(unprotect)
    said = desk.follow(destroy)
    after = book.key_state(key_id)
    desk.follow(cancel, key_id=key_id)
    cancelled = book.key_state(key_id)
    kms.schedule_key_deletion(KeyId=key_id)
    return Destroyed(keys, local, said, after, cancelled)


def test_back_out_shows_whose_states_are_there_and_brings_ones_own_back(destroyed: Destroyed) -> None:
    assert json.loads(destroyed.keys) == [KEY]
    assert "aws_s3_bucket" in {item["type"] for item in destroyed.local["resources"]}


def test_destroy_works_once_the_protection_is_off(destroyed: Destroyed, book: Book) -> None:
    assert "Destroy complete!" in destroyed.destroyed
    with pytest.raises(ClientError, match=r"404|NoSuchBucket"):
        book.client("s3").head_bucket(Bucket=BUCKET)


def test_destroyed_key_can_be_brought_back_for_as_long_as_it_waits(destroyed: Destroyed) -> None:
    assert destroyed.key_state == "PendingDeletion"
    assert destroyed.key_state_after_cancelling == "Enabled"
