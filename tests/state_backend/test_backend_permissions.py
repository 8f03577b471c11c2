"""Which policy is enough for what, and which action is needed by what: real Terraform, under enforcement."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from budget import at_night
from modes import MODES, PREFIX, in_mode
from permission_tables import read_tables
from who import role_at, user_at

from tfproof.backend_use.operations import OPERATIONS, operation_by_name
from tfproof.backend_use.permissions import (
    Cell,
    actions_of,
    permission_table,
    try_operations,
    without_action,
)
from tfproof.backend_use.trial import Bench, Caller, Trial
from tfproof.backend_use.use import lock_modes_of
from tfproof.checks import Backend
from tfproof.checks.backend_least_privilege import judge as judge_minimal
from tfproof.checks.backend_read_only_policy import judge as judge_read_only
from tfproof.checks.backend_trials import judge_sufficient
from tfproof.gateway.needs.need import Basis
from tfproof.proof.fixtures import Applied

pytestmark = pytest.mark.xdist_group("backend-permissions")

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"

# The operations that need nothing but reading, and what becomes of the others under the read-only policy.
READS = {
    "init",
    "plan -lock=false",
    "output",
    "state list",
    "state pull",
    "workspace list",
    "workspace select",
    "terraform_remote_state",
}
HARMLESS_ALL_THE_SAME = {"dynamodb": {"init, no state"}, "s3": {"init, no state"}, "both": {"init, no state"}}


def failed(trials: Mapping[str, Trial]) -> dict[str, tuple[str, ...]]:
    return {name: (*trial.problems, trial.message) for name, trial in trials.items() if not trial.went_well}


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize("output", ["documented_policy_json", "read_write_policy_json"])
def test_policy_is_enough_for_every_operation(mode: str, output: str, bench: Bench, applied: Applied) -> None:
    caller = Caller((user_at if mode == "s3" else role_at)(applied.target), (applied.outputs[output],))

    trials = try_operations(bench, applied.outputs["backend_config"], caller)

    assert failed(trials) == {}
    assert len(trials) == len(OPERATIONS)
    answers = list(judge_sufficient(Backend(applied.state), trials, output))
    assert {answer.verdict.value for answer in answers} == {"passed"}


@pytest.mark.parametrize("mode", MODES.values())
def test_read_only_policy_reads_everything_and_changes_nothing(mode: str, bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (applied.outputs["read_only_policy_json"],))

    trials = try_operations(bench, applied.outputs["backend_config"], caller)

    assert {name for name, trial in trials.items() if trial.went_well} == READS | HARMLESS_ALL_THE_SAME[mode]
    assert [name for name, trial in trials.items() if trial.state_changed] == []
    assert {answer.verdict.value for answer in judge_read_only(Backend(applied.state), trials)} == {"passed"}


@PREFIX
def test_prefix_form_is_enough_below_the_prefix(bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (applied.outputs["read_write_policy_json"],))

    assert failed(try_operations(bench, applied.outputs["backend_config"], caller)) == {}


@PREFIX
@pytest.mark.parametrize("key", ["team-b/terraform.tfstate", "team-abc/terraform.tfstate"])
def test_prefix_form_opens_no_state_beside_it(key: str, bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (applied.outputs["read_write_policy_json"],))
    other = {**applied.outputs["backend_config"], "key": key}
    operations = [operation_by_name(name) for name in ("init", "state pull", "plan", "apply", "workspace delete")]

    trials = try_operations(bench, other, caller, operations)

    assert [name for name, trial in trials.items() if trial.ran.exit_code == 0] == []
    assert [name for name, trial in trials.items() if trial.state_changed] == []


# -- what is needed --

KNOWN = read_tables(DOCUMENT)
# The same cells every day, so that a failure can be looked into; at night all of them.
SAMPLE = at_night(len(KNOWN), 48)
CELLS = sorted(random.Random("cells").sample(sorted(KNOWN), SAMPLE))  # noqa: S311  # a choice, not a secret


@in_mode("both")
@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_what_breaks_without_an_action(cell: tuple[str, str, str, str], bench: Bench, applied: Applied) -> None:
    policy, mode, name, action = cell
    text = applied.outputs[f"{policy.replace('-', '_')}_policy_json"]
    backend = lock_modes_of(applied.outputs["backend_config"])[mode]

    table = permission_table(
        bench,
        {mode: backend},
        Caller(role_at(applied.target), (text,)),
        policy=policy,
        operations=[operation_by_name(name)],
        actions=[action],
        settings=(),
    )

    (found,) = table.cells
    assert found.marks == KNOWN[cell], (found.problems, found.message)


@in_mode("dynamodb")
def test_every_action_of_the_read_write_policy_is_needed_or_unsettled(bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (applied.outputs["read_write_policy_json"],))
    # Enough to need every action there is.
    operations = [operation_by_name(name) for name in ("apply, no state", "workspace delete")]

    backend = {"dynamodb": applied.outputs["backend_config"]}
    table = permission_table(bench, backend, caller, policy="read-write", operations=operations, settings=())

    answers = list(judge_minimal(Backend(applied.state), table))
    assert {answer.verdict.value for answer in answers} == {"passed"}
    unsettled = {answer.subject.partition(" ")[0] for answer in answers if answer.found.startswith('"unsettled')}
    assert unsettled == {"kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}


@in_mode("s3")
def test_action_that_nothing_needs_is_found(bench: Bench, applied: Applied) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetBucketPolicy", "Resource": "*"}
    more = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    caller = Caller(role_at(applied.target), (applied.outputs["read_write_policy_json"], more))

    table = permission_table(
        bench,
        {"s3": applied.outputs["backend_config"]},
        caller,
        policy="read-write",
        operations=[operation_by_name("plan")],
        actions=["s3:GetBucketPolicy"],
        settings=(),
    )

    (answer,) = judge_minimal(Backend(applied.state), table)
    assert answer.verdict.value == "failed"
    assert "s3:GetBucketPolicy" in answer.subject


# -- parts --


def test_action_is_taken_out_of_every_statement() -> None:
    policy = """{"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
        {"Sid": "B", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"""

    (left,) = without_action([policy], "s3:GetObject")

    assert actions_of([policy]) == ["s3:GetObject", "s3:PutObject"]
    assert actions_of([left]) == ["s3:PutObject"]
    assert '"B"' not in left
    assert without_action([left], "s3:PutObject") == ()


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        ({"called": 0, "basis": None}, "."),
        ({"called": 2, "basis": Basis.OBSERVED}, "ok"),
        ({"called": 2, "basis": Basis.UNSETTLED}, "u"),
        ({"problems": ("refused: s3:ListBucket",)}, "S"),
        ({"problems": ("exit code 1", "refused: x", "lock left", "state not changed")}, "F+L+N"),
        ({"problems": ("refused: x", "lock left", "digest wrong")}, "L+D"),
        ({"problems": ("exit code 1", "errored.tfstate", "state not changed")}, "F+E+N"),
    ],
)
def test_marks(fields: dict[str, Any], marks: str) -> None:
    given: dict[str, Any] = {"called": 1, "basis": Basis.OBSERVED, **fields}

    assert Cell(operation="x", action="y", lock_mode="s3", **given).marks == marks
