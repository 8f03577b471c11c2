"""The generator of the module's input and output tables: what it writes, and what it says when it cannot."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

MODULE = Path("modules/state-backend")
VARIABLES = """\
variable "bucket_name" {
  description = "Name of the bucket, a|b."
  type        = string

  validation {
    condition     = true
    error_message = "never"
  }
}

variable "logging" {
  description = "Where \\"logs\\" go."
  type = object({
    bucket = string
    prefix = optional(string)
  })
  default = null
}
"""
OUTPUTS = 'output "bucket_arn" {\n  description = "Its ARN, $${literally}."\n  value = 1\n}\n'
README = """\
# Example

<!-- BEGIN inputs -->
<!-- END inputs -->

Between.

<!-- BEGIN outputs -->
old
<!-- END outputs -->

The end.
"""
WRITTEN = r"""# Example

<!-- BEGIN inputs -->
| Name | Type | Default | Description |
|---|---|---|---|
| `bucket_name` | `string` | required | Name of the bucket, a\|b. |
| `logging` | `object({ bucket = string, prefix = optional(string) })` | `null` | Where "logs" go. |
<!-- END inputs -->

Between.

<!-- BEGIN outputs -->
| Name | Description |
|---|---|
| `bucket_arn` | Its ARN, ${literally}. |
<!-- END outputs -->

The end.
"""

Main = Callable[[list[str]], int]


@pytest.fixture(scope="session")
def main(request: pytest.FixtureRequest) -> Main:
    spec = importlib.util.spec_from_file_location("module_docs", request.config.rootpath / "tools/module_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:  # its dataclass looks its own module up
        patch.setitem(sys.modules, "module_docs", module)
        spec.loader.exec_module(module)
    return cast("Main", module.main)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    for name, text in (("variables.tf", VARIABLES), ("outputs.tf", OUTPUTS), ("README.md", README)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_tables_of_the_module_are_current(main: Main, request: pytest.FixtureRequest) -> None:
    assert main(["--check", str(request.config.rootpath / MODULE)]) == 0


def test_writes_both_tables_and_nothing_else(main: Main, module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(module)]) == 0

    assert (module / "README.md").read_text(encoding="utf-8") == WRITTEN
    assert capsys.readouterr().out == f"{module / 'README.md'}: written\n"


def test_written_tables_are_current_and_written_once(
    main: Main, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(module)])
    capsys.readouterr()

    assert main(["--check", str(module)]) == 0
    assert main([str(module)]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_exits_with_1_on_a_stale_readme_names_the_command_and_writes_nothing(
    main: Main, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", str(module)]) == 1

    assert capsys.readouterr().err == (
        f"{module / 'README.md'}: its tables differ from variables.tf or outputs.tf; "
        f"run: python tools/module_docs.py {module}\n"
    )
    assert (module / "README.md").read_text(encoding="utf-8") == README


def test_a_changed_description_default_or_output_makes_the_readme_stale(main: Main, module: Path) -> None:
    for file, old, new in (
        ("variables.tf", "Name of the bucket", "The bucket's name"),
        ("variables.tf", "default = null", "default = {}"),
        ("variables.tf", "type        = string", "type        = any"),
        ("outputs.tf", "bucket_arn", "arn"),
    ):
        main([str(module)])
        assert main(["--check", str(module)]) == 0
        path = module / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        assert main(["--check", str(module)]) == 1, (old, new)


@pytest.mark.parametrize("marker", ["<!-- BEGIN inputs -->", "<!-- END outputs -->"])
def test_missing_marker_exits_with_2_and_is_named(
    marker: str, main: Main, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (module / "README.md").write_text(README.replace(marker, ""), encoding="utf-8")

    assert main(["--check", str(module)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{module / 'README.md'}: no <!-- BEGIN ")
    assert marker in said


def test_missing_folder_exits_with_2(main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing"

    assert main([str(missing)]) == 2
    assert capsys.readouterr().err == f"{missing}: there is no such folder; give one that holds a Terraform module\n"


@pytest.mark.parametrize("name", ["README.md", "variables.tf", "outputs.tf"])
def test_missing_file_exits_with_2_and_is_named(
    name: str, main: Main, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (module / name).unlink()

    assert main(["--check", str(module)]) == 2
    assert capsys.readouterr().err == f"{module / name}: No such file or directory\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '  description = "Name of the bucket, a|b."\n',
            "",
            "variables.tf:1: variable 'bucket_name' has no description",
        ),
        ("  type        = string\n", "", "variables.tf:1: variable 'bucket_name' has no type"),
        (
            '"Name of the bucket, a|b."',
            '"${1}"',
            "variables.tf:1: the description of variable 'bucket_name' is not one",
        ),
        ("default = null\n}", "default = null\n", "variables.tf:"),
    ],
    ids=["no-description", "no-type", "template", "syntax-error"],
)
def test_what_the_tables_cannot_be_made_from_exits_with_2_and_names_the_line(
    old: str, new: str, said: str, *, main: Main, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert VARIABLES.count(old) == 1
    (module / "variables.tf").write_text(VARIABLES.replace(old, new), encoding="utf-8")

    assert main([str(module)]) == 2
    assert f"{module}/{said}" in capsys.readouterr().err
    assert (module / "README.md").read_text(encoding="utf-8") == README
