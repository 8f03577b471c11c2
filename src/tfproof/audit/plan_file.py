"""A plan file as `terraform plan -out` writes it, shown with Terraform."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tfproof.audit.errors import DocumentError

__all__ = ["show_plan_file"]


def show_plan_file(data: bytes, folder: Path, terraform: str | None) -> bytes:
    """The JSON of a plan file.

    Args:
        data: The plan file's bytes.
        folder: The initialised working folder it was made in, whose providers Terraform needs to read it.
        terraform: Binary to use; by default as for a proof.

    Raises:
        DocumentError: Terraform cannot show it.
        EnvironmentProblem: There is no Terraform.
    """
    from tfproof.terraform.binary import find_terraform  # noqa: PLC0415
    from tfproof.terraform.command import run  # noqa: PLC0415
    from tfproof.terraform.environment import base_environment  # noqa: PLC0415
    from tfproof.terraform.errors import TerraformError  # noqa: PLC0415

    remedy = (
        "Show it where it was made: `terraform show -json PLAN | tfproof audit -`, or name the initialised folder with "
        "--source."
    )
    binary = find_terraform(terraform)
    with tempfile.TemporaryDirectory(prefix="tfproof-show-") as place:
        file = Path(place) / "plan"
        file.touch(mode=0o600)
        file.write_bytes(data)
        environment = base_environment(Path(place))
        try:
            done = run(binary.path, ["show", "-json", str(file)], cwd=folder, environment=environment, timeout=600)
        except TerraformError as error:
            first = error.diagnostics[0].summary if error.diagnostics else f"exit code {error.exit_code}"
            raise DocumentError(f"Terraform cannot show this plan file: {first[:200]}", remedy=remedy) from None
    return done.stdout.encode()
