"""Variables as people give them: read as Terraform reads them, kept out of the process list."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tfproof.errors import UsageError
from tfproof.terraform import ModuleSource, Workspace
from tfproof.terraform.variables import Expression, parse_assignments, write_variables

Write = Callable[[Mapping[str, str]], Path]

DECLARED = """
variable "name" { type = string }
variable "untyped" { default = "d" }
variable "old" {
  type    = string
  default = null
}
variable "count_" {
  type    = number
  default = 1
}
variable "flag" {
  type    = bool
  default = false
}
variable "anything" {
  type    = any
  default = null
}
variable "list" {
  type    = list(string)
  default = []
}
variable "object" {
  type    = object({ a = optional(number, 3), b = string })
  default = null
}
output "all" {
  value = [var.name, var.untyped, var.old, var.count_, var.flag, var.anything, var.list, var.object]
}
"""


def test_assignments_are_split_at_the_first_equals_sign() -> None:
    assert parse_assignments(["a=b=c", "list=[1, 2]", "empty=", " spaced = x"]) == {
        "a": "b=c", "list": "[1, 2]", "empty": "", "spaced": " x",
    }  # fmt: skip
    assert parse_assignments(["a=1", "a=2"]) == {"a": "2"}


@pytest.mark.parametrize("assignment", ["bucket_name", "", "=x", "1a=x", "a b=x", "a.b=x", "-a=x", "a[0]=1"])
def test_what_is_no_assignment_is_refused(assignment: str) -> None:
    with pytest.raises(UsageError, match="--var ") as caught:
        parse_assignments([assignment])
    assert repr(assignment) in str(caught.value)


@pytest.mark.parametrize(
    ("assignment", "index", "value"),
    [
        ("name=plain", 0, "plain"),
        ('name="quoted"', 0, '"quoted"'),
        ("name=null", 0, "null"),
        ('name=${no} %{no} "x" \\n é', 0, '${no} %{no} "x" \\n é'),
        ("name=a\nb", 0, "a\nb"),
        ("untyped=[1]", 1, "[1]"),
        ("old=text", 2, "text"),
        ("count_=5", 3, 5),
        ("flag=true", 4, True),
        ('anything={ a = ["x"] }', 5, {"a": ["x"]}),
        ('list=["a", "b"]', 6, ["a", "b"]),
        ('list=[\n  "a",\n]', 6, ["a"]),
        ('object={ b = "x" }', 7, {"a": 3, "b": "x"}),
    ],
)
def test_a_value_is_what_terraform_makes_of_it_on_its_own_command_line(
    configure: Callable[..., Workspace], assignment: str, index: int, value: object
) -> None:
    workspace = configure({"main.tf": DECLARED}, **{"name": "n", **parse_assignments([assignment])})

    workspace.plan()

    assert workspace.show().outputs["all"].value[index] == value
    workspace.run(
        "plan", f"-var={assignment}", *([] if assignment.startswith("name=") else ["-var=name=n"]), "-out=own"
    )
    own = json.loads(workspace.run("show", "-json", "own").stdout)
    assert own["output_changes"]["all"]["after"][index] == value


def test_values_of_python_are_given_as_they_are(configure: Callable[..., Workspace]) -> None:
    values: dict[str, Any] = {
        "name": '${x} "q"\n', "flag": True, "count_": 7, "list": ["$${x}"], "object": {"b": "%{x}"}, "anything": None,
    }  # fmt: skip
    workspace = configure({"main.tf": DECLARED}, **values)

    workspace.plan()

    found = workspace.show().outputs["all"].value
    assert (found[0], found[3], found[4], found[5], found[6], found[7]) == (
        '${x} "q"\n', 7, True, None, ["$${x}"], {"a": 3, "b": "%{x}"},
    )  # fmt: skip


@pytest.fixture
def source(write: Write) -> ModuleSource:
    return ModuleSource(write({"main.tf": DECLARED}))


def test_values_go_into_private_files_and_not_into_arguments(source: ModuleSource, tmp_path: Path) -> None:
    arguments = write_variables(tmp_path, source, {"name": "secret", "list": Expression('["secret"]')}, ())

    assert "secret" not in " ".join(arguments)
    files = [Path(argument.removeprefix("-var-file=")) for argument in arguments]
    assert len(files) == 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "secret" in file.read_text(encoding="utf-8")


def test_values_win_over_files_and_later_files_over_earlier(
    configure: Callable[..., Workspace], tmp_path: Path
) -> None:
    first, second = tmp_path / "first.tfvars", tmp_path / "second.tfvars.json"
    first.write_text('name = "first"\nuntyped = "first"\nold = "first"\n', encoding="utf-8")
    second.write_text('{"name": "second", "untyped": "second"}', encoding="utf-8")
    workspace = configure({"main.tf": DECLARED}, name="value")
    arguments = write_variables(tmp_path, workspace.source, {"name": "value"}, [first, second])

    workspace.run("plan", *arguments, "-out=p")

    after = json.loads(workspace.run("show", "-json", "p").stdout)["output_changes"]["all"]["after"]
    assert after[:3] == ["value", "second", "first"]


def test_an_unknown_variable_is_refused_and_the_known_ones_are_named(source: ModuleSource, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="variable='nmae' is not a variable of") as caught:
        write_variables(tmp_path, source, {"nmae": "x"}, ())
    assert caught.value.remedy == "It has: anything, count_, flag, list, name, object, old, untyped."


def test_a_variable_without_a_value_is_refused_unless_it_is_said_not_to_matter(
    source: ModuleSource, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"variable='name' of .* has no default and was given no value") as caught:
        write_variables(tmp_path, source, {}, ())
    assert "--var name=VALUE" in caught.value.remedy
    assert write_variables(tmp_path, source, {}, (), complete=False) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.tfvars", ' name="x"'), ("a.tfvars", "# c\nname = <<E\nx\nE\n"), ("a.tfvars.json", '{"name": "x"}')],
)
def test_a_file_gives_values_too(source: ModuleSource, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert write_variables(tmp_path, source, {}, [tmp_path / name]) == (f"-var-file={tmp_path / name}",)


@pytest.mark.parametrize(("name", "text"), [("a.tfvars.json", "{"), ("a.tfvars.json", "[]"), ("a.tfvars", "\x00")])
def test_a_file_that_cannot_be_read_gives_no_values(source: ModuleSource, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match="variable='name'"):
        write_variables(tmp_path, source, {}, [tmp_path / name])


def test_a_file_that_is_not_there_is_refused(source: ModuleSource, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"var_file='.*missing\.tfvars' is not a file"):
        write_variables(tmp_path, source, {"name": "x"}, [tmp_path / "missing.tfvars"])
    with pytest.raises(UsageError, match="is not a file"):
        write_variables(tmp_path, source, {"name": "x"}, [tmp_path])


def test_variables_of_the_json_syntax_are_known_with_type_and_default(write: Write, tmp_path: Path) -> None:
    declared: dict[str, Any] = {
        "s": {"type": "string"}, "l": {"type": "list(string)", "default": ["a"]}, "e": {"default": []},
        "o": {"default": {"a": 1}}, "n": {"default": None},
    }  # fmt: skip
    source = ModuleSource(write({"main.tf.json": json.dumps({"variable": declared})}))

    arguments = write_variables(tmp_path, source, {"s": Expression("text"), "l": Expression('["b"]')}, ())

    assert [Path(argument.removeprefix("-var-file=")).read_text(encoding="utf-8") for argument in arguments] == [
        '{"s": "text"}', 'l = ["b"]\n',
    ]  # fmt: skip
