"""The target aws: an emulator stands in for AWS, so that every call to it is known."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_account import ACCOUNT, OTHER_ACCOUNT, SECRET, Outer, StandIn, at
from budget import at_night
from cheap_stack import left_behind

from tfproof.errors import TfproofError
from tfproof.gateway.client import Gateway
from tfproof.proof import interventions
from tfproof.proof.run_folder import MANIFEST
from tfproof.targets.aws import AwsTarget, Credentials, find_tagged, run_tags
from tfproof.terraform import State

pytestmark = pytest.mark.xdist_group("aws")

ADMINISTRATOR = Credentials("tfproof", SECRET)
STATE_BACKEND = Path(__file__).parents[2] / "modules" / "state-backend"
WITH_RULES = bool(at_night(1, 0))
"""Whether the module has its lifecycle rules, for which the provider waits a minute."""
RULES = {"incomplete-uploads", "lock-file-versions", "noncurrent-versions"}


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("aws") / "account", ACCOUNT) as made:
        made.client("s3").create_bucket(Bucket="production")
        made.client("s3").put_object(Bucket="production", Key="state", Body=b"of the company")
        yield made


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("aws") / "wrong", OTHER_ACCOUNT) as made:
        yield made


@pytest.fixture
def outer(tmp_path: Path) -> Outer:
    return Outer(tmp_path)


NAME = ("--var", "name=acme-{run}")


@pytest.mark.parametrize("command", [("prove", "module", *NAME), ("gc",)], ids=["prove", "gc"])
def test_nothing_but_the_caller_is_asked_in_an_account_that_is_not_allowed(
    command: Sequence[str], outer: Outer, wrong: StandIn
) -> None:
    before = wrong.calls()

    code, _, errors = outer.run(*command, *at(wrong))

    assert code == 2
    assert f"aws_account_allow='{ACCOUNT}': the credentials are of account {OTHER_ACCOUNT}" in errors
    assert f"--aws-account-allow {OTHER_ACCOUNT}" in errors
    assert wrong.calls()[len(before) :] == ["GetCallerIdentity"]
    assert outer.folders() == []


def test_no_test_of_pytest_reaches_an_account_that_is_not_allowed(outer: Outer, wrong: StandIn) -> None:
    (outer.temporary.parent / "test_it.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.stack('module', {'name': 'acme-{run}'})\n"
        "def test_applied(applied): pass\n"
        "def test_planned(plan): pass\n",
        encoding="utf-8",
    )
    before = wrong.calls()

    code, output, _ = outer.run("test_it.py", "-p", "no:cacheprovider", *at(wrong), module="pytest")

    assert code == 1
    assert f"the credentials are of account {OTHER_ACCOUNT}" in output
    assert set(wrong.calls()[len(before) :]) == {"GetCallerIdentity"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prove", "module", "--target", "aws"], "target='aws' makes things in a real account, and none is allowed"),
        (["gc", "--target", "aws"], "target='aws' makes things in a real account, and none is allowed"),
        (["prove", "module", "--target", "aws", "--aws-account-allow", "1234"], "aws_account_allow='1234' is no AWS"),
        (["prove", "module", "--aws-account-allow", ACCOUNT], "target='embedded' is no AWS account"),
        (["gc", "--aws-account-allow", ACCOUNT], f"aws_account_allow=['{ACCOUNT}'] needs --target aws"),
        (
            ["prove", "module", "--target", "aws", "--aws-account-allow", ACCOUNT, "--var", "name=acme"],
            "no variable carries the run's id",
        ),
        (
            [
                "prove",
                "module",
                "--target",
                "aws",
                "--aws-account-allow",
                ACCOUNT,
                *NAME,
                "--endpoint-url",
                "http://10.0.0.1",
            ],
            "endpoint='http://10.0.0.1' is not on this machine",
        ),
    ],
)
def test_bad_usage_is_told_before_anything_is_asked(outer: Outer, arguments: list[str], said: str) -> None:
    code, _, errors = outer.run(*arguments)

    assert code == 2
    assert said in errors
    assert outer.folders() == []


def test_caller_without_credentials_is_told(outer: Outer, stand_in: StandIn) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del outer.environment[name]

    code, _, errors = outer.run("prove", "module", *NAME, *at(stand_in))

    assert code == 3
    assert "there are no AWS credentials" in errors


def test_credentials_that_are_refused_are_told(outer: Outer) -> None:
    # Nobody listens there: AWS does not say whose they are.
    where = ("--target", "aws", "--aws-account-allow", ACCOUNT, "--endpoint-url", "http://127.0.0.1:9")

    code, _, errors = outer.run("prove", "module", *NAME, *where)

    assert code == 3
    assert "AWS does not say whose credentials these are" in errors
    assert "aws sts get-caller-identity" in errors


def test_module_is_proved_there_and_nothing_of_it_or_its_secrets_is_left(outer: Outer, stand_in: StandIn) -> None:
    evidence = outer.temporary.parent / "evidence.json"
    values = ["--var", "bucket_name=acme-{run}", *([] if WITH_RULES else ["--var", "lifecycle_enabled=false"])]

    code, output, errors = outer.run(
        "prove", str(STATE_BACKEND), *values, *at(stand_in), "--keep", "--evidence", str(evidence)
    )

    assert errors == ""
    found = json.loads(evidence.read_text(encoding="utf-8"))
    assert found["complete"]
    not_passed = {check["id"] for check in found["checks"] if check["outcome"] in ("failed", "undecided")}
    assert (code, not_passed) == ((0, set()) if WITH_RULES else (1, RULES)), output
    assert f"AWS account {ACCOUNT} in us-east-1" in output
    assert "the module was not used as a backend" in output
    assert stand_in.leftovers() == ["s3 bucket production"]
    (folder,) = outer.folders()
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        assert SECRET.encode() not in file.read_bytes(), file


def test_killed_run_is_cleared_up_by_its_tag_and_only_in_its_account(outer: Outer, stand_in: StandIn) -> None:
    process = outer.start("prove", "module", *NAME, *at(stand_in))
    began = len(stand_in.calls())
    deadline = time.monotonic() + 120
    while "CreateKey" not in stand_in.calls()[began:]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    (folder,) = outer.folders()
    run_id = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["target"]["run_id"]
    made = set(stand_in.leftovers()) - {"s3 bucket production"}
    assert {f"s3 bucket acme-{run_id}", f"dynamodb table acme-{run_id}", f"iam policy acme-{run_id}"} <= made

    code, told, _ = outer.run("gc")
    assert code == 0
    assert f"{folder}: left alone, what it made is still in AWS account {ACCOUNT}" in told
    code, told, _ = outer.run("gc", "--dry-run", *at(stand_in))
    assert f"would delete s3 bucket acme-{run_id} of run {run_id}" in told
    assert f"s3 bucket acme-{run_id}" in stand_in.leftovers()

    code, told, errors = outer.run("gc", *at(stand_in))

    assert (code, errors) == (0, "")
    assert f"deleted s3 bucket acme-{run_id}" in told
    assert "(pending deletion)" in told
    assert stand_in.leftovers() == ["s3 bucket production"]
    assert outer.folders() == []
    assert left_behind(outer.temporary) == []


def tag_bucket(stand_in: StandIn, name: str, tags: dict[str, str]) -> None:
    s3 = stand_in.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="x", Body=b"x")
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": tags[key]} for key in tags]})


def test_only_what_has_expired_is_collected_of_runs_elsewhere(outer: Outer, stand_in: StandIn) -> None:
    now = datetime.now(UTC)
    long_ago = run_tags("aaaaaa", now - timedelta(days=2))
    tag_bucket(stand_in, "expired", long_ago)
    tag_bucket(stand_in, "running", run_tags("bbbbbb", now))
    tag_bucket(stand_in, "unreadable", {**long_ago, "tfproof-expires": "some day"})
    tag_bucket(stand_in, "not-a-run", {"tfproof-expires": long_ago["tfproof-expires"]})

    code, told, _ = outer.run("gc", *at(stand_in))

    left = stand_in.leftovers()
    for name in ("running", "unreadable", "not-a-run", "expired"):
        if f"s3 bucket {name}" in left:
            stand_in.client("s3").delete_object(Bucket=name, Key="x")
            stand_in.client("s3").delete_bucket(Bucket=name)
    assert code == 0
    assert told == f"AWS account {ACCOUNT} in us-east-1, stood for by {stand_in.endpoint}: deleted s3 bucket expired\n"
    names = ("not-a-run", "production", "running", "unreadable")
    assert left == [f"s3 bucket {name}" for name in names]


def test_tags_that_may_not_be_read_are_told_and_their_owner_left_alone(outer: Outer, stand_in: StandIn) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    hidden = {"Effect": "Deny", "Action": "s3:GetBucketTagging", "Resource": "arn:aws:s3:::production"}
    policy = {"Version": "2012-10-17", "Statement": [everything, hidden]}
    caller = Gateway(stand_in).credentials(f"arn:aws:iam::{ACCOUNT}:user/somebody", policies=[policy])
    outer.environment |= caller.environment()

    code, told, _ = outer.run("gc", *at(stand_in))

    assert code == 0
    assert told.endswith(": the tags of bucket production may not be read, left alone\n")
    assert stand_in.leftovers() == ["s3 bucket production"]


def test_look_that_is_refused_is_told(outer: Outer, stand_in: StandIn) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    caller = Gateway(stand_in).credentials(f"arn:aws:iam::{ACCOUNT}:user/nobody", policies=[policy])
    outer.environment |= caller.environment()

    code, told, errors = outer.run("gc", *at(stand_in))

    assert (code, told) == (3, "")
    assert "dynamodb:ListTables" in errors
    assert "docs/aws.md lists the permissions needed" in errors


def test_what_cannot_be_deleted_is_told_and_the_rest_is_deleted(outer: Outer, stand_in: StandIn) -> None:
    long_ago = run_tags("aaaaaa", datetime.now(UTC) - timedelta(days=2))
    tags = [{"Key": key, "Value": value} for key, value in long_ago.items()]
    tag_bucket(stand_in, "guarded", long_ago)
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::guarded"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    stand_in.client("s3").put_bucket_policy(Bucket="guarded", Policy=policy)
    for name in ("kept", "unguarded"):
        stand_in.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            Tags=tags,
        )
    key = stand_in.client("kms").create_key(Tags=[{"TagKey": t["Key"], "TagValue": t["Value"]} for t in tags])
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    hands_off = {"Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "arn:aws:dynamodb:*:*:table/kept"}
    caller = Gateway(stand_in).credentials(
        f"arn:aws:iam::{ACCOUNT}:user/collector",
        policies=[{"Version": "2012-10-17", "Statement": [everything, hands_off]}],
    )
    outer.environment |= caller.environment()

    code, told, errors = outer.run("gc", *at(stand_in))

    left = stand_in.leftovers()
    if "dynamodb table kept" in left:
        stand_in.client("dynamodb").delete_table(TableName="kept")
    assert left == ["dynamodb table kept", "s3 bucket production"]
    assert (code, len(told.splitlines())) == (3, 3), told + errors
    assert key["KeyMetadata"]["KeyId"] in told
    assert "  dynamodb table kept: " in errors
    assert "dynamodb:DeleteTable" in errors


def test_stacks_of_pytest_are_applied_there_once_for_all_workers(outer: Outer, stand_in: StandIn) -> None:
    (outer.temporary.parent / "test_it.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.stack('module', {'name': 'acme-{run}'})\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_it(applied, replan, target, run_id, number):\n"
        "    assert target.kind == 'aws'\n"
        "    assert applied.outputs['name'] == f'acme-{run_id}'\n"
        "    for what in ('s3_bucket.this', 'dynamodb_table.protected', 'iam_policy.use', 'kms_key.this'):\n"
        "        tags = applied.state[f'aws_{what}'].at('tags_all')\n"
        "        assert set(tags) == {'tfproof-run', 'tfproof-expires'}\n"
        "        assert tags['tfproof-run'] == run_id\n"
        "    target.client('s3').head_bucket(Bucket=f'acme-{run_id}')\n",
        encoding="utf-8",
    )
    began = len(stand_in.calls())

    code, output, _ = outer.run("test_it.py", "-n", "2", "-p", "no:cacheprovider", *at(stand_in), module="pytest")

    assert (code, "4 passed" in output) == (0, True), output
    assert stand_in.calls()[began:].count("CreateBucket") == 1
    assert stand_in.leftovers() == ["s3 bucket production"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'import {\n  to = aws_s3_bucket.this\n  id = "production"\n}\n'
            'variable "name" {}\nresource "aws_s3_bucket" "this" {\n  bucket = "production"\n}\n',
            "main.tf:1: an import block takes over what was there",
        ),
        (
            'variable "name" {}\nresource "aws_s3_bucket" "this" {\n  bucket = "production"\n}\n',
            "aws_s3_bucket.this would be production, a name without the run's id",
        ),
    ],
    ids=["import", "name"],
)
@pytest.mark.parametrize("way", ["prove", "pytest"])
def test_what_is_in_use_is_not_taken_over(text: str, said: str, way: str, outer: Outer, stand_in: StandIn) -> None:
    (outer.module / "main.tf").write_text(text, encoding="utf-8")
    began = len(stand_in.calls())
    if way == "prove":
        code, output, errors = outer.run("prove", "module", "--var", "name=acme-{run}", *at(stand_in))
    else:
        (outer.temporary.parent / "test_it.py").write_text(
            "import pytest\n@pytest.mark.stack('module', {'name': 'acme'})\ndef test_it(applied):\n    pass\n",
            encoding="utf-8",
        )
        code, output, errors = outer.run("test_it.py", "-p", "no:cacheprovider", *at(stand_in), module="pytest")

    assert code in (1, 2), output + errors
    assert said in " ".join((output + errors).replace("\nE  ", " ").split()), output + errors
    assert not {"CreateBucket", "PutBucketTagging", "DeleteBucket", "DeleteObjects"} & set(stand_in.calls()[began:])
    assert stand_in.client("s3").get_object(Bucket="production", Key="state")["Body"].read() == b"of the company"
    assert outer.folders() == []


def state_of(tags: dict[str, Any]) -> State:
    attributes = {"bucket": "production", "id": "production", "tags_all": tags}
    instance = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
    bucket = {
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "this",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [instance],
    }
    return State({"version": 4, "resources": [bucket], "outputs": {}})


@pytest.mark.parametrize("tags", [{}, {"tfproof-run": "bbbbbb"}, {"tfproof-expires": "2020-01-01T00:00:00Z"}])
def test_nothing_is_emptied_that_another_has_made(stand_in: StandIn, tags: dict[str, str]) -> None:
    with AwsTarget(allowed=[ACCOUNT], run_id="aaaaaa", endpoint=stand_in.endpoint, credentials=ADMINISTRATOR) as target:
        with pytest.raises(TfproofError, match=r"aws_s3_bucket.this does not carry the tags of this run"):
            interventions.release(target, state_of(tags))
        assert find_tagged(target.client).found == []
    assert stand_in.client("s3").list_objects_v2(Bucket="production")["KeyCount"] == 1


def test_credentials_are_not_shown() -> None:
    assert SECRET not in repr(Credentials("tfproof", SECRET, SECRET))
