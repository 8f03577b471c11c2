"""The policies that were recorded are enough, and have nothing that is not needed: for the module, and for a state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from budget import at_night
from modes import in_mode
from who import role_at

from tfproof.backend_use.operations import operation_by_name
from tfproof.backend_use.permissions import actions_of, without_action
from tfproof.backend_use.trial import Bench, Caller
from tfproof.gateway.client import Credentials, Gateway
from tfproof.iam import PolicyKind, validate
from tfproof.proof.fixtures import Applied
from tfproof.targets.target import Target
from tfproof.terraform import Terraform, TerraformError, Workspace
from tfproof.terraform.provider_mirror import find_provider_source

pytestmark = pytest.mark.xdist_group("deployer")

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"

RECORDED = ("apply", "workspace delete", "init -migrate-state", "destroy")
"""Operations whose calls are recorded, allowed, and taken away again; all of them at night."""

Deploy = Callable[[str, Credentials], Workspace]


@pytest.fixture
def deploy(tmp_path: Path, terraform: Terraform, target: Target, pytestconfig: pytest.Config, run_id: str) -> Deploy:
    """Makes an initialised workspace of the module that somebody else is Terraform in."""

    def make(name: str, credentials: Credentials) -> Workspace:
        workspace = Workspace(
            tmp_path / name,
            pytestconfig.rootpath / "modules/state-backend",
            terraform=terraform,
            providers=find_provider_source(pytestconfig.getoption("--provider-mirror")),
            environment={**target.environment(), **credentials.environment()},
            variables={
                "bucket_name": f"tfproof-deployer-{name}-{run_id}",
                "lock_table_deletion_protection": False,
                "lifecycle_enabled": False,
            },
        )
        workspace.init()
        return workspace

    return make


def come_and_go(workspace: Workspace) -> None:
    """Applies, sees that nothing is left to do, and destroys."""
    workspace.plan()
    workspace.apply()
    assert workspace.plan(name="second").exit_code == 0
    workspace.destroy()


def documented() -> dict[str, Any]:
    """The deployer policy as docs/permissions.md has it."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("<!-- deployer policy: begin")[2]
    found: dict[str, Any] = json.loads(text.partition("```json\n")[2].partition("```")[0])
    return found


def for_this(policy: dict[str, Any], name: str, account: str) -> str:
    """The documented policy with the names of a test's own backend, in the target's account."""
    own = {"terraform-state-cloud-app": name, "terraform-locks": f"{name}-locks", "123456789012": account}
    text = json.dumps(policy)
    for documented_name, own_name in own.items():
        text = text.replace(documented_name, own_name)
    return text


def test_documented_deployer_policy_applies_and_destroys_the_module(
    gateway: Gateway, deploy: Deploy, target: Target, run_id: str
) -> None:
    policy = for_this(documented(), f"tfproof-deployer-documented-{run_id}", target.account_id)
    assert validate(policy, PolicyKind.IDENTITY) == []
    credentials = gateway.credentials(role_at(target, "deployer"), policies=[policy])

    come_and_go(deploy("documented", credentials))

    log = gateway.calls(access_key=credentials.access_key)
    assert len(log.refused) == 0
    # And what it allows is what was used: nothing in it is for nothing, but for the lifecycle that was left out here.
    used = {action.lower() for action in log.actions}
    unused = {action for action in actions_of([policy]) if action.lower() not in used}
    assert unused <= {"s3:PutLifecycleConfiguration"}


def test_deployer_without_a_grant_for_the_table_is_refused(
    gateway: Gateway, deploy: Deploy, target: Target, run_id: str
) -> None:
    """DynamoDB makes itself a grant on the key, in the caller's name: no emulator asks whether the caller may."""
    text = for_this(documented(), f"tfproof-deployer-grantless-{run_id}", target.account_id)
    credentials = gateway.credentials(role_at(target, "deployer"), policies=without_action([text], "kms:CreateGrant"))
    workspace = deploy("grantless", credentials)
    workspace.plan()

    with pytest.raises(TerraformError) as caught:
        workspace.apply()

    assert "kms:CreateGrant" in str(caught.value)
    assert "lock_table.tf" in str(caught.value)
    log = gateway.calls(access_key=credentials.access_key)
    assert {call.operation for call in log.refused.observed} == {"CreateTable"}
    workspace.destroy()


@in_mode("both")
@pytest.mark.parametrize("name", RECORDED[: at_night(len(RECORDED), 2)])
def test_recorded_policy_is_enough_and_minimal(name: str, bench: Bench, applied: Applied) -> None:
    operation, backend = operation_by_name(name), applied.outputs["backend_config"]
    recorded = bench.attempt(operation, backend, Caller(role_at(applied.target), (), enforced=False))
    policy = recorded.calls.minimal_policy()
    assert policy == type(recorded.calls)(reversed(list(recorded.calls))).minimal_policy()
    # Each trial has a state of its own; what was seen of the one must fit the other.
    text = re.sub(r"tfproof-trial-\d+", "tfproof-trial-*", json.dumps(policy))
    assert validate(text, PolicyKind.IDENTITY) == []

    assert bench.attempt(operation, backend, Caller(role_at(applied.target), (text,))).went_well

    unsettled = {
        action
        for statement in policy["Statement"]
        if statement["Sid"].startswith("Unsettled")
        for action in statement["Action"]
    }
    settled = {
        action
        for statement in policy["Statement"]
        if not statement["Sid"].startswith("Unsettled")
        for action in statement["Action"]
    }
    not_missed = {
        action
        for action in actions_of([text])
        if bench.attempt(operation, backend, Caller(role_at(applied.target), without_action([text], action))).went_well
    }
    assert not_missed == unsettled - settled
