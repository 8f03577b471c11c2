"""`tfproof mutate PATH`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfproof.errors import UsageError

if TYPE_CHECKING:
    from tfproof.mutation.cases import Cases

__all__ = ["add_commands"]

_EXIT_CODES = """\
exit codes:
  0    no mutant survived but those that are accepted
  1    a mutant survived, or the list of accepted ones is not true any more
  2    bad usage
  3    could not run: the module itself cannot be planned or applied, or no check passes on it
  130  interrupted
"""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Mounts `mutate` under the parser of `tfproof`."""
    mutate = commands.add_parser(
        "mutate",
        help="break a module in every small way, and say what the proof would let through",
        description="Makes mutants of a module, decides on each by the cheapest of variables, plan and proof, and says "
        "which were killed by which check, which survived, which plan to the same, and which Terraform refuses.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = mutate.add_argument
    add("module", type=Path, metavar="PATH", help="folder of the module")
    add("--cases", type=Path, metavar="FILE", help="what it is mutated against: a TOML file, see docs/mutation.md")
    add("--var", action="append", default=[], metavar="NAME=VALUE", help="value of a variable, without --cases")
    add("--var-file", action="append", default=[], type=Path, metavar="FILE", help="a .tfvars file, without --cases")
    add("--accepted", type=Path, metavar="FILE", help="mutants that may survive, with reasons: a TOML file")
    add("--sample", type=int, metavar="N", help="decide on N mutants only, chosen by --seed")
    add("--seed", type=int, default=0, metavar="N", help="of the sample (default: %(default)s)")
    add("--only", metavar="REGEX", help="only mutants in whose id this is found")
    add(
        "--deepest",
        choices=["variables", "plan", "apply"],
        default="apply",
        help="the last layer that decides; apply proves each mutant that no plan decides (default: %(default)s)",
    )
    add("--workers", type=int, default=2, metavar="N", help="plans side by side (default: %(default)s)")
    add("--list", action="store_true", help="print the mutants and decide on none")
    add("--report", type=Path, metavar="FILE", help="write every mutant and what became of it, as JSON")
    add("--no-cache", action="store_true", help="decide on all anew, and keep nothing")
    add("--output-name", action="append", default=[], metavar="NAME=THEIRS", help="what the module calls an output")
    add("--terraform", metavar="PATH", help="Terraform or OpenTofu binary (default: the one on PATH)")
    add("--provider-mirror", metavar="FOLDER", help="filesystem mirror to take providers from")
    mutate.set_defaults(command=_mutate)


def _mutate(options: argparse.Namespace) -> int:
    from tfproof.checks.output_mapping import parse_output_names  # noqa: PLC0415  # `--help` must not wait for it
    from tfproof.mutation.accepted import read_accepted  # noqa: PLC0415
    from tfproof.mutation.cache import default_folder  # noqa: PLC0415
    from tfproof.mutation.mutant import Layer  # noqa: PLC0415
    from tfproof.mutation.run import MutationSettings, mutate  # noqa: PLC0415
    from tfproof.mutation.sites import mutants_of  # noqa: PLC0415
    from tfproof.report.mutation import as_json, lines, verdict  # noqa: PLC0415

    for name in ("sample", "workers"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise UsageError(f"--{name} {getattr(options, name)} is not 1 or more")
    try:
        only = re.compile(options.only) if options.only is not None else None
    except re.error as error:
        raise UsageError(f"--only {options.only!r} is no regular expression: {error}") from error
    if options.list and options.module.is_dir():
        for mutant in mutants_of(options.module):
            if only is None or only.search(mutant.id):
                print(f"{mutant.file}:{mutant.line}  {mutant.id}")  # noqa: T201  # what the command is for
        return 0
    accepted = read_accepted(options.accepted) if options.accepted is not None else {}
    settings = MutationSettings(
        module=options.module,
        cases=_cases(options),
        sample=options.sample,
        seed=options.seed,
        only=only,
        deepest=Layer(options.deepest),
        workers=options.workers,
        cache=None if options.no_cache else default_folder(),
        terraform=options.terraform,
        provider_mirror=options.provider_mirror,
        output_names=parse_output_names(options.output_name),
    )
    mutation = mutate(settings, say=_say)
    whole = options.sample is None and only is None and options.deepest == "apply"
    found = verdict(mutation, accepted, whole=whole)
    for line in lines(mutation, found):
        print(line)  # noqa: T201
    if options.report is not None:
        try:
            options.report.write_text(json.dumps(as_json(mutation, found), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"report={str(options.report)!r} cannot be written: {error.strerror}") from error
    return 0 if found.good else 1


def _say(line: str) -> None:
    sys.stderr.write(f"tfproof: {line}\n")


def _cases(options: argparse.Namespace) -> Cases:
    from tfproof.mutation.cases import Case, Cases, read_cases, values_in  # noqa: PLC0415
    from tfproof.terraform.source import ModuleSource  # noqa: PLC0415
    from tfproof.terraform.variables import check_variables, parse_assignments  # noqa: PLC0415

    if options.cases is not None:
        if options.var or options.var_file:
            raise UsageError("--cases has the values: leave --var and --var-file out")
        return read_cases(options.cases)
    values: dict[str, Any] = {}
    for file in options.var_file:
        values |= values_in(file)
    typed = parse_assignments(options.var)
    if options.module.is_dir():
        source = ModuleSource(options.module)
        check_variables(source, {**values, **typed}, options.var_file)
        plain = {
            block.labels[0]
            for block in source.of_type("variable")
            if block.labels and _type(block).strip('"') in ("", "string", "number", "bool")
        }
        # As Terraform reads -var: a text for a variable of a simple type, else an expression.
        typed = {name: str.__str__(value) if name in plain else value for name, value in typed.items()}
    return Cases((Case("case", {**values, **typed}, apply=True),))


def _type(block: Any) -> str:
    return str(block.attributes["type"].text.strip()) if "type" in block.attributes else ""
