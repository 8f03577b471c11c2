"""What is no mutant's fault, and what the cache must notice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tfproof.mutation.cache import Cache, fingerprint
from tfproof.mutation.cases import Case, Trial
from tfproof.mutation.mutant import Mutant, Outcome
from tfproof.mutation.plan_layer import PlanBench, Sound
from tfproof.mutation.refusals import RefusalBench
from tfproof.mutation.sites import mutants_of
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.errors import TerraformCrash, TerraformError

TEXT = 'resource "terraform_data" "x" {\n  input = true\n  triggers_replace = 1\n}\n'


class Failing:
    """A workspace in which every plan fails, with what is to be said."""

    def __init__(self, root: Path, *said: Diagnostic) -> None:
        self.root = root
        self.said = said
        self.plans = 0

    def plan_file(self) -> Path:
        return self.root / "plan"

    def plan(self, **_options: object) -> None:
        self.plans += 1
        if not self.said:
            raise TerraformCrash("plan", 2, [], "fatal error: concurrent map writes")
        raise TerraformError("plan", 1, list(self.said), "")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def mutants(module: Path) -> Sequence[Mutant]:
    return mutants_of(module)


def plan_bench(folder: Path, module: Path, *said: Diagnostic) -> PlanBench:
    def make(configuration: Path) -> Any:
        return Failing(configuration, *said)

    return PlanBench(
        folder / "bench",
        module,
        cases=[Case("a", {})],
        size=3,
        applied={"resources": []},
        make=make,
        output_names={},
        fresh=False,
    )


DIED = Diagnostic("error", "Failed to instantiate provider", "Unavailable: connection refused")


def test_provider_that_has_died_is_no_outcome_of_a_plan(
    tmp_path: Path, module: Path, mutants: Sequence[Mutant]
) -> None:
    bench = plan_bench(tmp_path, module, DIED)

    with pytest.raises(TerraformError, match="instantiate provider"):
        bench.decide(mutants[:3], Sound({}))
    with pytest.raises(TerraformError, match="instantiate provider"):
        bench.decide(mutants[:1], Sound({}))


def test_provider_that_has_died_is_no_refusal(tmp_path: Path, module: Path, mutants: Sequence[Mutant]) -> None:
    def make(configuration: Path) -> Any:
        return Failing(configuration, DIED)

    bench = RefusalBench(
        tmp_path / "bench", module, trials=[Trial({}, accepted=False, stage="plan")], always={}, size=2, make=make
    )

    with pytest.raises(TerraformError, match="instantiate provider"):
        bench.decide(mutants[:2])


def test_terraform_that_breaks_down_without_a_mutant_is_told(
    tmp_path: Path, module: Path, mutants: Sequence[Mutant]
) -> None:
    bench = plan_bench(tmp_path, module)

    with pytest.raises(TerraformCrash, match="concurrent map writes"):
        bench.decide(mutants[:2], Sound({}))


def test_mutant_that_brings_terraform_down_is_invalid(tmp_path: Path, module: Path, mutants: Sequence[Mutant]) -> None:
    bench = plan_bench(tmp_path, module)
    workspace: Any = bench.workspace
    number = next(number for number, mutant in enumerate(mutants) if mutant.operator == "number-to-limit")
    chosen = mutants[number : number + 1]

    def plan(**_options: object) -> None:
        if any(mutant.edit.replacement in file.read_text("utf-8") for mutant in chosen for file in texts()):
            raise TerraformCrash("plan", 2, [], "fatal error: runtime: out of memory")

    def texts() -> list[Path]:
        return sorted(workspace.root.rglob("s*/*.tf"))

    workspace.plan = plan

    (result,) = bench.decide(chosen, Sound({}))

    assert result.outcome is Outcome.INVALID
    assert "out of memory" in result.by[0]


@pytest.mark.parametrize(
    ("item", "number"),
    [
        (Diagnostic("error", "Unsupported argument", "x", filename="s2/main.tf"), 2),
        (Diagnostic("error", "Cycle", "module.s1_upon_a.local.x (expand), module.s1_upon_a.y.z"), 1),
        # A folder of the machine that is called as a copy would be.
        (Diagnostic("error", "Unsupported argument", "x", filename="/scratch/s1/other/main.tf"), None),
        (Diagnostic("error", "Unsupported argument", "x", filename="s7/main.tf"), None),
        (DIED, None),
    ],
)
def test_copy_that_terraform_speaks_of(tmp_path: Path, module: Path, item: Diagnostic, number: int | None) -> None:
    assert plan_bench(tmp_path, module)._slots.slot_of(item) == number


def test_copy_is_told_below_its_configuration(tmp_path: Path, module: Path) -> None:
    slots = plan_bench(tmp_path / "s0", module)._slots

    for root in (slots.workspace.root, slots._configuration):
        assert slots.slot_of(Diagnostic("error", "Unsupported argument", "x", filename=str(root / "s2/main.tf"))) == 2


@pytest.mark.parametrize(
    "changed", ["shared/main.tf", "module/policy.json", "module/sub/template.tftpl", "module/main.tf"]
)
def test_fingerprint_is_of_everything_that_is_planned(tmp_path: Path, changed: str) -> None:
    # As Terraform itself lays a fetched module down.
    root = tmp_path / ".terraform" / "modules"
    for name, text in {
        "module/main.tf": 'module "shared" {\n  source = "../shared"\n}\n',
        "module/policy.json": "{}",
        "module/sub/template.tftpl": "a",
        "shared/main.tf": TEXT,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    before = fingerprint(root / "module")
    assert fingerprint(root / "module") == before

    with (root / changed).open("a", encoding="utf-8") as file:
        file.write("\n# one line more\n")

    assert fingerprint(root / "module") != before


def test_fingerprint_is_not_of_what_terraform_leaves_behind(module: Path) -> None:
    before = fingerprint(module)
    (module / "terraform.tfstate").write_text("{}", encoding="utf-8")

    assert fingerprint(module) == before


def test_what_the_module_itself_shows_is_kept_with_the_results(tmp_path: Path) -> None:
    Cache(tmp_path, "key").note(frozenset({"a"}), frozenset({"b"}))
    Cache(tmp_path, "key").note(frozenset({"c"}), frozenset({"b"}))

    found = Cache(tmp_path, "key")

    assert (found.checks, found.failing) == (frozenset({"a", "c"}), frozenset({"b"}))
