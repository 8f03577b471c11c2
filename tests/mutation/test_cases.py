"""Files of cases and of accepted mutants, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfproof.errors import UsageError
from tfproof.mutation.accepted import read_accepted
from tfproof.mutation.cases import read_cases, values_in
from tfproof.mutation.evidence import _is_allowed, _is_refused
from tfproof.mutation.mutant import Edit, Layer, Mutant, Outcome, Result
from tfproof.mutation.order import order_in
from tfproof.mutation.settings import Mutation
from tfproof.report.mutation import table, verdict


def written(folder: Path, text: str) -> Path:
    file = folder / "file.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nulls_are_put_in_at_their_place(tmp_path: Path) -> None:
    text = '[[case]]\nname = "a"\nvariables = { tags = { a = "b" } }\nnulls = ["lock_mode", "tags.c"]\n'
    (case,) = read_cases(written(tmp_path, text)).cases

    assert case.variables == {"tags": {"a": "b", "c": None}, "lock_mode": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case", "not TOML"),
        ("", r"no \[\[case\]\]"),
        ("[[case]]\nvariable = {}", "case 1 has 'variable'"),
        ('[[case]]\nname = "a-b"', "not one word"),
        ("[[refuse]]\nvariables = {}", "'refuse' is none of"),
    ],
)
def test_bad_cases_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_cases(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[accepted]]\nmutant = "a"', "entry 1 lacks a reason"),
        ('[[accepted]]\nreason = "a"', "entry 1 lacks a mutant"),
        ('[[accepted]]\nmutant = "a"\nreason = "b"\n' * 2, "listed twice"),
    ],
)
def test_bad_lists_of_accepted_mutants_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_accepted(written(tmp_path, text))


def test_values_of_a_tfvars_file_are_expressions(tmp_path: Path) -> None:
    file = tmp_path / "a.tfvars"
    file.write_text('a = "b"\nc = {\n  d = [1, 2]\n}\n', encoding="utf-8")

    assert values_in(file) == {"a": '"b"', "c": "{\n  d = [1, 2]\n}"}


def mutation(*outcomes: Outcome) -> Mutation:
    mutants = [
        Mutant(str(number), "main.tf", 1, "x.y", "resource", "a", Edit("flip-boolean", 0, 1, "", ""))
        for number in range(len(outcomes))
    ]
    results = [Result(mutant.id, outcome, Layer.PLAN) for mutant, outcome in zip(mutants, outcomes, strict=True)]
    return Mutation(mutants, results, len(outcomes))


def test_survivor_without_a_reason_is_not_good() -> None:
    assert not verdict(mutation(Outcome.SURVIVED, Outcome.KILLED), {}, whole=True).good


def test_entry_for_a_mutant_that_does_not_survive_is_stale() -> None:
    found = verdict(mutation(Outcome.KILLED), {"0": "why"}, whole=True)

    assert (found.stale, found.good) == (["0"], False)


def test_entry_for_a_mutant_that_was_not_looked_at_is_stale_only_in_a_whole_run() -> None:
    assert verdict(mutation(Outcome.KILLED), {"gone": "why"}, whole=False).good
    assert verdict(mutation(Outcome.KILLED), {"gone": "why"}, whole=True).stale == ["gone"]


def test_more_than_three_in_a_hundred_may_not_survive_with_a_reason() -> None:
    few = mutation(*[Outcome.SURVIVED] * 3, *[Outcome.KILLED] * 97, *[Outcome.INVALID] * 50)
    many = mutation(*[Outcome.SURVIVED] * 3, *[Outcome.KILLED] * 96, *[Outcome.INVALID] * 50)
    accepted = {"0": "a", "1": "b", "2": "c"}

    assert verdict(few, accepted, whole=True).good
    assert verdict(many, accepted, whole=True).too_many


def test_table_counts_every_mutant_once() -> None:
    rows = table(mutation(Outcome.SURVIVED, Outcome.KILLED, Outcome.INVALID, Outcome.EQUIVALENT))

    assert rows[-1] == "| **all** | 4 | 1 | 1 | 1 | 1 | 0 |"


@pytest.mark.parametrize(
    "graph",
    [
        '"module.a.x.y" -> "module.a.x.z";\n"module.a.x.z" -> "module.a.x.w";',
        '"[root] module.a.x.y (expand)" -> "[root] module.a.x.z (expand)"\n'
        '"[root] module.a.x.z (expand)" -> "[root] module.a.x.w (expand)"',
    ],
    ids=["terraform", "opentofu"],
)
def test_order_is_closed_over_steps(graph: str) -> None:
    assert order_in(graph)["module.a.x.y"] == {"module.a.x.z", "module.a.x.w"}


TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/locks"
ROWS = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": TABLE,
        "Condition": {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "b/team-a/*"},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    },
}


@pytest.mark.parametrize(
    ("request_text", "allowed"),
    [
        (f"dynamodb:GetItem {TABLE} with dynamodb:LeadingKeys=b/team-a/x", True),
        (f"dynamodb:GetItem {TABLE} with dynamodb:LeadingKeys=b/team-b/x", False),
        (f"dynamodb:GetItem {TABLE} with dynamodb:LeadingKeys=b/team-a/x,b/team-b/x", False),
        (f"dynamodb:GetItem {TABLE}", False),
        ("what is this", None),
    ],
)
def test_requests_of_a_case_are_asked_of_the_policy(request_text: str, allowed: bool | None) -> None:  # noqa: FBT001  # a table
    assert _is_allowed(json.dumps(ROWS), request_text) is allowed


def test_a_refusal_is_one_to_whoever_else_allows_it() -> None:
    bucket = "arn:aws:s3:::states"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": bucket}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})

    assert _is_refused(policy, f"s3:DeleteBucket {bucket} by arn:aws:iam::123456789012:user/anybody")
    assert not _is_refused(policy, f"s3:ListBucket {bucket} by arn:aws:iam::123456789012:user/anybody")
