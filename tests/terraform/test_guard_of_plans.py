"""Which plans are refused in an account that has other things than the run's."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.terraform.guard import Guard, GuardError
from tfproof.terraform.plan import Plan

OWNER = ("tfproof-run", "abc123")


def plan(
    after: dict[str, Any], *, kind: str = "aws_kms_key", actions: tuple[str, ...] = ("create",), **more: Any
) -> Plan:
    address = f"{kind}.this"
    resource = {"address": address, "mode": "managed", "type": kind, "name": "this", "values": after}
    unknown = more.pop("after_unknown", {})
    change = {"actions": list(actions), "before": None, "after": after, "after_unknown": unknown, **more}
    return Plan(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {"resources": [resource]}},
            "resource_changes": [{**resource, "change": change}],
        }
    )


@pytest.mark.parametrize(
    "sound",
    [
        plan({"tags_all": {"tfproof-run": "abc123", "team": "x"}}),
        plan({"policy": "{}"}, kind="aws_s3_bucket_policy"),
        plan({"tags_all": None}, actions=("no-op",)),
        plan({}, after_unknown={"tags_all": True}),
        plan({"bucket": "acme-abc123", "tags_all": {"tfproof-run": "abc123"}}, kind="aws_s3_bucket"),
        plan({"tags_all": {"tfproof-run": "abc123"}}, kind="aws_s3_bucket", after_unknown={"bucket": True}),
    ],
)
def test_what_is_the_runs_own_is_let_through(sound: Plan) -> None:
    Guard(owner=OWNER).check_plan(lambda: sound)


@pytest.mark.parametrize(
    ("strange", "said"),
    [
        (plan({"tags_all": {}}), "aws_kms_key.this would not carry the tag tfproof-run=abc123"),
        (plan({"tags_all": None}), "would not carry the tag"),
        (plan({"tags_all": {"tfproof-run": "of an earlier run"}}), "would not carry the tag"),
        (plan({"tags_all": {}}, actions=("delete", "create")), "would not carry the tag"),
        (
            plan({"bucket": "production", "tags_all": {"tfproof-run": "abc123"}}, kind="aws_s3_bucket"),
            "would be production, a name without the run's id",
        ),
        (plan({"tags_all": {}}, actions=("no-op",), importing={"id": "x"}), "aws_kms_key.this is imported"),
    ],
)
def test_what_would_not_be_known_as_the_runs_own_is_refused(strange: Plan, said: str) -> None:
    with pytest.raises(GuardError, match=said):
        Guard(owner=OWNER).check_plan(lambda: strange)


def test_plan_is_not_even_read_where_the_account_is_the_runs_own() -> None:
    def show() -> Plan:
        raise AssertionError

    Guard().check_plan(show)
