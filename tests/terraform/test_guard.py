"""What a proof must never run is refused before Terraform starts, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tfproof.terraform import ProviderSource, Terraform, Workspace
from tfproof.terraform.guard import ALLOWED_PROVIDERS, Guard, GuardError
from tfproof.terraform.source import module_folders

Write = Callable[[Mapping[str, str]], Path]


def refused(folder: Path, guard: Guard | None = None) -> list[str]:
    """What is refused about a configuration, `FILE:LINE: WHAT`, files relative to its folder."""
    try:
        (guard or Guard()).check_source(module_folders(folder), folder.resolve())
    except GuardError as error:
        lines = error.message.splitlines()
        assert lines[0] == "this configuration could reach past the target:"
        return [line.strip().removeprefix(f"{folder.resolve()}/") for line in lines[1:]]
    return []


ONE_OF = ", ".join(sorted(ALLOWED_PROVIDERS))

REFUSED = {
    "backend": ('terraform {\n\n  backend "s3" {}\n}', ["3: a backend s3 block: a proof must not touch a backend"]),
    "cloud": ("terraform {\n  cloud {}\n}", ["2: a cloud block: a proof must not touch a backend that is in use"]),
    "endpoints": (
        'provider "aws" {\n  endpoints {\n    s3 = "https://s3.example.com"\n  }\n}',
        ["2: provider aws: endpoints sends calls to another endpoint than the target's"],
    ),
    "endpoints by a dynamic block": (
        'provider "aws" {\n  dynamic "endpoints" {\n    for_each = [1]\n    content {}\n  }\n}',
        ["2: provider aws: endpoints sends calls"],
    ),
    "profile": (
        'provider "aws" {\n  profile = "production"\n}',
        ["2: provider aws: profile uses credentials of the user's own"],
    ),
    "profile of an aliased provider on one line": (
        '\nprovider "aws" { profile = "p" }\n',
        ["2: provider aws: profile uses credentials"],
    ),
    "assume_role": (
        'provider "aws" {\n  alias = "x"\n  assume_role {\n    role_arn = "r"\n  }\n}',
        ["3: provider aws: assume_role takes a role"],
    ),
    "web identity": (
        'provider "aws" {\n  assume_role_with_web_identity {}\n}',
        ["2: provider aws: assume_role_with_web_identity takes a role"],
    ),
    "shared files": (
        'provider "aws" {\n  shared_config_files = ["a"]\n  shared_credentials_files = ["b"]\n}',
        ["2: provider aws: shared_config_files reads", "3: provider aws: shared_credentials_files reads"],
    ),
    "proxy": ('provider "aws" {\n  https_proxy = "http://p"\n}', ["2: provider aws: https_proxy sends calls through"]),
    "metadata": (
        'provider "aws" {\n  ec2_metadata_service_endpoint = "http://169.254.169.254"\n}',
        ["2: provider aws: ec2_metadata_service_endpoint asks a metadata service"],
    ),
    "aws under another name": (
        'terraform {\n  required_providers {\n    amazon = { source = "hashicorp/aws" }\n  }\n}\n'
        'provider "amazon" {\n  profile = "p"\n}',
        ["7: provider aws: profile uses credentials"],
    ),
    "remote state": (
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n}',
        ["1: data.terraform_remote_state.x reads another backend"],
    ),
    "external": (
        'data "external" "x" {\n  program = ["rm"]\n}',
        ["1: data.external.x runs a program", f"1: provider hashicorp/external is not one of {ONE_OF}"],
    ),
    "http": (
        'data "http" "x" {\n  url = "http://example.com"\n}',
        ["1: data.http.x sends a request", "1: provider hashicorp/http is not one of"],
    ),
    "http in a check": (
        'check "c" {\n  data "http" "x" {\n    url = "http://example.com"\n  }\n}',
        ["2: data.http in check.c sends a request", "2: provider hashicorp/http is not one of"],
    ),
    "ephemeral": ('ephemeral "http" "x" {}', ["1: ephemeral.http.x sends a request", "1: provider hashicorp/http is"]),
    "provisioner": (
        'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "rm"\n  }\n}',
        ["2: a provisioner local-exec in terraform_data.x runs a program"],
    ),
    "provisioner by a removed block": (
        'removed {\n  from = terraform_data.x\n  provisioner "local-exec" {\n    when = destroy\n  }\n}',
        ["3: a provisioner local-exec in removed runs a program"],
    ),
    "provider that is required": (
        'terraform {\n  required_providers {\n    v = { source = "hashicorp/vault" }\n  }\n}',
        ["3: provider hashicorp/vault is not one of"],
    ),
    "provider of another namespace": (
        'terraform {\n  required_providers {\n    aws = { version = "1", source = "evil/aws" }\n  }\n}',
        ["3: provider evil/aws is not one of"],
    ),
    "provider of another registry": (
        'terraform {\n  required_providers {\n    aws = { source = "example.com/hashicorp/aws" }\n  }\n}',
        ["3: provider example.com/hashicorp/aws is not one of"],
    ),
    "provider with the allowed one in a comment": (
        'terraform {\n  required_providers {\n    aws = { # source = "hashicorp/aws"\n      source = "evil/aws"\n'
        "    }\n  }\n}",
        ["3: provider evil/aws is not one of"],
    ),
    "provider that is implied by a resource": (
        'resource "vault_mount" "x" {}',
        ["1: provider hashicorp/vault is not one of"],
    ),
    "provider that is only configured": ('\nprovider "google" {}', ["2: provider hashicorp/google is not one of"]),
    "provider that a resource chooses": (
        'resource "aws_thing" "x" {\n  provider = vault.x\n}',
        ["1: provider hashicorp/vault is not one of"],
    ),
    "behind a BOM": ('\ufeffprovider "aws" {\n  profile = "p"\n}', ["2: provider aws: profile"]),
    "with CRLF": ('provider "aws" {\r\n  profile = "p"\r\n}\r\n', ["2: provider aws: profile"]),
    "after provider functions": (
        'locals {\n  a = provider::time::rfc3339_parse("x")\n}\nprovider "aws" {\n  profile = "p"\n}',
        ["5: provider aws: profile"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_file_and_line(write: Write, name: str) -> None:
    text, expected = REFUSED[name]

    found = refused(write({"main.tf": text}))

    assert len(found) == len(expected), found
    assert [line for line, start in zip(found, expected, strict=True) if not line.startswith(f"main.tf:{start}")] == []


REFUSED_JSON = {
    "backend": ('{"terraform": {"backend": {"s3": {"bucket": "b"}}}}', ["a backend s3 block"]),
    "backend in lists": ('[{"terraform": [{"backend": [{"s3": [{}]}]}, {"cloud": {}}]}]', ["a backend s3", "a cloud"]),
    "provider": ('{"provider": {"aws": {"profile": "p", "endpoints": {"s3": "x"}}}}', ["endpoints", "profile"]),
    "providers": ('{"provider": {"aws": [{"alias": "a"}, {"assume_role": [{"role_arn": "r"}]}]}}', ["assume_role"]),
    "files": ('{"provider": {"aws": {"shared_config_files": ["x"]}}}', ["shared_config_files"]),
    "required": ('{"terraform": {"required_providers": {"aws": {"source": "evil/aws"}}}}', ["provider evil/aws"]),
    "implied": ('{"resource": {"vault_mount": {"x": {}}}}', ["provider hashicorp/vault"]),
    "chosen": ('{"resource": {"aws_x": {"x": {"provider": "vault.y"}}}}', ["provider hashicorp/vault"]),
    "remote state": ('{"data": {"terraform_remote_state": {"x": {"backend": "s3"}}}}', ["terraform_remote_state.x"]),
    "provisioner": (
        '{"resource": {"terraform_data": {"x": {"provisioner": [{"local-exec": {"command": "rm"}}]}}}}',
        ["a provisioner local-exec in terraform_data.x runs a program"],
    ),
    "check": ('{"check": {"c": {"data": {"http": {"x": {}}}}}}', ["data.http in check.c", "hashicorp/http"]),
    "behind a BOM": ('\ufeff{"provider": {"aws": {"profile": "p"}}}', ["profile"]),
}


@pytest.mark.parametrize("name", REFUSED_JSON)
def test_is_refused_in_the_json_syntax_too(write: Write, name: str) -> None:
    text, expected = REFUSED_JSON[name]

    found = sorted(refused(write({"main.tf.json": text})))

    assert len(found) == len(expected), found
    for line, part in zip(found, sorted(expected), strict=True):
        assert line.startswith("main.tf.json:1: ")
        assert part in line


def test_every_reason_is_told_at_once(write: Write) -> None:
    texts = {f"{number}.tf": text for number, (text, _) in enumerate(REFUSED.values()) if "required" not in text}

    assert len(refused(write(texts))) > len(texts)


@pytest.mark.parametrize("depth", [1, 2])
def test_called_modules_are_looked_into(write: Write, depth: int) -> None:
    files = {"main.tf": 'module "a" {\n  source = "./one"\n}\n', "one/main.tf.json": "{}"}
    bad = 'provider "aws" {\n  profile = "p"\n}'
    if depth == 1:
        files["one/main.tf"] = bad
    else:
        files["one/main.tf"] = 'module "b" {\n  source = "../two"\n}'
        files["two/main.tf"] = bad

    where = "one" if depth == 1 else "two"
    assert refused(write(files)) == [f"{where}/main.tf:2: provider aws: profile uses credentials of the user's own"]


def test_modules_that_call_each_other_in_a_circle_are_looked_into_once(write: Write) -> None:
    folder = write(
        {"main.tf": 'module "a" {\n  source = "./one"\n}', "one/main.tf": 'module "b" {\n  source = "../"\n}'}
    )

    assert [path.name for path in module_folders(folder)] == ["module", "one"]
    assert refused(folder) == []


def test_a_backend_of_a_called_module_means_nothing_and_is_let_through(write: Write) -> None:
    files = {"main.tf": 'module "a" {\n  source = "./one"\n}', "one/main.tf": 'terraform {\n  backend "s3" {}\n}'}

    assert refused(write(files)) == []


@pytest.mark.parametrize(
    "text",
    [
        'provider "aws" {\n  region = "eu-west-1"\n  default_tags {\n    tags = { profile = "x" }\n  }\n}',
        'resource "aws_s3_bucket" "profile" {}\ndata "aws_region" "http" {}',
        'terraform {\n  required_providers {\n    aws = { source = "registry.terraform.io/HashiCorp/AWS" }\n  }\n}',
        'terraform {\n  required_providers {\n    aws = ">= 5"\n    random = { version = "3" }\n  }\n}',
        'resource "terraform_data" "x" {\n  input = "provisioner \\"local-exec\\" {}"\n}',
        'resource "null_resource" "x" {}\nresource "random_id" "x" { byte_length = 1 }',
        'locals {\n  text = <<EOT\nprovider "aws" {\n  profile = "p"\n}\nEOT\n}',
        '# provider "aws" { profile = "p" }\n/* terraform {\n  backend "s3" {}\n} */',
        'resource "aws_iam_role" "x" {\n  assume_role_policy = ""\n}',
        'terraform {\n  required_version = ">= 1.9"\n}',
    ],
)
def test_what_reaches_nothing_is_let_through(write: Write, text: str) -> None:
    assert refused(write({"main.tf": text})) == []


@pytest.mark.parametrize("name", [".hidden.tf", "#main.tf", "main.tf~", "main.tf.bak", "notes.md"])
def test_files_that_terraform_does_not_read_are_not_read(write: Write, name: str) -> None:
    assert refused(write({"main.tf": "", name: 'terraform {\n  backend "s3" {}\n}'})) == []


@pytest.mark.parametrize("module", [".", "examples/minimal", "examples/complete"])
def test_the_module_and_its_examples_are_let_through(request: pytest.FixtureRequest, module: str) -> None:
    assert refused(request.config.rootpath / "modules/state-backend" / module) == []


def test_another_provider_can_be_allowed(write: Write) -> None:
    folder = write({"main.tf": 'provider "google" {}'})

    assert refused(folder, Guard(allowed_providers=ALLOWED_PROVIDERS | {"hashicorp/google"})) == []


def test_the_remedy_names_ignore_backend_only_when_that_helps(write: Write) -> None:
    with pytest.raises(GuardError) as backend:
        Guard().check_source([write({"main.tf": 'terraform {\n  backend "s3" {}\n}'})], write({}))
    assert "--ignore-backend" in backend.value.remedy

    with pytest.raises(GuardError) as provider:
        Guard().check_source([write({"main.tf": 'provider "aws" {\n  profile = "p"\n}'})], write({}))
    assert "--ignore-backend" not in provider.value.remedy


def test_with_ignore_backend_a_local_one_takes_its_place_in_the_copy(
    write: Write, binary: Terraform, tmp_path: Path
) -> None:
    text = 'terraform {\n  backend "s3" {\n    bucket = "production"\n  }\n}\nresource "terraform_data" "x" {}\n'
    module = write({"main.tf": text})
    workspace = Workspace(
        tmp_path / "run", module, terraform=binary, providers=ProviderSource(tmp_path, "none"), environment={},
        guard=Guard(ignore_backend=True),
    )  # fmt: skip

    workspace.init()
    workspace.plan()

    assert workspace.show().changes["terraform_data.x"].actions == ("create",)
    assert [file.name for file in module.iterdir()] == ["main.tf"]
    assert "production" not in (workspace.root / ".terraform" / "terraform.tfstate").read_text(encoding="utf-8")


def test_is_refused_before_anything_is_written_or_run(write: Write, tmp_path: Path) -> None:
    module = write({"main.tf": 'terraform {\n  backend "s3" {}\n}'})
    never = Terraform(Path("/nonexistent/terraform"), "1.11.4")

    with pytest.raises(GuardError, match=r"main\.tf:2"):
        Workspace(tmp_path / "run", module, terraform=never, providers=ProviderSource(tmp_path, "none"), environment={})
    with pytest.raises(GuardError, match="is not on this machine"):
        Workspace(
            tmp_path / "run", write({"main.tf": ""}), terraform=never, providers=ProviderSource(tmp_path, "none"),
            environment={"AWS_ENDPOINT_URL": "https://s3.amazonaws.com"},
        )  # fmt: skip

    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:4566", "http://127.0.0.1", "https://127.0.0.1:1/", "http://127.8.9.1:5", "http://[::1]:4566",
     "http://localhost:4566/", "HTTP://LOCALHOST:1", "http://[0:0:0:0:0:0:0:1]:5"],
)  # fmt: skip
def test_loopback_endpoints_are_let_through(endpoint: str) -> None:
    Guard().check_endpoint(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://",
        "127.0.0.1:4566",
        "localhost:4566",
        "http://0.0.0.0:4566",
        "http://10.0.0.1:4566",
        "http://169.254.169.254",
        "http://192.168.1.1",
        "https://s3.amazonaws.com",
        "http://localhost.localstack.cloud:4566",
        "http://127.0.0.1.evil.com:4566",
        "http://localhost.evil.com",
        "http://evil.com/127.0.0.1",
        "http://evil.com?127.0.0.1",
        "http://evil.com#@127.0.0.1",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:80@evil.com",
        "http://evil.com@127.0.0.1",
        "http://evil.com\\@127.0.0.1/",
        "http://127.0.0.1\\evil.com",
        "http://127.0.0.1%2eevil.com",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://[::]:4566",
        "http://[::1",
        "http://[",
        "http://[fe80::1]",
        "file://127.0.0.1/etc",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "http://127.0.0.1 .evil.com",
        "http://\uff11\uff12\uff17.0.0.1",
    ],
)
def test_every_other_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(GuardError, match="is not on this machine") as caught:
        Guard().check_endpoint(endpoint)
    assert repr(endpoint) in str(caught.value)
    assert caught.value.exit_code == 2
