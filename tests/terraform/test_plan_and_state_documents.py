"""Documents of plans and states that no provider-free configuration gives: marks, drift, formats, leftovers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from marks import hidden

from tfproof.errors import UsageError
from tfproof.terraform import Plan, State, Workspace
from tfproof.values import UNKNOWN, Sensitive, reveal


def plan_document(**parts: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": [], **parts}


def change(actions: list[str], **parts: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "name": "y"}
    outside: dict[str, Any] = {
        name: parts.pop(name) for name in ("deposed", "address", "mode", "previous_address") if name in parts
    }
    return {**entry, **outside, "change": {"actions": actions, "before": None, "after": {}, **parts}}


@pytest.mark.parametrize("version", ["0.2", "2.0", "", "1", "10.0"])
def test_a_plan_of_another_format_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match=f"format_version='{version}' is not a plan"):
        Plan({"format_version": version, "resource_changes": []})


@pytest.mark.parametrize("document", [{}, {"format_version": "1.0", "values": {}}, {"version": 4}])
def test_what_is_no_plan_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not a plan"):
        Plan(document)


def test_a_later_format_of_the_same_major_version_is_read() -> None:
    assert Plan({"format_version": "1.99", "planned_values": {}}).is_empty


def test_reads_and_nothing_else_are_an_empty_plan() -> None:
    read = change(["read"], address="data.aws_x.y", mode="data", after_unknown={"json": True})
    plan = Plan(plan_document(resource_changes=[read]))

    assert plan.is_empty
    assert plan["data.aws_x.y"].at("json") is UNKNOWN
    assert plan.resources.of_type("aws_x") == []
    assert [resource.address for resource in plan.resources.of_type("aws_x", mode="data")] == ["data.aws_x.y"]


def test_an_import_is_a_change() -> None:
    assert not Plan(plan_document(resource_changes=[change(["no-op"], importing={"id": "i"})])).is_empty


def test_a_deposed_object_does_not_hide_the_resource_that_took_its_place() -> None:
    document = plan_document(
        resource_changes=[
            change(["no-op"], after={"a": 1}),
            change(["delete"], deposed="0123abcd", after=None, before={"a": 0}),
        ]
    )
    plan = Plan(document)

    assert plan["aws_x.y"].at("a") == 1
    assert plan.changes["aws_x.y"].actions == ("no-op",)
    assert plan.changes["aws_x.y (deposed 0123abcd)"].deposed == "0123abcd"
    assert not plan.is_empty


def test_data_sources_read_while_planning_are_in_the_plan() -> None:
    module = {
        "address": "module.m",
        "resources": [
            {"address": "module.m.data.aws_x.y", "mode": "data", "type": "aws_x", "name": "y",
             "values": {"a": 1, "s": "secret"}, "sensitive_values": {"s": True}},
            {"address": "module.m.aws_x.z", "mode": "managed", "type": "aws_x", "name": "z", "values": {}},
        ],
    }  # fmt: skip
    plan = Plan(plan_document(prior_state={"values": {"root_module": {"child_modules": [module]}}}))

    assert list(plan.resources) == ["module.m.data.aws_x.y"]
    assert plan["module.m.data.aws_x.y"].at("a") == 1
    assert isinstance(plan["module.m.data.aws_x.y"].at("s"), Sensitive)
    assert plan["module.m.data.aws_x.y"].module == "module.m"


@pytest.mark.parametrize(
    ("parts", "after"),
    [
        ({"after": {"a": None}, "after_unknown": {"a": {}}}, {"a": None}),
        ({"after": {"a": None}, "after_unknown": {"a": []}}, {"a": None}),
        ({"after": {"a": None}, "after_unknown": {"a": [False]}}, {"a": None}),
        ({"after": {"a": []}, "after_unknown": {"a": [], "b": {}}}, {"a": []}),
        ({"after": {"a": [[1]]}, "after_unknown": {"a": [[False]]}}, {"a": [[1]]}),
        ({"after": {"a": 0, "b": False, "c": ""}, "after_unknown": {}}, {"a": 0, "b": False, "c": ""}),
    ],
)
def test_marks_that_mark_nothing_change_nothing(parts: dict[str, Any], after: dict[str, Any]) -> None:
    assert Plan(plan_document(resource_changes=[change(["create"], **parts)]))["aws_x.y"].values == after


def test_unknown_and_sensitive_meet_in_one_value() -> None:
    parts = {
        "after": {"a": {"b": "s"}, "l": ["s", None]},
        "after_unknown": {"a": {"c": True}, "l": [False, True], "d": [{"e": True}]},
        "after_sensitive": {"a": True, "l": [True, True], "d": [{"e": True}]},
    }
    values = Plan(plan_document(resource_changes=[change(["create"], **parts)]))["aws_x.y"].values

    assert isinstance(values["a"], Sensitive)
    assert values["a"].reveal()["b"] == "s"
    assert values["a"].reveal()["c"] is UNKNOWN
    assert isinstance(values["l"][0], Sensitive)
    assert values["l"][1] is UNKNOWN
    assert values["d"][0]["e"] is UNKNOWN


def test_drift_is_kept_apart_from_what_is_planned() -> None:
    plan = Plan(plan_document(resource_drift=[change(["update"], after={"a": 2}, before={"a": 1})]))

    assert plan.drift["aws_x.y"].after == {"a": 2}
    assert plan.is_empty
    assert len(plan.resources) == 0


def state_document(*instances: dict[str, Any], **parts: Any) -> dict[str, Any]:
    entry = {"mode": "managed", "type": "aws_x", "name": "y", "instances": list(instances),
             "provider": 'provider["registry.terraform.io/hashicorp/aws"]'}  # fmt: skip
    return {"version": 4, "serial": 3, "lineage": "l", "resources": [{**entry, **parts}]}


@pytest.mark.parametrize("document", [{"version": 3}, {"version": 5}, {"serial": 1}, {"version": "4"}])
def test_a_state_of_another_version_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not a state of version 4"):
        State(document)


@pytest.mark.parametrize("document", [{}, {"version": 4}, {"version": 4, "resources": [], "outputs": {}}])
def test_an_empty_state_has_nothing(document: dict[str, Any]) -> None:
    state = State(document)

    assert (len(state.resources), state.managed, state.outputs, state.deposed) == (0, [], {}, [])


def test_a_workspace_that_was_never_applied_has_an_empty_state(configure: Callable[..., Workspace]) -> None:
    assert len(configure({"main.tf": 'resource "terraform_data" "a" {}'}).state().resources) == 0


def test_deposed_instances_are_listed_apart() -> None:
    state = State(state_document({"attributes": {"a": 1}}, {"deposed": "0123abcd", "attributes": {"a": 0}}))

    assert state["aws_x.y"].at("a") == 1
    assert state.deposed == ["aws_x.y"]
    assert State(state_document({"deposed": "0123abcd", "attributes": {}})).deposed == ["aws_x.y"]


def test_sensitive_paths_of_a_state_are_hidden() -> None:
    def step(value: object) -> dict[str, Any]:
        kind = "index" if isinstance(value, int) or value == "k.1" else "get_attr"
        return {"type": kind, "value": {"value": value, "type": "string"} if kind == "index" else value}

    paths: list[list[Any]] = [
        ["a"],
        ["b", 1, "c"],
        ["m", "k.1"],
        ["whole"],
        ["whole", "part"],
        ["none"],
        ["gone", 3, "x"],
        ["b", 7],
        [],
    ]
    attributes = {
        "a": "s0", "b": [{"c": "open"}, {"c": "s1", "d": "open"}], "m": {"k.1": "s2", "k": "open"},
        "whole": {"part": "s3"}, "none": None, "gone": [],
    }  # fmt: skip
    document = state_document(
        {"attributes": attributes, "sensitive_attributes": [[step(value) for value in path] for path in paths]}
    )
    values = State(document)["aws_x.y"].values

    assert hidden(values) == {".a", ".b[1].c", ".m.k.1", ".whole"}
    assert reveal(values) == attributes
    assert attributes["a"] == "s0"  # the document itself is as it was


def test_what_looks_like_a_wrapped_value_is_left_alone_where_it_is_none() -> None:
    state = State(state_document({"attributes": {"setting": {"type": "string", "value": "v"}}}))

    assert state["aws_x.y"].at("setting") == {"type": "string", "value": "v"}


def test_data_sources_are_no_managed_resources() -> None:
    state = State(state_document({"attributes": {"a": 1}}, mode="data", module="module.m[0]"))

    assert state.managed == []
    assert state["module.m[0].data.aws_x.y"].mode == "data"
