"""Plans and states of real Terraform, without any provider: addresses, marks, and that the two agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from marks import hidden

from tfproof.terraform import Plan, ResourceNotFound, State, Workspace
from tfproof.values import UNKNOWN, Sensitive, reveal

KEYS = ("plain", "with.dot", 'with "quote"', "a]b", "back\\slash", "<&>", "ü", "new\nline", "tab\t", "${x}", "%{x}",
        "$x", "$${x}",         "\u200b", "\U000e0001", "1", "")  # fmt: skip

CONFIGURATION = {
    "main.tf": """
variable "secret" {
  sensitive = true
  default   = "hunter2"
}
variable "keys" { type = set(string) }
resource "terraform_data" "one" { input = { a = [1, "x"], s = var.secret, l = [{ s = var.secret }] } }
resource "terraform_data" "counted" {
  count = 2
  input = count.index
}
resource "terraform_data" "each" {
  for_each = var.keys
  input    = each.key
}
resource "terraform_data" "later" {
  input = { "known" = 1, "later" = terraform_data.one.id, "list" = [terraform_data.one.id, "k"],
    "set" = toset(["k", terraform_data.one.id]), "map" = { "a" = { "b" = terraform_data.one.id, "c" = 1 } } }
}
resource "terraform_data" "whole" {
  input            = var.secret
  triggers_replace = [var.secret]
}
module "child" {
  for_each = toset(["k.1", "two"])
  source   = "./child"
  input    = terraform_data.one.output
}
output "id" { value = terraform_data.one.id }
output "mixed" { value = { known = 1, later = terraform_data.one.id } }
output "secret" {
  value     = var.secret
  sensitive = true
}
""",
    "child/main.tf": """
variable "input" {}
resource "terraform_data" "inner" { input = var.input }
module "grand" {
  source = "./grand"
  count  = 1
}
""",
    "child/grand/main.tf": 'resource "terraform_data" "deep" { input = "d" }',
}


@dataclass(frozen=True)
class Made:
    workspace: Workspace
    plan: Plan
    state: State
    shown: dict[str, Any]
    second: Plan


@pytest.fixture(scope="session")
def made(configure: Callable[..., Workspace]) -> Made:
    workspace = configure(CONFIGURATION, keys=list(KEYS))
    workspace.plan()
    plan = workspace.show()
    workspace.apply()
    shown = json.loads(workspace.run("show", "-json").stdout)
    workspace.plan(name="second")
    return Made(workspace, plan, workspace.state(), shown, workspace.show("second"))


def resources_in(module: dict[str, Any], part: str = "values") -> dict[str, dict[str, Any]]:
    found = {entry["address"]: entry[part] for entry in module.get("resources", [])}
    for child in module.get("child_modules", []):
        found |= resources_in(child, part)
    return found


def test_state_pull_and_show_agree_on_every_address_and_value(made: Made) -> None:
    shown = resources_in(made.shown["values"]["root_module"])

    assert {address: reveal(resource.values) for address, resource in made.state.resources.items()} == shown
    assert len(shown) == 3 + 2 + len(KEYS) + 4
    outputs = {name: output["value"] for name, output in made.shown["values"]["outputs"].items()}
    assert {name: reveal(output.value) for name, output in made.state.outputs.items()} == outputs


def test_plan_and_state_have_the_same_addresses(made: Made) -> None:
    assert set(made.plan.resources) == set(made.state.resources)
    assert made.state.lineage
    assert made.state.serial > 0
    assert made.state.terraform_version == made.plan.terraform_version


def test_count_and_for_each_are_kept_whatever_the_key(made: Made) -> None:
    assert made.plan["terraform_data.counted[1]"].values["input"] == 1
    assert made.plan[r'terraform_data.each["with \"quote\""]'].values["input"] == 'with "quote"'
    assert made.state['terraform_data.each["with.dot"]'].values["output"] == "with.dot"
    each = [r for r in made.state.resources.of_type("terraform_data", module="") if r.name == "each"]
    assert {resource.values["input"] for resource in each} == set(KEYS)
    deep = made.state['module.child["k.1"].module.grand[0].terraform_data.deep']
    assert (deep.module, deep.type, deep.name) == ('module.child["k.1"].module.grand[0]', "terraform_data", "deep")


def test_what_is_unknown_is_unknown_wherever_it_is_nested(made: Made) -> None:
    later = made.plan["terraform_data.later"]

    assert later.at("id") is UNKNOWN
    assert later.at("input.known") == 1
    assert later.at("input.later") is UNKNOWN
    assert later.at("input.list[0]") is UNKNOWN
    assert later.at("input.list[1]") == "k"
    assert later.at("input.map.a.b") is UNKNOWN
    assert later.at("input.map.a.c") == 1
    assert any(item is UNKNOWN for item in later.at("input.set")) or later.at("input.set") is UNKNOWN
    assert later.at("triggers_replace") is None
    assert made.plan['module.child["two"].terraform_data.inner'].at("input") is UNKNOWN
    assert made.plan.outputs["id"].value is UNKNOWN
    assert made.plan.outputs["mixed"].value["later"] is UNKNOWN
    assert made.plan.outputs["mixed"].value["known"] == 1


@pytest.mark.parametrize("where", ["plan", "state"])
def test_what_is_sensitive_is_hidden_wherever_it_is_nested(made: Made, where: str) -> None:
    source = made.plan if where == "plan" else made.state
    one = source["terraform_data.one"]

    assert one.at("input.s") == "hunter2"
    for path in ("input.s", "input.l[0].s"):
        assert isinstance(one.at(path), Sensitive)
    assert one.at("input.a") == [1, "x"]
    assert isinstance(source["terraform_data.whole"].at("input"), Sensitive)
    assert isinstance(source.outputs["secret"].value, Sensitive)
    assert source.outputs["secret"].sensitive
    assert not source.outputs["id"].sensitive


def test_state_hides_what_show_calls_sensitive_and_nothing_else(made: Made) -> None:
    shown = resources_in(made.shown["values"]["root_module"], "sensitive_values")

    assert {address: hidden(resource.values) for address, resource in made.state.resources.items()} == {
        address: hidden(marks) for address, marks in shown.items()
    }
    assert any(hidden(marks) for marks in shown.values())


def test_nothing_hidden_shows_in_the_words_for_plan_and_state(made: Made) -> None:
    # Terraform forgets the mark in what terraform_data gives back as `output` once it is applied, so the state of
    # whatever copies that holds the secret unmarked, in `terraform show` as here.
    outputs = repr((made.plan.outputs, made.state.outputs))
    inputs = repr([made.state["terraform_data.one"].at("input"), made.state["terraform_data.whole"].at("input")])
    assert "hunter2" not in repr((dict(made.plan.resources), made.plan, made.state)) + outputs + inputs


def test_a_second_plan_is_empty_and_knows_everything(made: Made) -> None:
    assert made.second.is_empty
    assert {change.actions for change in made.second.changes.values()} == {("no-op",)}
    assert made.second["terraform_data.later"].at("input.later") == made.state["terraform_data.one"].at("id")
    assert repr(made.second).startswith("<Plan: 0 changes of")
    assert not made.plan.is_empty


def test_near_misses_are_named(made: Made) -> None:
    with pytest.raises(ResourceNotFound) as caught:
        made.plan["terraform_data.deep"]
    assert str(caught.value).startswith(
        "address='terraform_data.deep' is not in the plan; did you mean: "
        'module.child["k.1"].module.grand[0].terraform_data.deep, module.child["two"].module.grand[0].'
    )
    with pytest.raises(KeyError, match=r"is not in the state; did you mean: terraform_data\.counted\[0\]"):
        made.state["terraform_data.counted"]
    with pytest.raises(KeyError, match="it has 0 resources"):
        State({})["a.b"]


def test_deletes_replacements_moves_and_reads_are_told_apart(configure: Callable[..., Workspace]) -> None:
    before = """
resource "terraform_data" "replaced" { triggers_replace = 1 }
resource "terraform_data" "created_first" {
  triggers_replace = 1
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "deleted" {}
resource "terraform_data" "updated" { input = 1 }
resource "terraform_data" "from" {}
output "o" { value = 1 }
"""
    workspace = configure({"main.tf": before})
    workspace.plan()
    workspace.apply()
    after = before.replace("= 1", "= 2").replace('resource "terraform_data" "deleted" {}', "")
    after = after.replace('"from" {}', '"to" {}\nmoved {\n  from = terraform_data.from\n  to = terraform_data.to\n}')
    (workspace.root / "main.tf").write_text(after, encoding="utf-8")

    workspace.plan()
    plan = workspace.show()

    actions = {address: change.actions for address, change in plan.changes.items()}
    assert actions == {
        "terraform_data.replaced": ("delete", "create"),
        "terraform_data.created_first": ("create", "delete"),
        "terraform_data.deleted": ("delete",),
        "terraform_data.updated": ("update",),
        "terraform_data.to": ("no-op",),
    }
    assert set(plan.resources) == set(actions) - {"terraform_data.deleted"}
    assert plan["terraform_data.created_first"].at("triggers_replace") == 2
    deleted = plan.changes["terraform_data.deleted"]
    assert (deleted.after, deleted.resource) == (None, None)
    assert deleted.before is not None
    assert plan.changes["terraform_data.updated"].before == {
        **(plan.changes["terraform_data.updated"].before or {}),
        "input": 1,
    }
    assert plan.changes["terraform_data.to"].moved_from == "terraform_data.from"
    assert not plan.is_empty


@pytest.mark.parametrize(
    ("edit", "is_empty"),
    [
        ('moved {\n  from = terraform_data.a\n  to = terraform_data.b\n}\nresource "terraform_data" "b" {}', False),
        ('resource "terraform_data" "a" {}\noutput "new" { value = 1 }', False),
        ('resource "terraform_data" "a" {}\nvariable "unused" { default = 1 }', True),
        ("removed {\n  from = terraform_data.a\n  lifecycle { destroy = false }\n}", False),
    ],
)  # fmt: skip
def test_is_empty_agrees_with_terraforms_own_exit_code(
    configure: Callable[..., Workspace], edit: str, *, is_empty: bool
) -> None:
    workspace = configure({"main.tf": 'resource "terraform_data" "a" {}'})
    workspace.plan()
    workspace.apply()
    (workspace.root / "main.tf").write_text(edit, encoding="utf-8")

    done = workspace.plan()

    assert (done.exit_code == 0) is is_empty
    assert workspace.show().is_empty is is_empty
