"""Which AWS calls Terraform makes for a state, in which order: by operation and lock mode.

The expected sequences were recorded apart from this project's gateway, with Terraform 1.11.4 on two emulators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from budget import at_night
from modes import in_mode
from who import role_at

from tfproof.backend_use.operations import OPERATIONS, BackendOperation
from tfproof.backend_use.trial import Bench, Caller
from tfproof.backend_use.use import lock_modes_of
from tfproof.gateway.call import Call
from tfproof.proof.fixtures import Applied

pytestmark = [pytest.mark.xdist_group("backend-calls"), in_mode("both")]

MODES = ("none", "dynamodb", "s3", "both")
# What each step of an operation is in each lock mode, in the order of MODES.
STEPS = {
    "lock": ("", "PutItem(lock)", "PUT(lock)", "PUT(lock) PutItem(lock)"),
    "unlock": (
        "",
        "GetItem(lock) DeleteItem(lock)",
        "GET(lock) DEL(lock)",
        "GET(lock) DEL(lock) GetItem(lock) DeleteItem(lock)",
    ),
    "read": ("HEAD GET", "HEAD GET GetItem(md5)", "HEAD GET", "HEAD GET GetItem(md5)"),
    "miss": ("HEAD=404", "HEAD=404 GetItem(md5)", "HEAD=404", "HEAD=404 GetItem(md5)"),
    "write": ("PUT", "PUT PutItem(md5)", "PUT", "PUT PutItem(md5)"),
    "drop": ("DEL", "DEL DeleteItem(md5)", "DEL", "DEL DeleteItem(md5)"),
    "LIST": ("LIST",) * 4,
}
CHANGE = "LIST lock read write unlock"
LOOK = "LIST read"
SEQUENCES = {
    "init, no state": "LIST LIST miss",
    "init": "LIST LIST read",
    "init -migrate-state": "LIST LIST miss lock miss miss write unlock LIST LIST read",
    "plan, no state": "LIST lock miss unlock",
    "plan": "LIST lock read unlock",
    "plan -lock=false": LOOK,
    "apply, no state": "LIST lock miss miss write unlock",
    "apply": CHANGE,
    "destroy": CHANGE,
    "output": LOOK,
    "state list": LOOK,
    "state pull": LOOK,
    "state push": CHANGE,
    "state mv": CHANGE,
    "state rm": CHANGE,
    "workspace list": "LIST",
    "workspace select": "LIST",
    "workspace new": "LIST LIST lock miss miss write unlock",
    "apply in a workspace": CHANGE,
    # The state is deleted after its lock was released.
    "workspace delete": "LIST LIST lock read unlock drop",
    "force-unlock": "LIST unlock",
    "terraform_remote_state": LOOK,
}
VERBS = {
    "ListObjectsV2": "LIST",
    "HeadObject": "HEAD",
    "GetObject": "GET",
    "PutObject": "PUT",
    "DeleteObject": "DEL",
}
ACTIONS = {
    "LIST": "s3:ListBucket",
    "HEAD": "s3:GetObject",
    "GET": "s3:GetObject",
    "PUT": "s3:PutObject",
    "DEL": "s3:DeleteObject",
}


def backend_in(mode: str, applied: Applied) -> dict[str, Any]:
    config = applied.outputs["backend_config"]
    modes = lock_modes_of(config)
    modes["none"] = {name: value for name, value in modes["s3"].items() if name != "use_lockfile"}
    return modes[mode]


def token(call: Call) -> str:
    """A call as the tables above write it."""
    if call.service == "dynamodb":
        rows = call.needs[0].context["dynamodb:LeadingKeys"]
        assert isinstance(rows, list)
        assert len(rows) == 1
        return f"{call.operation}({'md5' if str(rows[0]).endswith('-md5') else 'lock'})"
    verb = VERBS[call.operation]
    if call.needs[0].resource.endswith(".tflock"):
        verb += "(lock)"
    return f"{verb}={call.status}" if call.status == 404 else verb


def expected(operation: str, mode: str) -> list[str]:
    steps = SEQUENCES[operation].split()
    return [part for step in steps for part in STEPS[step][MODES.index(mode)].split()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every mode; by day at LocalStack the one that has the calls of all others."""
    if {"mode", "operation"} <= set(metafunc.fixturenames):
        everything = metafunc.config.getoption("--target") == "embedded" or at_night(1, 0)
        metafunc.parametrize(("mode", "operation"), list(cases(MODES if everything else ("both",))))


def cases(modes: Sequence[str]) -> Iterator[Any]:
    for mode in modes:
        for operation in OPERATIONS:
            if (mode, operation.name) != ("none", "force-unlock"):
                yield pytest.param(mode, operation, id=f"{mode}-{operation.name}")


def test_calls_are_those_that_are_known(mode: str, operation: BackendOperation, bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (), enforced=False)

    trial = bench.attempt(operation, backend_in(mode, applied), caller)

    assert trial.went_well, (trial.problems, trial.message)
    seen = [call for call in trial.calls.observed if call.service != "sts"]
    assert [token(call) for call in seen] == expected(operation.name, mode)
    # Without flags that skip it, the backend asks STS who it is, twice, before anything else.
    assert [call.operation for call in trial.calls.observed[:2]] == ["GetCallerIdentity"] * 2
    for call in seen:
        known = ACTIONS.get(token(call).partition("(")[0].partition("=")[0], f"{call.service}:{call.operation}")
        assert call.actions == (known,)


@pytest.mark.parametrize("mode", ["dynamodb", "s3"])
def test_s3_asks_kms_in_the_callers_name(mode: str, bench: Bench, applied: Applied) -> None:
    caller = Caller(role_at(applied.target), (), enforced=False)
    key, bucket = applied.outputs["kms_key_arn"], applied.outputs["bucket_arn"]

    trial = bench.attempt(next(item for item in OPERATIONS if item.name == "apply"), backend_in(mode, applied), caller)

    through_s3 = [call for call in trial.calls.implied if "s3." in str(call.needs[0].context.get("kms:ViaService"))]
    assert {call.operation for call in through_s3} == {"GenerateDataKey", "Decrypt"}
    for call in through_s3:
        (need,) = call.needs
        assert need.resource == key
        assert need.basis == "modelled"
        assert need.source
        # With a bucket key the context is the bucket's ARN, not the object's.
        assert need.context["kms:EncryptionContext:aws:s3:arn"] == bucket
    through_table = [call for call in trial.calls.implied if call not in list(through_s3)]
    assert {need.basis.value for call in through_table for need in call.needs} <= {"unsettled"}
    assert bool(through_table) is (mode == "dynamodb")
