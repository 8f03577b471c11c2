"""A sample of the module's mutants, by variables and plan alone: none survives but those that may."""

from __future__ import annotations

import pytest
from budget import at_night

from tfproof.mutation.accepted import read_accepted
from tfproof.mutation.cases import read_cases
from tfproof.mutation.mutant import Layer, Outcome
from tfproof.mutation.run import MutationSettings, mutate
from tfproof.report.mutation import verdict

# The same in every run, so that a failure is about what has changed; `make mutants` decides on all of them at night.
SEED = 20
SIZE = at_night(nightly=40, otherwise=16)


@pytest.mark.xdist_group("mutants")
def test_no_mutant_of_a_sample_survives_without_a_reason(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    accepted = read_accepted(root / "tests/accepted_mutants.toml")

    found = mutate(
        MutationSettings(
            module=root / "modules/state-backend",
            cases=read_cases(root / "tests/mutation_cases.toml"),
            sample=SIZE,
            seed=SEED,
            deepest=Layer.PLAN,
        )
    )

    assert len(found.results) == SIZE
    assert [mutant.id for mutant, _ in verdict(found, accepted, whole=False).survivors] == []
    assert len(found.of(Outcome.KILLED)) > SIZE // 2
