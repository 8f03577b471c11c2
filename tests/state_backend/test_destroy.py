"""`terraform destroy` is refused while states are left, costs nothing that reads them, and works once it is meant.

Without the lifecycle rules, whose creation takes a minute: no protection hangs on them. `tfproof prove` takes the same
way with all defaults.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from broken_modules import replacing
from read_back import TABLE_IS_PROTECTED, protection_of, versions_in

from tfproof.targets.target import Target
from tfproof.terraform import TerraformError, Workspace

MODULE = "modules/state-backend"
STATE = "terraform.tfstate"
UNPROTECTED = {"force_destroy": True, "lock_table_deletion_protection": False}

pytestmark = pytest.mark.xdist_group("destroy")


class Standing:
    """A backend that is applied and holds two versions of a state."""

    def __init__(self, workspace: Workspace, target: Target) -> None:
        self.workspace = workspace
        self.target = target
        workspace.plan()
        workspace.apply()
        outputs = {name: output.value for name, output in workspace.state().outputs.items()}
        self.bucket = str(outputs["bucket_name"])
        self.key = str(outputs["kms_key_arn"])
        self.alias = str(outputs["kms_key_alias"])
        self.table = outputs.get("lock_table_name")
        for serial in (1, 2):
            target.client("s3").put_object(Bucket=self.bucket, Key=STATE, Body=json.dumps({"serial": serial}).encode())

    def refusal(self) -> str:
        """What Terraform says to a destroy, which must be refused."""
        with pytest.raises(TerraformError) as refused:
            self.workspace.destroy()
        assert refused.value.exit_code_of_terraform == 1
        return " ".join(f"{item.summary} {item.detail}" for item in refused.value.diagnostics if item.is_error)

    def protection(self) -> dict[str, Any]:
        return protection_of(self.target, self.bucket, self.key, self.table)

    def key_state(self) -> str:
        return str(self.target.client("kms").describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"])

    def apply_with(self, **variables: Any) -> None:
        """Applies with other values of some variables, which hold from now on."""
        values = self.workspace.folder / "values.tfvars.json"
        values.write_text(json.dumps(json.loads(values.read_text(encoding="utf-8")) | variables), encoding="utf-8")
        self.workspace.plan()
        self.workspace.apply()

    def assert_only_the_key_is_left(self) -> None:
        kms = self.target.client("kms")
        aliases = {
            alias["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]
        }

        assert self.workspace.state().managed == []
        assert self.key_state() == "PendingDeletion"
        assert self.alias not in aliases
        with pytest.raises(ClientError, match=r"404|NoSuchBucket"):
            self.target.client("s3").head_bucket(Bucket=self.bucket)
        if self.table is not None:
            with pytest.raises(ClientError, match="ResourceNotFoundException"):
                self.target.client("dynamodb").describe_table(TableName=self.table)
        # Names of this backend only: other tests have theirs at the same target.
        assert [
            name for name in self.target.leftovers() if self.bucket in name or self.key.rpartition("/")[2] in name
        ] == []


Stand = Callable[..., Standing]


@pytest.fixture
def stand(workspace: Callable[..., Workspace], target: Target) -> Stand:
    def make(path: str | Path = MODULE, **variables: Any) -> Standing:
        return Standing(workspace(path, lifecycle_enabled=False, **variables), target)

    return make


def test_with_a_lock_table_a_refused_destroy_changes_nothing_at_all(stand: Stand) -> None:
    standing = stand(bucket_name="tfproof-destroy-{run}")
    before = standing.protection()
    resources = [resource.address for resource in standing.workspace.state().managed]
    versions = versions_in(standing.target, standing.bucket)

    said = standing.refusal()

    assert TABLE_IS_PROTECTED.search(said)
    assert before["versioning"] == {"Status": "Enabled"}
    assert before["key"]["KeyMetadata"]["KeyState"] == "Enabled"
    assert standing.protection() == before
    assert versions_in(standing.target, standing.bucket) == versions
    assert len(versions) == 2
    assert [resource.address for resource in standing.workspace.state().managed] == resources
    # Terraform takes the outputs out of the state before it meets the table; the runbook says so.
    assert standing.workspace.state().outputs == {}
    again = standing.workspace.plan()
    assert again.events_of("planned_change") == []
    standing.workspace.apply()
    assert standing.workspace.state().outputs["kms_key_arn"].value == standing.key
    assert standing.protection() == before

    standing.apply_with(**UNPROTECTED)
    standing.workspace.destroy()

    standing.assert_only_the_key_is_left()


def test_without_a_table_the_bucket_refuses_while_one_version_is_left_and_the_key_stays(stand: Stand) -> None:
    standing = stand(bucket_name="tfproof-destroy-s3-{run}", lock_mode="s3")
    before = standing.protection()
    first, second = versions_in(standing.target, standing.bucket)
    standing.target.client("s3").delete_object(Bucket=standing.bucket, Key=first[0], VersionId=first[1])

    said = standing.refusal()

    assert "BucketNotEmpty" in said
    assert versions_in(standing.target, standing.bucket) == [second]
    assert standing.key_state() == "Enabled"
    # What the runbook says is gone by then, and that an apply puts back:
    now = standing.protection()
    assert now["versioning"] == {"Status": "Suspended"}
    assert now["policy"] == "NoSuchBucketPolicy"
    assert now["public access block"] == "NoSuchPublicAccessBlockConfiguration"
    assert now["encryption"] != before["encryption"]

    standing.apply_with()
    assert standing.protection() == before

    standing.apply_with(force_destroy=True)
    standing.workspace.destroy()

    standing.assert_only_the_key_is_left()


def test_without_the_order_of_bucket_and_key_a_refused_destroy_costs_the_key(
    stand: Stand, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The counter-proof: it is the bucket's depends_on that keeps the key in the tests above."""
    module = tmp_path / "unordered"
    shutil.copytree(request.config.rootpath / MODULE, module, ignore=shutil.ignore_patterns("examples", "*.md"))
    bucket = module / "bucket.tf"
    ordering = replacing("  depends_on = [aws_kms_key.tf_state]\n", "")
    bucket.write_text(ordering(bucket.read_text(encoding="utf-8")), encoding="utf-8")
    standing = stand(module, bucket_name="tfproof-destroy-unordered-{run}", lock_mode="s3")

    said = standing.refusal()

    assert "BucketNotEmpty" in said
    assert len(versions_in(standing.target, standing.bucket)) == 2
    assert standing.key_state() == "PendingDeletion"
