"""One provider process for many commands, and only where that is safe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cheap_stack import write_module

from tfproof.proof.fixtures import Applied
from tfproof.terraform import Workspace
from tfproof.terraform.provider_process import serving_key

# The primary region's table depends on the aliased one's: on one shared provider process the second Configure
# overwrites the first, and this table was seen to come up in eu-west-1, with exit code 0.
TWO_REGIONS = """
provider "aws" {
  region = "us-east-1"
}
provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
}
resource "aws_dynamodb_table" "replica" {
  provider     = aws.replica
  name         = "replica"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_kms_key" "replica" {
  provider = aws.replica
}
resource "aws_dynamodb_table" "primary" {
  name         = "primary-of-${aws_dynamodb_table.replica.name}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_kms_key" "primary" {
  description = aws_kms_key.replica.arn
}
output "arns" {
  value = {
    primary = [aws_dynamodb_table.primary.arn, aws_kms_key.primary.arn]
    replica = [aws_dynamodb_table.replica.arn, aws_kms_key.replica.arn]
  }
}
"""
BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "bucket-of-keys"\n}\n'


@pytest.fixture
def key_of(workspace: Callable[..., Workspace], tmp_path: Path) -> Callable[..., str | None]:
    """The serving key of a configuration, initialised."""
    numbers = iter(range(100))

    def make(text: str, **environment: str) -> str | None:
        made = workspace(write_module(tmp_path / f"configuration-{next(numbers)}", text))
        return serving_key(made.root, {**made.environment, **environment})

    return make


def test_two_regions_stand_where_they_should(workspace: Callable[..., Workspace], tmp_path: Path) -> None:
    made = workspace(write_module(tmp_path / "two-regions", TWO_REGIONS))
    made.plan()
    made.apply()
    arns: dict[str, list[str]] = made.state().outputs["arns"].value

    assert "TF_REATTACH_PROVIDERS" not in made.environment
    assert {arn.split(":")[3] for arn in arns["primary"]} == {"us-east-1"}
    assert {arn.split(":")[3] for arn in arns["replica"]} == {"eu-west-1"}


def test_plain_configuration_is_served(workspace: Callable[..., Workspace], tmp_path: Path) -> None:
    made = workspace(write_module(tmp_path / "plain", BUCKET))

    assert "TF_REATTACH_PROVIDERS" in made.environment


@pytest.mark.parametrize(
    "provider",
    [
        'provider "aws" {}\nprovider "aws" {\n  alias = "b"\n}\n',
        'provider "aws" {\n  alias = "only"\n}\n',
        'variable "region" {\n  default = "us-east-1"\n}\nprovider "aws" {\n  region = var.region\n}\n',
        'locals {\n  r = "us-east-1"\n}\nprovider "aws" {\n  region = local.r\n}\n',
    ],
    ids=["two", "alias", "variable", "local"],
)
def test_anything_but_one_plain_provider_block_is_not_served(key_of: Callable[..., str | None], provider: str) -> None:
    assert key_of(provider + BUCKET) is None


def test_processes_are_told_apart_by_endpoint_region_credentials_and_arguments(
    key_of: Callable[..., str | None],
) -> None:
    plain = key_of(BUCKET)
    others: list[Any] = [
        key_of(BUCKET, AWS_ENDPOINT_URL="http://127.0.0.1:1"),
        key_of(BUCKET, AWS_REGION="eu-west-1"),
        key_of(BUCKET, AWS_ACCESS_KEY_ID="another"),
        key_of('provider "aws" {\n  max_retries = 1\n}\n' + BUCKET),
        key_of('provider "aws" {\n  default_tags {\n    tags = { a = "b" }\n  }\n}\n' + BUCKET),
    ]

    assert plain is not None
    assert None not in others
    assert len({plain, *others}) == 1 + len(others)
    assert key_of('provider "aws" {}\n' + BUCKET) != plain  # said is not the same as not said: each its own process


@pytest.mark.stack("modules/state-backend", {"bucket_name": "tfproof-state"})
def test_module_of_this_repository_is_served(applied: Applied) -> None:
    assert applied.outputs["bucket_name"] == "tfproof-state"
