"""The environment of Terraform: nothing of the caller's but what it needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfproof.terraform.environment import base_environment

_LEAKS = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_CA_BUNDLE": "/etc/ca.pem",
    "AWS_ENDPOINT_URL": "https://example.com",
    "AWS_ENDPOINT_URL_S3": "https://example.com",
    "AWS_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/home/u/.aws/config",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2",
    "AWS_S3_ENDPOINT": "https://example.com",
    "TF_VAR_bucket_name": "production",
    "TF_CLI_ARGS": "-var=x=y",
    "TF_CLI_ARGS_apply": "-auto-approve",
    "TF_CLI_CONFIG_FILE": "/home/u/.terraformrc",
    "TF_DATA_DIR": "/home/u/data",
    "TF_LOG": "TRACE",
    "TF_PLUGIN_CACHE_DIR": "/home/u/cache",
    "TF_REATTACH_PROVIDERS": "{}",
    "TF_WORKSPACE": "production",
    "TF_TOKEN_app_terraform_io": "secret",
    "TERRAFORM_CONFIG": "/home/u/.terraformrc",
    "XDG_CONFIG_HOME": "/home/u/.config",
    "NO_PROXY": "example.com",
    "no_proxy": "example.com",
    "ALL_PROXY": "socks5://proxy",
    "LD_PRELOAD": "/evil.so",
    "PYTHONPATH": "/evil",
    "GIT_ASKPASS": "/evil",
    "TFPROOF_PROVIDER_MIRROR": "/mirror",
}


@pytest.mark.parametrize("name", _LEAKS)
def test_nothing_of_the_callers_leaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, _LEAKS[name])

    assert base_environment(tmp_path).get(name) != _LEAKS[name]


def test_what_aws_and_terraform_may_read_is_a_short_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in _LEAKS.items():
        monkeypatch.setenv(name, value)

    environment = base_environment(tmp_path)

    assert {name for name in environment if name.upper().startswith(("AWS", "TF", "TERRAFORM"))} == {
        "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED",
        "TF_IN_AUTOMATION", "TF_INPUT", "TF_CLI_CONFIG_FILE",
    }  # fmt: skip
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environment["TF_CLI_CONFIG_FILE"] == os.devnull
    assert environment["TF_INPUT"] == "0"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environment["HOME"] == str(tmp_path)
    assert not set(_LEAKS.values()) & set(environment.values())


def test_no_proxy_stands_between_a_run_and_loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")

    environment = base_environment(tmp_path)

    assert environment["HTTPS_PROXY"] == "http://proxy:3128"
    for name in ("NO_PROXY", "no_proxy"):
        assert set(environment[name].split(",")) == {"127.0.0.1", "localhost", "::1"}


def test_what_is_needed_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("TZ", raising=False)

    environment = base_environment(tmp_path, cli_config=tmp_path / "rc", extra={"AWS_ENDPOINT_URL": "http://127.0.0.1"})

    assert (environment["PATH"], environment["LANG"]) == ("/bin", "C.UTF-8")
    assert "TZ" not in environment
    assert environment["TF_CLI_CONFIG_FILE"] == str(tmp_path / "rc")
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1"


@given(st.from_regex(r"(AWS|TF|TERRAFORM|GOOGLE|AZURE|ARM|VAULT|CONSUL)_[A-Z_]{1,20}", fullmatch=True))
def test_no_name_that_a_tool_could_listen_to_gets_through(name: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(name, "the caller's own")

        assert "the caller's own" not in base_environment(Path("/nowhere")).values()
