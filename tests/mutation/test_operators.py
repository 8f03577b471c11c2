"""Which mutants are made of which text: every operator, and nothing that is no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfproof.errors import TfproofError
from tfproof.mutation.mutant import Mutant
from tfproof.mutation.sites import mutants_of
from tfproof.terraform.source import syntax_tree


def mutants(folder: Path, text: str) -> list[Mutant]:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return mutants_of(folder)


def changes(folder: Path, text: str, operator: str) -> list[str]:
    return [mutant.edit.change for mutant in mutants(folder, text) if mutant.operator == operator]


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("resource x y {\n}", "delete-resource", ["without x.y"]),
        ("output y {\n  value = 1\n}", "delete-output", ["without output.y"]),
        ("resource x y {\n  a {\n  }\n}", "delete-block", ["without a"]),
        ('resource x y {\n  a = "b"\n}', "delete-attribute", ["without a"]),
        ("resource x y {\n  a = true\n}", "flip-boolean", ["true -> false"]),
        ('resource x y {\n  a = "aws:kms"\n}', "change-enum", ['"aws:kms" -> "AES256"']),
        (
            'resource x y {\n  a = "Enabled"\n}',
            "change-enum",
            ['"Enabled" -> "Suspended"', '"Enabled" -> "Disabled"'],
        ),
        ('data x y {\n  effect = "Deny"\n}', "change-enum", ['"Deny" -> "Allow"']),
        ('data x y {\n  test = "StringEquals"\n}', "change-enum", ['"StringEquals" -> "StringNotEquals"']),
        ("resource x y {\n  a = 30\n}", "number-to-limit", ["30 -> 0", "30 -> 2147483647"]),
        ("resource x y {\n  count = 1\n}", "number-to-limit", ["1 -> 0", "1 -> 2"]),
        ("variable y {\n  validation {\n    condition = var.y > 7\n  }\n}", "number-to-limit", ["7 -> 6", "7 -> 8"]),
        (
            "variable y {\n  validation {\n    condition = var.y\n  }\n}",
            "drop-validation",
            ["without validation var.y"],
        ),
        ('data x y {\n  statement {\n    sid = "A"\n  }\n}', "drop-statement", ["without statement A"]),
        (
            'data x y {\n  actions = ["s3:A", "s3:B"]\n}',
            "drop-action",
            ['actions without "s3:A"', 'actions without "s3:B"'],
        ),
        ('data x y {\n  resources = ["a:b"]\n}', "widen", ['["a:b"] -> ["*"]']),
        ('data x y {\n  actions = ["s3:A"]\n}', "widen", ['["s3:A"] -> ["*"]', '"s3:A" -> "s3:*"']),
        ("data x y {\n  statement {\n    condition {\n    }\n  }\n}", "drop-condition", ["without condition"]),
        ("data x y {\n  statement {\n    principals {\n    }\n  }\n}", "drop-principals", ["without principals"]),
        ("resource x y {\n  lifecycle {\n  }\n}", "drop-lifecycle", ["without lifecycle"]),
        ("resource x y {\n  depends_on = [x.z, x.w]\n}", "drop-depends-on", ["all", "x.z", "x.w"]),
        ("locals {\n  a = var.b ? 1 : 2\n}", "swap-branches", ["var.b ? 1 : 2 -> var.b ? 2 : 1"]),
        ("locals {\n  a = !var.b\n}", "change-logic", ["!var.b: without !"]),
        (
            "resource x y {\n}\nresource x z {\n}\noutput o {\n  value = x.y.id\n}",
            "repoint",
            ["x.y -> x.z", "x.y.id -> x.y.arn"],
        ),
        (
            "locals {\n  some_arn = 1\n  same_arn = 2\n  c = local.some_arn\n}",
            "repoint",
            ["local.some_arn -> local.same_arn"],
        ),
    ],
)
def test_operator(tmp_path: Path, text: str, operator: str, expected: list[str]) -> None:
    assert changes(tmp_path, text, operator) == expected


def test_resource_that_is_deleted_is_struck_out_of_what_depends_on_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        "resource x z {\n  depends_on = [x.w, x.y]\n}\nresource x y {\n}\n"
        "resource x w {\n  lifecycle {\n    replace_triggered_by = [x.y]\n  }\n}\n",
        encoding="utf-8",
    )
    (tmp_path / "other.tf").write_text("resource x v {\n  depends_on = [x.y]\n}\n", encoding="utf-8")
    (deleted,) = (mutant for mutant in mutants_of(tmp_path) if mutant.edit.change == "without x.y")
    copy = tmp_path / "copy"
    copy.mkdir()

    deleted.write(tmp_path, copy)

    assert (copy / "main.tf").read_text("utf-8") == (
        "resource x z {\n  depends_on = [x.w]\n}\n\n"
        "resource x w {\n  lifecycle {\n    replace_triggered_by = []\n  }\n}\n"
    )
    assert (copy / "other.tf").read_text("utf-8") == "resource x v {\n  depends_on = []\n}\n"


def test_what_cannot_weaken_is_left_alone(tmp_path: Path) -> None:
    text = (
        'terraform {\n  required_version = ">= 1.9"\n}\nprovider "aws" {\n  region = "x"\n}\n'
        'variable v {\n  type = string\n  description = "true"\n  sensitive = true\n}\n'
    )

    assert mutants(tmp_path, text) == []


def test_texts_that_two_operators_would_make_are_made_once(tmp_path: Path) -> None:
    made = mutants(tmp_path, 'data x y {\n  resources = ["a"]\n}')
    text = (tmp_path / "main.tf").read_bytes()

    assert len({mutant.edit.applied(text) for mutant in made}) == len(made)


def test_every_mutant_of_the_module_parses_differs_and_has_a_name_of_its_own(request: pytest.FixtureRequest) -> None:
    module = request.config.rootpath / "modules/state-backend"
    made = mutants_of(module)

    assert len({mutant.id for mutant in made}) == len(made) > 900
    for mutant in made:
        text = (module / mutant.file).read_bytes()
        changed = mutant.edit.applied(text)
        assert changed != text
        assert not syntax_tree(changed).has_error, mutant.id


def test_name_does_not_change_with_the_line(tmp_path: Path) -> None:
    text = "resource x y {\n  a = true\n}\n"
    before = mutants(tmp_path, text)
    after = mutants(tmp_path, f"# one line more\n\n{text}")

    assert [mutant.id for mutant in before] == [mutant.id for mutant in after]
    assert [mutant.line + 2 for mutant in before] == [mutant.line for mutant in after]


def test_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(TfproofError, match=r"main\.tf:2: this file does not parse"):
        mutants(tmp_path, 'resource "a" "b" {\n  x = = 1\n}\n')
