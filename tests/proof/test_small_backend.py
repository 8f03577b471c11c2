"""A backend of somebody else's: sound, nothing is found in it; with five holes, all five are, and nothing else is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_backend import HOLES, write_backend

from tfproof.proof.observer import Silent
from tfproof.proof.proof import Outcome, Proof
from tfproof.proof.run import Settings, prove


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Proof]:
    """Both proved, side by side: most of it is waiting for S3's lifecycle rules."""
    folder: Path = tmp_path_factory.mktemp("backends")
    modules = {"sound": write_backend(folder / "sound"), "with holes": write_backend(folder / "holes", *HOLES)}
    with ThreadPoolExecutor(2) as pool:
        proved = pool.map(lambda module: prove(Settings(module=module), Silent()), modules.values())
        return dict(zip(modules, proved, strict=True))


def failed(proof: Proof) -> set[str]:
    return {result.check.id for result in proof.results if result.outcome in (Outcome.FAILED, Outcome.UNDECIDED)}


@pytest.mark.xdist_group("small-backend")
def test_nothing_is_found_in_a_sound_backend(proofs: dict[str, Proof]) -> None:
    assert failed(proofs["sound"]) == set()
    assert proofs["sound"].proved


@pytest.mark.xdist_group("small-backend")
def test_five_holes_are_found_and_nothing_else(proofs: dict[str, Proof]) -> None:
    assert failed(proofs["with holes"]) == {check for _, _, checks in HOLES.values() for check in checks.split()}
