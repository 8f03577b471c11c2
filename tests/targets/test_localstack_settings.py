"""The compose file and the host mode run the same LocalStack with the same settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its types are another package

from tfproof.targets.localstack.version import NEEDED_SERVICES, SETTINGS, VERSION

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "src/tfproof/targets/localstack/requirements.txt"


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert list(document["services"]) == ["localstack"]
    return dict(document["services"]["localstack"])


def test_environment_is_that_of_host_mode(service: dict[str, Any]) -> None:
    environment = dict(service["environment"])

    assert environment.pop("LOCALSTACK_AUTH_TOKEN", "absent") is None, "passed through when it is set, never written"
    assert {name: str(value) for name, value in environment.items()} == SETTINGS
    assert SETTINGS["SERVICES"].split(",") == list(NEEDED_SERVICES)
    assert "PERSISTENCE" not in SETTINGS


def test_version_is_that_of_host_mode(service: dict[str, Any]) -> None:
    image = str(service["image"])

    assert image == f"localstack/localstack:${{LOCALSTACK_IMAGE_TAG:-{VERSION}}}${{LOCALSTACK_IMAGE_DIGEST:-}}"
    assert re.search(
        rf"^localstack-core=={re.escape(VERSION)} ", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert f"localstack-core[runtime]=={VERSION}" in (ROOT / "requirements/localstack.in").read_text(encoding="utf-8")


def test_port_is_on_loopback_only_and_nothing_of_the_machine_is_let_in(service: dict[str, Any]) -> None:
    assert service["ports"] == ["127.0.0.1:${LOCALSTACK_PORT:-4566}:4566"]
    assert not {"volumes", "privileged", "network_mode", "cap_add"} & set(service)


def test_health_is_what_it_says_and_not_that_it_answers(service: dict[str, Any]) -> None:
    (kind, command) = service["healthcheck"]["test"]

    assert kind == "CMD-SHELL"
    assert "/_localstack/init/ready" in command
    assert '"completed": true' in command


def test_requirements_are_all_pinned_by_hash_and_name_no_registry() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    pinned = re.findall(
        r"^[A-Za-z0-9_.-]+(?:\[[a-z,]+\])?==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE
    )

    assert len(pinned) == len(re.findall(r"^[A-Za-z]", text, re.MULTILINE)) > 50
    assert "://" not in text
