"""Real Terraform without a provider: `terraform_data` and modules, a tenth of a second a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tfproof.terraform import ProviderSource, Terraform, Workspace, find_terraform

Configure = Callable[..., Workspace]


@pytest.fixture(scope="session")
def binary() -> Terraform:
    """The Terraform on PATH."""
    return find_terraform()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes files into a module folder of the test's own."""

    def made(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "module"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        return folder

    return made


@pytest.fixture(scope="session")
def configure(binary: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Configure:
    """Makes an initialised workspace of files given as text."""

    def made(files: Mapping[str, str], **variables: object) -> Workspace:
        folder = tmp_path_factory.mktemp("configuration")
        for name, text in files.items():
            file = folder / "module" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        workspace = Workspace(
            folder / "run",
            folder / "module",
            terraform=binary,
            providers=ProviderSource(folder, "no provider is needed"),
            environment={},
            variables=variables,
        )
        workspace.init()
        return workspace

    return made
