"""Both examples, planned and applied: every check holds, and everything stands in the region it is meant for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from optional_checks import OPTIONAL

from tfproof import pytest_plugin
from tfproof.checks import CHECKS, Backend, Finding, LiveBackend, Verdict
from tfproof.proof.fixtures import Applied, SecondPlan
from tfproof.proof.stacks import StackSpec
from tfproof.targets.clients import make_client
from tfproof.targets.target import Target
from tfproof.terraform import ModuleSource, Plan

MODULE = "modules/state-backend"
MINIMAL = (f"{MODULE}/examples/minimal", {"bucket_name": "tfproof-minimal-{run}"})
COMPLETE: tuple[str, dict[str, str]] = (f"{MODULE}/examples/complete", {})

pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.usefixtures("both_applied")]
both = pytest.mark.parametrize(
    "example",
    [
        pytest.param(MINIMAL[0], marks=pytest.mark.stack(*MINIMAL), id="minimal"),
        pytest.param(COMPLETE[0], marks=pytest.mark.stack(*COMPLETE), id="complete"),
    ],
)
complete = pytest.mark.stack(*COMPLETE)


@pytest.fixture(scope="session")
def both_applied(request: pytest.FixtureRequest) -> None:
    """Both at once: each waits a minute for its lifecycle rules."""
    run = pytest_plugin._run(request.config)
    specs = [StackSpec(request.config.rootpath / path, run.named(variables)) for path, variables in (MINIMAL, COMPLETE)]
    with ThreadPoolExecutor(len(specs)) as pool:
        list(pool.map(run.applied, specs))


def wrong(findings: Iterable[Finding], *allowed: Verdict) -> list[str]:
    return [
        f"{item.check_id}: {item.answer.subject} {item.answer.path}: expected {item.answer.expected}, "
        f"found {item.answer.found} ({item.verdict})"
        for item in findings
        if item.verdict not in allowed
    ]


def on_configured(backend: Backend) -> Iterator[Finding]:
    return (finding for check in CHECKS for finding in check.on_configured(backend))


def configured_checks(example: str) -> set[str]:
    """All there are; the smallest use has no replication and no policy of its own."""
    return {check.id for check in CHECKS if check.configured} - (OPTIONAL if example == MINIMAL[0] else set())


@both
def test_no_check_fails_on_the_plan(example: str, plan: Plan) -> None:
    findings = list(on_configured(Backend(plan)))

    assert {item.check_id for item in findings} == configured_checks(example), example
    assert wrong(findings, Verdict.PASSED, Verdict.UNDECIDED) == []


@both
def test_every_check_holds_in_the_state(example: str, applied: Applied) -> None:
    findings = list(on_configured(applied.backend))

    assert {item.check_id for item in findings} == configured_checks(example), example
    assert wrong(findings, Verdict.PASSED) == []


@both
def test_every_check_holds_at_the_target(example: str, live: LiveBackend) -> None:
    findings = [finding for check in CHECKS for finding in check.on_live(live)]

    assert {item.check_id for item in findings} == {check.id for check in CHECKS if check.live}, example
    assert wrong(findings, Verdict.PASSED) == []


@both
def test_second_plan_is_empty(example: str, replan: Callable[..., SecondPlan]) -> None:
    assert replan(refresh=False).is_empty, example
    assert replan().is_empty, example


@both
def test_outputs_are_those_of_the_module(example: str, applied: Applied, request: pytest.FixtureRequest) -> None:
    def outputs(folder: str) -> dict[str, dict[str, str]]:
        blocks = ModuleSource(request.config.rootpath / folder).of_type("output")
        return {block.labels[0]: {name: item.text for name, item in block.attributes.items()} for block in blocks}

    own, module = outputs(example), outputs(MODULE)

    assert list(own) == list(module)
    for name, attributes in own.items():
        assert attributes == module[name] | {"value": f"module.state_backend.{name}"}, name
    # An output whose value is null is not in the state at all.
    null = {name for name in own if name not in applied.outputs}
    assert null == ({"iam_policy_arn", "replication_role_arn"} if "minimal" in example else set())


@pytest.mark.stack(*MINIMAL)
def test_minimal_takes_every_default(applied: Applied, run_id: str) -> None:
    assert len(applied.state.managed) == 10
    assert applied.outputs["backend_config"] == {
        "bucket": f"tfproof-minimal-{run_id}",
        "key": "terraform.tfstate",
        "region": "us-east-1",
        "encrypt": True,
        "kms_key_id": applied.outputs["kms_key_arn"],
        "dynamodb_table": f"tfproof-minimal-{run_id}-locks",
    }


@complete
def test_complete_documents_the_permissions_of_the_mission(applied: Applied) -> None:
    """The names, statements and actions as the mission has them, written out: nothing here is taken from the module."""
    key = applied.state["module.state_backend.aws_kms_key.tf_state"].at("arn")
    document: dict[str, Any] = json.loads(applied.outputs["documented_policy_json"])

    assert document["Version"] == "2012-10-17"
    assert [_sorted(statement) for statement in document["Statement"]] == [
        {
            "Sid": "AllowS3StateAccess",
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::terraform-state-cloud-app", "arn:aws:s3:::terraform-state-cloud-app/*"],
        },
        {
            "Sid": "AllowDynamoDBLockAccess",
            "Effect": "Allow",
            "Action": ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            "Resource": [f"arn:aws:dynamodb:us-east-1:{applied.target.account_id}:table/terraform-locks"],
        },
        {
            "Sid": "AllowKMSAccess",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            "Resource": [key],
        },
    ]


def _sorted(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement with its lists in order; where there is one element, AWS takes it without a list too."""
    lists = {name: statement[name] for name in ("Action", "Resource")}
    return statement | {name: sorted([item] if isinstance(item, str) else item) for name, item in lists.items()}


@complete
def test_complete_is_judged_by_its_state_bucket(applied: Applied) -> None:
    buckets = {resource.at("bucket") for resource in applied.backend.all_of("aws_s3_bucket")}
    backend = applied.backend

    assert buckets == {f"terraform-state-cloud-app{suffix}" for suffix in ("", "-logs", "-replica")}
    assert len(backend.all_of("aws_kms_key")) == 2
    assert backend.bucket is not None
    assert backend.bucket.address == "module.state_backend.aws_s3_bucket.tf_state"
    assert backend.key is not None
    assert backend.key.address == "module.state_backend.aws_kms_key.tf_state"
    for part in (
        "versioning",
        "public_access_block",
        "server_side_encryption_configuration",
        "lifecycle_configuration",
        "policy",
    ):
        found = backend.bucket_parts(f"aws_s3_bucket_{part}")
        assert [resource.module for resource in found] == ["module.state_backend"], part
    assert applied.live.bucket_name == "terraform-state-cloud-app"


@complete
def test_complete_stands_in_the_regions_it_is_meant_for(applied: Applied) -> None:
    """Of every resource in the state: its ARN, and the region that the provider noted beside it."""
    found: dict[str, set[str]] = {}
    for resource in applied.state.managed:
        arn = resource.at("arn", default=None)
        if arn is None:
            continue
        regions = {arn.split(":")[3], resource.at("region", default="")} - {"", None}
        found[resource.address] = regions

    elsewhere = {"aws_kms_key.replica", "aws_s3_bucket.replica"}
    global_ones = {address for address in found if "aws_iam_" in address}
    assert elsewhere < set(found)
    assert global_ones
    assert found == {
        address: set() if address in global_ones else {"eu-west-1" if address in elsewhere else "us-east-1"}
        for address in found
    }


def in_region(target: Target, service: str, region: str) -> Any:
    return make_client(service, endpoint=target.endpoint, region=region, access_key="tfproof", secret_key="tfproof")  # noqa: S106  # opens an emulator


@complete
def test_complete_stands_there_at_the_target_too(applied: Applied) -> None:
    target, state = applied.target, applied.state
    s3 = target.client("s3")
    locations = {
        name: s3.get_bucket_location(Bucket=f"terraform-state-cloud-app{name}")["LocationConstraint"] or "us-east-1"
        for name in ("", "-logs", "-replica")
    }
    own, replica = applied.outputs["kms_key_arn"], state["aws_kms_key.replica"].at("arn")

    assert locations == {"": "us-east-1", "-logs": "us-east-1", "-replica": "eu-west-1"}
    for arn, at_home, abroad in ((own, "us-east-1", "eu-west-1"), (replica, "eu-west-1", "us-east-1")):
        key = in_region(target, "kms", at_home).describe_key(KeyId=arn.rpartition("/")[2])["KeyMetadata"]
        assert (key["Arn"], key["KeyState"]) == (arn, "Enabled")
        with pytest.raises(ClientError, match="NotFound"):
            in_region(target, "kms", abroad).describe_key(KeyId=arn.rpartition("/")[2])
    tables = {
        region: in_region(target, "dynamodb", region).list_tables()["TableNames"] for region in locations.values()
    }
    assert "terraform-locks" in tables["us-east-1"]
    assert tables["eu-west-1"] == []


@complete
def test_complete_replicates_under_the_key_of_the_other_region(applied: Applied) -> None:
    rule = applied.live.replication["Rules"][0]

    assert applied.live.replication["Role"] == applied.outputs["replication_role_arn"]
    assert rule["Status"] == "Enabled"
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert rule["Destination"] == {
        "Bucket": "arn:aws:s3:::terraform-state-cloud-app-replica",
        "StorageClass": "STANDARD_IA",
        "EncryptionConfiguration": {"ReplicaKmsKeyID": applied.state["aws_kms_key.replica"].at("arn")},
    }


@complete
def test_complete_logs_into_its_log_bucket(applied: Applied) -> None:
    logging = applied.target.client("s3").get_bucket_logging(Bucket="terraform-state-cloud-app")["LoggingEnabled"]

    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("terraform-state-cloud-app-logs", "state/")


@complete
def test_complete_has_its_own_statement_beside_those_of_the_module(applied: Applied) -> None:
    sids = [statement["Sid"] for statement in json.loads(applied.live.bucket_policy or "{}")["Statement"]]

    assert "DenyOtherAccounts" in sids
    assert len(sids) == len(set(sids)) == 7
