"""Whole valid inputs that nobody thought of: accepted by the variables, sound in the plan, and proved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from budget import at_night
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from valid_inputs import valid_inputs

from tfproof.checks import CHECKS, Backend, Verdict
from tfproof.mutation.cases import Trial
from tfproof.mutation.slots import write_root
from tfproof.mutation.variables_layer import VariablesBench
from tfproof.proof.observer import Silent
from tfproof.proof.run import Settings, prove
from tfproof.report.tfvars import as_tfvars
from tfproof.terraform import TerraformError, Workspace, find_terraform, run
from tfproof.terraform.command import Running
from tfproof.terraform.environment import base_environment
from tfproof.values import reveal

pytestmark = pytest.mark.xdist_group("generated")

MODULE = Path("modules/state-backend")
WITHOUT_LIFECYCLE = {"noncurrent-versions", "incomplete-uploads", "lock-file-versions"}
# One plan for many at once, so that thousands cost minutes, some 3500 at night. What fails shrinks beside others.
VARIABLES = settings(max_examples=at_night(nightly=80, otherwise=2), suppress_health_check=list(HealthCheck))
PLANNED = settings(
    max_examples=at_night(nightly=8, otherwise=1),
    suppress_health_check=list(HealthCheck),
    # Each step of shrinking is a plan; by day the first that fails has to do.
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if at_night(1, 0) else [Phase.explicit, Phase.generate],
)

CALL = re.compile(r"\bmodule\.c(\d+)\b")


def counter_example(why: str, values: dict[str, Any]) -> str:
    """What a failure says: the values, as a file that `tfproof prove --var-file` takes."""
    return f"{why}\n\n# counter-example.tfvars\n{as_tfvars(values)}"


@VARIABLES
@given(inputs=st.lists(valid_inputs(), min_size=30, max_size=60))
def test_valid_inputs_are_accepted(inputs: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("variables")
    bench = VariablesBench(folder, MODULE, trials=(), always={}, terraform=find_terraform(), running=Running())

    refused = bench.wrong([Trial(values, accepted=True) for values in inputs])

    assert not refused, counter_example("refused by the variables", inputs[refused[0]])


@PLANNED
@given(inputs=st.lists(valid_inputs(), min_size=4, max_size=8))
def test_what_is_planned_satisfies_every_check(
    inputs: list[dict[str, Any]],
    workspace_factory: Callable[..., Workspace],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> None:
    folder = tmp_path_factory.mktemp("planned")
    (folder / "module").symlink_to(request.config.rootpath / MODULE)
    write_root(folder, {f"c{number}": ("./module", values) for number, values in enumerate(inputs)})
    workspace = workspace_factory(folder)
    try:
        workspace.plan()
    except TerraformError as error:
        said = " ".join(f"{item.address} {item.summary} {item.detail}" for item in error.diagnostics)
        failed_at = {int(number) for number in CALL.findall(said)}
        pytest.fail(counter_example(str(error), inputs[min(failed_at, default=0)]))
    plan = workspace.show()

    for number, values in enumerate(inputs):
        backend = Backend(plan, module=f"module.c{number}", outputs=reveal(plan.outputs[f"c{number}"].value))
        failed = {
            check.id
            for check in CHECKS
            if any(finding.verdict is Verdict.FAILED for finding in check.on_configured(backend))
        }
        given_up = set() if values.get("lifecycle_enabled", True) else WITHOUT_LIFECYCLE
        assert failed == given_up, counter_example(f"fails: {', '.join(sorted(failed - given_up))}", values)


@pytest.mark.skipif(at_night(nightly=0, otherwise=1) == 1, reason="whole proofs of generated inputs are for the night")
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(values=valid_inputs())
def test_what_is_applied_is_proved(values: dict[str, Any]) -> None:
    # What nobody has made cannot be logged to or replicated to, and principals have to be there.
    left_out = {"access_logging", "replication", "kms_administrator_arns", "kms_user_arns", "lifecycle_enabled"}
    values = {name: value for name, value in values.items() if name not in left_out}

    proof = prove(Settings(module=MODULE, variables=values), Silent())

    assert proof.proved, counter_example("not proved", values)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(-(10**6), 10**6), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS.filter(bool), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=at_night(nightly=200, otherwise=10))
@given(value=VALUES)
def test_counter_example_is_what_terraform_reads(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tfvars")
    text = 'variable "value" {\n  type = any\n}\noutput "value" {\n  value = jsonencode(var.value)\n}\n'
    (folder / "main.tf").write_text(text, encoding="utf-8")
    (folder / "values.tfvars").write_text(as_tfvars({"value": value}), encoding="utf-8")
    environment = base_environment(folder)

    done = run(
        find_terraform().path,
        ["apply", "-json", "-auto-approve", "-lock=false", "-var-file=values.tfvars"],
        cwd=folder,
        environment=environment,
        stream=True,
    )

    outputs = done.events_of("outputs")[-1]["outputs"]
    if value is None:
        return  # an output that is null is none
    assert normalised(json.loads(outputs["value"]["value"])) == normalised(value)


def normalised(value: Any) -> Any:
    """Terraform composes letters and their accents (NFC), in names too."""
    import unicodedata  # noqa: PLC0415

    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {normalised(name): normalised(item) for name, item in value.items()}
    return [normalised(item) for item in value] if isinstance(value, list) else value
