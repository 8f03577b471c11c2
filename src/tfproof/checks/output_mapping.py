"""Outputs under other names: which of a module's outputs are the ones that the checks read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from tfproof.errors import UsageError
from tfproof.terraform.source import ModuleSource

__all__ = ["READ_OUTPUTS", "check_output_names", "parse_output_names"]

READ_OUTPUTS: Final = (
    "backend_config",
    "backend_config_hcl",
    "bucket_arn",
    "bucket_name",
    "bucket_region",
    "documented_policy_json",
    "kms_key_alias",
    "kms_key_arn",
    "lock_table_arn",
    "lock_table_name",
    "read_only_policy_json",
    "read_write_policy_json",
)
"""Names of the outputs that a proof reads; others of `modules/state-backend` are for people only."""


def parse_output_names(pairs: Iterable[str]) -> dict[str, str]:
    """`["bucket_name=state_bucket", ...]` as a mapping of the names that are read to the module's own.

    Raises:
        UsageError: A pair has no `=`, names an output that nothing reads, or names one twice.
    """
    names: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not equals or not theirs:
            raise UsageError(
                f"--output-name {pair!r} is not NAME=THEIRS",
                remedy="Write it as --output-name bucket_name=state_bucket: the name that tfproof reads, then yours.",
            )
        if ours not in READ_OUTPUTS:
            raise UsageError(
                f"--output-name {pair!r}: tfproof reads no output {ours!r}{_meant(ours, READ_OUTPUTS)}",
                remedy=f"It reads: {', '.join(READ_OUTPUTS)}.",
            )
        if ours in names:
            raise UsageError(f"--output-name {ours} is given twice: {names[ours]!r} and {theirs!r}")
        names[ours] = theirs
    return names


def check_output_names(names: Mapping[str, str], source: ModuleSource) -> None:
    """Sees that every output that something is mapped to is one of the module.

    Raises:
        UsageError: One is not.
    """
    declared = sorted(block.labels[0] for block in source.of_type("output") if block.labels)
    for ours, theirs in names.items():
        if theirs not in declared:
            raise UsageError(
                f"--output-name {ours}={theirs}: {source.folder} has no output {theirs!r}{_meant(theirs, declared)}",
                remedy=f"It has: {', '.join(declared) or 'none'}.",
            )


def _meant(name: str, there_are: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(there_are), n=1)
    return f": did you mean {close[0]!r}?" if close else ""
