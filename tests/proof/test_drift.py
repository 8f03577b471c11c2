"""What somebody changes by hand is seen by the plan, named by the live audit, and repaired by applying again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from budget import at_night
from drifted import changed, told

from tfproof.errors import UsageError
from tfproof.proof.drift import DRIFTS, Drift, DriftKind
from tfproof.targets.target import Target
from tfproof.terraform import Workspace

pytestmark = pytest.mark.xdist_group("drift")

TOGETHER = [name for name, kind in DRIFTS.items() if kind.repaired_by_apply]


@pytest.fixture(scope="module")
def stack(workspace_factory: Callable[..., Workspace], request: pytest.FixtureRequest) -> Workspace:
    """The module, applied for these tests alone: what they do to it nobody else must see."""
    module = request.config.rootpath / "modules/state-backend"
    workspace = workspace_factory(module, bucket_name="tfproof-drift-{run}", lifecycle_enabled=False)
    workspace.plan()
    workspace.apply()
    return workspace


@pytest.fixture
def drift(stack: Workspace, target: Target) -> Iterator[Drift]:
    made = Drift(stack, target)
    assert made.audit().keys() <= ABSENT
    yield made
    assert made.audit().keys() <= ABSENT, "a test has left the backend otherwise than it found it"


# Without lifecycle rules, and without an object that the journey writes.
ABSENT = {"noncurrent-versions", "incomplete-uploads", "lock-file-versions", "written-object"}


def together(kinds: Iterable[DriftKind]) -> dict[str, str]:
    """What a plan does when several were injected: to what two have touched, both."""
    planned: dict[str, str] = {}
    for kind in kinds:
        for address, what in kind.planned.items():
            action, *names = what.split()
            _, *others = planned.get(address, action).split()
            planned[address] = " ".join([action, *sorted({*names, *others})])
    return planned


def row(name: str, kind: DriftKind) -> str:
    """The line of docs/mutation.md that says the same."""
    planned = "; ".join(f"`{address}`: {what}" for address, what in sorted(kind.planned.items())) or "**nothing**"
    return f"| {name} | {planned} | {', '.join(f'`{check}`' for check in sorted(kind.found))} |"


def test_document_says_what_is_tested(request: pytest.FixtureRequest) -> None:
    lines = (request.config.rootpath / "docs/mutation.md").read_text(encoding="utf-8").splitlines()

    for name, kind in DRIFTS.items():
        assert [line for line in lines if line.startswith(f"{row(name, kind)} ")], row(name, kind)


def test_each_change_is_planned_named_and_repaired(drift: Drift) -> None:
    # All that touch different things at once in CI; one after the other at night, below.
    kinds = [drift.inject(name) for name in TOGETHER]

    plan = drift.plan()
    assert changed(plan) == together(kinds)
    assert drift.audit().keys() - ABSENT == {check for found in kinds for check in found.found}

    drift.apply()
    assert drift.plan().is_empty


@pytest.mark.parametrize("name", TOGETHER[: at_night(nightly=len(TOGETHER), otherwise=0)])
def test_change_plans_itself_and_nothing_else(name: str, drift: Drift) -> None:
    kind = drift.inject(name)

    assert changed(drift.plan()) == kind.planned
    assert drift.audit().keys() - ABSENT == kind.found

    drift.apply()
    assert drift.plan().is_empty


def test_state_rewritten_without_the_key_is_found_by_the_live_audit_alone(drift: Drift, target: Target) -> None:
    kind = drift.inject("state object rewritten")

    assert drift.plan().is_empty
    found = drift.audit()
    assert found.keys() - ABSENT == kind.found
    assert "terraform.tfstate is under AES256" in found["objects-encrypted"][0]
    assert "aws s3 cp" in told("objects-encrypted", found["objects-encrypted"])

    bucket = drift.live.bucket_name
    target.client("s3").put_object(Bucket=bucket, Key="terraform.tfstate", Body=b"{}")


def test_key_that_is_scheduled_for_deletion_is_critical_and_must_not_be_repaired_by_apply(drift: Drift) -> None:
    key = drift.live.key_arn
    kind = drift.inject("key scheduled for deletion")

    plan = drift.plan()
    assert changed(plan) == kind.planned
    # The trap: a new key, while the one that encrypts every state is left to its deletion.
    assert plan.changes["aws_kms_key.tf_state"].actions == ("create",)

    found = drift.audit()
    assert found.keys() - ABSENT == kind.found
    text = told("key-pending-deletion", found["key-pending-deletion"])
    assert text.splitlines()[1].startswith("  CRITICAL: ")
    assert "abandons the key" in text
    assert text.index("CancelKeyDeletion") < text.index("EnableKey")

    drift.rescue_key()
    assert drift.live.key_arn == key
    assert drift.plan().is_empty


def test_unknown_drift_is_named_with_those_there_are(stack: Workspace, target: Target) -> None:
    with pytest.raises(UsageError, match="versioning suspended"):
        Drift(stack, target).inject("versionning")


def test_drift_is_not_for_real_accounts(stack: Workspace, tmp_path: Path) -> None:
    class Account:
        kind = "aws"
        description = f"aws account, {tmp_path}"

    with pytest.raises(Exception, match="real account"):
        Drift(stack, Account())  # type: ignore[arg-type]
