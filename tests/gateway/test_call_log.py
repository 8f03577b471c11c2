"""Calls as values, the log of them, and the policy that would have been enough."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfproof.gateway.call import Call
from tfproof.gateway.call_log import CallLog
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.recorder import Recorder
from tfproof.iam import PolicyKind, validate

BUCKET, OBJECT = "arn:aws:s3:::states", "arn:aws:s3:::states/x"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
THROUGH_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


def call(*needs: Need, operation: str = "GetObject", **fields: Any) -> Call:
    given = {"service": "s3", "principal": "arn:aws:iam::123456789012:role/x", "access_key": "K", **fields}
    return Call(number=1, time=0.0, seconds=0.1, operation=operation, needs=needs, status=200, **given)


GET = Need("s3:GetObject", OBJECT)
LIST = Need("s3:ListBucket", BUCKET)
DECRYPT = Need("kms:Decrypt", KEY, THROUGH_S3, Basis.MODELLED, "S3 API Reference", implied=True)
UNSETTLED = Need(
    "kms:Decrypt",
    KEY,
    {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"},
    Basis.UNSETTLED,
    "DynamoDB usage notes",
    implied=True,
)


def test_call_survives_json() -> None:
    made = call(GET, DECRYPT, region="eu-west-1", decision="allowed", bytes_in=3)

    assert Call.from_json(made.to_json()) == made


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"needs": [{"action": "x"}]}', '{"needs": [], "more": 1}'])
def test_line_that_is_no_call_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"call|value"):
        Call.from_json(line)


def test_log_is_written_and_read_back(tmp_path: Path) -> None:
    log = CallLog([call(GET), call(LIST, operation="ListObjectsV2")])

    log.write(tmp_path / "calls.jsonl")

    assert list(CallLog.read(tmp_path / "calls.jsonl")) == list(log)
    assert log.operations == {"s3:GetObject": 1, "s3:ListObjectsV2": 1}
    assert len(log[1:]) == 1


def test_recorder_keeps_implied_calls_apart_and_numbers_all(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "calls.jsonl")

    recorder.add(call(GET, DECRYPT))
    recorder.add(call(LIST, operation="ListObjectsV2"))
    recorder.close()

    log = CallLog.read(tmp_path / "calls.jsonl")
    assert [(item.number, str(item), item.caused_by) for item in log] == [
        (1, "s3:GetObject 200", 0),
        (2, "kms:Decrypt implied", 1),
        (3, "s3:ListObjectsV2 200", 0),
    ]
    assert [item.implied for item in log] == [False, True, False]
    assert log[0].needs == (GET,)
    assert log[1].needs == (DECRYPT,)
    assert recorder.lines(since=2) == [log[2].to_json()]
    assert recorder.lines(access_key="another") == []
    assert (tmp_path / "calls.jsonl").stat().st_mode & 0o077 == 0


def test_actions_say_the_best_that_is_known() -> None:
    log = CallLog([call(UNSETTLED), call(GET, DECRYPT)])

    assert log.actions == {"kms:Decrypt": Basis.MODELLED, "s3:GetObject": Basis.OBSERVED}


# -- the policy --


def test_policy_groups_by_resource_and_by_the_service_in_between() -> None:
    put = Need("s3:PutObject", OBJECT)
    log = CallLog([call(GET, DECRYPT), call(put, operation="PutObject"), call(LIST), call(UNSETTLED)])

    statements = log.minimal_policy()["Statement"]

    assert statements == [
        {
            "Sid": "KMSThroughS3",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [KEY],
            "Condition": {"StringEquals": THROUGH_S3},
        },
        {
            "Sid": "UnsettledKMSThroughDynamodb",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [KEY],
            "Condition": {"StringEquals": dict(UNSETTLED.context)},
        },
        {"Sid": "S3", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [BUCKET]},
        {"Sid": "S32", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [OBJECT]},
    ]
    assert validate(json.dumps(log.minimal_policy()), PolicyKind.IDENTITY) == []


def test_policy_leaves_out_what_was_refused_what_needs_nothing_and_on_demand_what_is_unsettled() -> None:
    identity = Need("sts:GetCallerIdentity", "*")
    log = CallLog([call(GET, decision="implicitDeny"), call(identity, service="sts"), call(UNSETTLED), call(LIST)])

    assert [statement["Sid"] for statement in log.minimal_policy(unsettled=False)["Statement"]] == ["S3"]
    assert CallLog([call(GET, decision="explicitDeny")]).minimal_policy()["Statement"] == []


def test_policy_with_everything_does_not_also_name_parts() -> None:
    log = CallLog([call(Need("kms:ListKeys", "*")), call(Need("kms:ListKeys", KEY))])

    assert [statement["Resource"] for statement in log.minimal_policy()["Statement"]] == [["*"]]


NEEDS = st.builds(
    Need,
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "dynamodb:GetItem", "kms:Decrypt", "iam:GetUser"]),
    resource=st.sampled_from([BUCKET, OBJECT, KEY, "*"]),
    context=st.sampled_from([{}, THROUGH_S3]),
    basis=st.sampled_from(Basis),
    implied=st.booleans(),
)


@given(st.lists(st.lists(NEEDS, min_size=1, max_size=3), max_size=12), st.randoms(use_true_random=False))
def test_policy_is_valid_and_the_same_in_any_order(needs: list[list[Need]], shuffled: random.Random) -> None:
    calls = [call(*some) for some in needs]
    policy = CallLog(calls).minimal_policy()

    shuffled.shuffle(calls)

    assert CallLog(calls).minimal_policy() == policy
    if policy["Statement"]:
        assert validate(json.dumps(policy), PolicyKind.IDENTITY) == []
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
