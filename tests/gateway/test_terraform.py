"""Real Terraform and the real AWS provider through the gateway: HTTPS, and IAM's simulator as a data source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tfproof.backend_use.scratch import Scratch
from tfproof.gateway.client import Credentials, Gateway
from tfproof.proof.providers import Providers
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.terraform import Terraform, Workspace
from tfproof.terraform.provider_mirror import ProviderSource, find_provider_source

pytestmark = pytest.mark.xdist_group("gateway-terraform")

ACCOUNT = "123456789012"
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::states/*"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


@pytest.fixture(scope="module")
def providers(pytestconfig: pytest.Config) -> ProviderSource:
    return find_provider_source(pytestconfig.getoption("--provider-mirror"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("gateway") / "target.log") as made:
        yield made


@pytest.fixture
def gateway(target: EmbeddedTarget) -> Gateway:
    return Gateway(target)


def root_module(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return folder


def test_provider_kept_over_https_serves_three_commands(
    tmp_path: Path, target: EmbeddedTarget, gateway: Gateway, terraform: Terraform, providers: ProviderSource
) -> None:
    https = gateway.https()
    module = root_module(tmp_path / "module", 'resource "aws_s3_bucket" "this" {\n  bucket = "over-https"\n}\n')
    workspace = Workspace(
        tmp_path / "run",
        module,
        terraform=terraform,
        providers=providers,
        environment={
            **target.environment(),
            "AWS_ENDPOINT_URL": https.endpoint,
            "SSL_CERT_FILE": https.ca_file,
        },
    )
    folder = RunFolder()
    kept = Providers(folder)
    try:
        workspace.init()
        assert kept.serve(workspace)
        since = gateway.count()
        workspace.plan()
        workspace.apply()
        assert workspace.plan(name="second").exit_code == 0
        assert len(kept.process_ids()) == 1
        workspace.destroy()
    finally:
        kept.stop()
        folder.remove()

    calls = gateway.calls(since=since).observed
    assert {"CreateBucket", "DeleteBucket"} <= {call.operation for call in calls}
    assert {call.secure for call in calls} == {True}
    assert all("terraform-provider-aws" in call.user_agent for call in calls)


@pytest.fixture
def use(
    tmp_path: Path, terraform: Terraform, target: EmbeddedTarget, everything: Credentials
) -> Callable[..., Scratch]:
    """Makes scratch configurations with such a backend, in which Terraform is somebody on whom policies decide."""

    def make(name: str, **backend: Any) -> Scratch:
        settings = {"bucket": "states", "key": f"{name}.tfstate", "region": "us-east-1", **backend}
        return Scratch(tmp_path / name, terraform=terraform, target=target, backend=settings, credentials=everything)

    return make


@pytest.fixture
def states(target: EmbeddedTarget) -> str:
    """A bucket that refuses whoever comes without TLS."""
    s3 = target.client("s3")
    s3.create_bucket(Bucket="states")
    deny = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::states", "arn:aws:s3:::states/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="states", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    return "states"


@pytest.fixture
def everything(gateway: Gateway) -> Credentials:
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    return gateway.credentials(f"arn:aws:iam::{ACCOUNT}:role/terraform", policies=[allow])


@pytest.mark.usefixtures("states")
def test_backend_over_https_for_three_commands_where_http_is_refused(
    gateway: Gateway, use: Callable[..., Scratch]
) -> None:
    https = gateway.https()
    endpoints = {"s3": https.endpoint, "sts": https.endpoint}
    gateway.settings(loopback_is_tls=False)
    try:
        refused = use("http", use_lockfile=True).init()
        secure = use("https", custom_ca_bundle=https.ca_file, endpoints=endpoints, use_path_style=True)
        ran = [secure.init(), secure.run("apply", "-auto-approve", "-no-color"), secure.run("output", "-raw", "value")]
    finally:
        gateway.settings(loopback_is_tls=True)

    assert refused.exit_code == 1
    assert "explicit deny in a resource-based policy" in refused.said or "Forbidden" in refused.said
    assert [done.exit_code for done in ran] == [0, 0, 0], [done.said for done in ran]
    assert ran[2].stdout == "one"


@pytest.mark.usefixtures("states")
def test_plain_http_over_loopback_counts_as_tls_by_default(use: Callable[..., Scratch]) -> None:
    assert use("default").init().exit_code == 0


def test_terraforms_own_data_source_simulates(
    tmp_path: Path, target: EmbeddedTarget, terraform: Terraform, providers: ProviderSource
) -> None:
    module = root_module(
        tmp_path / "module",
        f"""
        resource "aws_iam_user" "reader" {{
          name = "reader"
        }}
        resource "aws_iam_user_policy" "reader" {{
          user   = aws_iam_user.reader.name
          policy = jsonencode({json.dumps(POLICY)})
        }}
        data "aws_iam_principal_policy_simulation" "read" {{
          policy_source_arn = aws_iam_user.reader.arn
          action_names      = ["s3:GetObject"]
          resource_arns     = ["arn:aws:s3:::states/x"]
          depends_on        = [aws_iam_user_policy.reader]
        }}
        data "aws_iam_principal_policy_simulation" "write" {{
          policy_source_arn = aws_iam_user.reader.arn
          action_names      = ["s3:PutObject", "s3:GetObject"]
          resource_arns     = ["arn:aws:s3:::states/x"]
          depends_on        = [aws_iam_user_policy.reader]
        }}
        output "allowed" {{
          value = {{
            read   = data.aws_iam_principal_policy_simulation.read.all_allowed
            write  = data.aws_iam_principal_policy_simulation.write.all_allowed
            found = {{
              for result in data.aws_iam_principal_policy_simulation.write.results :
              result.action_name => result.decision
            }}
          }}
        }}
        """,
    )
    workspace = Workspace(
        tmp_path / "run", module, terraform=terraform, providers=providers, environment=target.environment()
    )
    workspace.init()
    workspace.plan()
    workspace.apply()
    allowed = workspace.state().outputs["allowed"].value
    workspace.destroy()

    assert allowed == {
        "read": True,
        "write": False,
        "found": {"s3:PutObject": "implicitDeny", "s3:GetObject": "allowed"},
    }


def test_boto3_simulates_a_custom_policy_and_names_context_keys(target: EmbeddedTarget) -> None:
    iam = target.client("iam")
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{**STATEMENT, "Condition": {"StringEquals": {"aws:username": "reader"}}}],
        }
    )

    (result,) = iam.simulate_custom_policy(
        PolicyInputList=[text], ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::states/x"]
    )["EvaluationResults"]

    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:username"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"] == ["aws:username"]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", ActionNames=["s3:GetObject"]
        )
    with pytest.raises(iam.exceptions.InvalidInputException, match="Invalid Input Action"):
        iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["nonsense"])


def test_assumed_role_is_known_by_its_session(target: EmbeddedTarget, gateway: Gateway) -> None:
    """STS's answer passes through the gateway, which learns whom the new access key stands for."""
    from tfproof.targets.clients import make_client  # noqa: PLC0415

    iam, sts = target.client("iam"), target.client("sts")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="session-role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="session-role", PolicyName="held", PolicyDocument=json.dumps(POLICY))
    given = sts.assume_role(RoleArn=role, RoleSessionName="ci")["Credentials"]
    s3 = make_client(
        "s3",
        endpoint=target.endpoint,
        region="us-east-1",
        access_key=given["AccessKeyId"],
        secret_key=given["SecretAccessKey"],
    )
    gateway.settings(enforce=True)
    try:
        with pytest.raises(s3.exceptions.ClientError) as caught:
            s3.list_objects_v2(Bucket="states")
    finally:
        gateway.settings(enforce=False)

    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/session-role/ci"
    assert f"User: {session} is not authorized to perform: s3:ListBucket" in str(caught.value)
    assert gateway.calls(access_key=given["AccessKeyId"])[-1].principal == session
