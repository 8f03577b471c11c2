"""The journey against what it is made of: bare Terraform commands, and the same journey in plain tftest.

    python benchmarks/journey.py [--runs N] [--without-lifecycle-only]

Prints, from one run: the wall time of the journey; the sum of the bare Terraform commands it needs (init, plan, show,
apply, both second plans, destroy), each starting its own provider; and the same in tftest with a provider that has an
`endpoints` block. Each with and without the lifecycle resource, and the provider's own waiting apart: the seconds that
`apply` spends on the key and the lifecycle configuration, which no harness can shorten.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tftest

from tfproof.backend_use.use import Depth
from tfproof.proof.observer import Silent
from tfproof.proof.run import Settings, prove
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.terraform import find_provider_source, find_terraform
from tfproof.terraform.environment import base_environment

MODULE = Path(__file__).parent.parent / "modules" / "state-backend"
BUCKET = "tfproof-benchmark"


class Waits(Silent):
    """Notes how long Terraform waited for the key and the lifecycle configuration, which run one after the other."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def event(self, event: dict[str, Any]) -> None:
        """Adds up the two slow creations."""
        hook = event.get("hook") or {}
        kind = (hook.get("resource") or {}).get("resource_type")
        slow = kind in ("aws_kms_key", "aws_s3_bucket_lifecycle_configuration")
        if event.get("type") == "apply_complete" and hook.get("action") == "create" and slow:
            self.seconds += float(hook.get("elapsed_seconds", 0))


def journey(*, lifecycle: bool) -> tuple[float, float]:
    """Wall seconds of a whole proof, from nothing to nothing, and the provider's waits in it."""
    waits = Waits()
    started = time.monotonic()
    # Without using the module as a backend: neither of the two that it is compared with does.
    variables = {"bucket_name": BUCKET, "lifecycle_enabled": lifecycle}
    prove(Settings(MODULE, variables, depth=Depth.NONE), waits)
    return time.monotonic() - started, waits.seconds


def bare(*, lifecycle: bool) -> float:
    """Wall seconds of the commands alone, one after the other, as a shell script would run them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "module"
        shutil.copytree(MODULE, root)
        with EmbeddedTarget(folder / "target.log") as target:
            environment = base_environment(
                folder, cli_config=find_provider_source().write_cli_config(folder), extra=target.environment()
            )
            variables = [f"-var=bucket_name={BUCKET}", f"-var=lifecycle_enabled={str(lifecycle).lower()}"]

            def terraform(*arguments: str) -> float:
                started = time.monotonic()
                program = str(find_terraform().path)
                subprocess.run([program, *arguments], cwd=root, env=environment, check=True, capture_output=True)
                return time.monotonic() - started

            spent = terraform("init")
            spent += terraform("plan", "-out=plan", *variables)
            spent += terraform("show", "-json", "plan")
            spent += terraform("apply", "plan")
            spent += terraform("plan", "-refresh=false", *variables)
            spent += terraform("plan", *variables)
            # What makes it destroyable is not counted: it is no Terraform command.
            target.client("dynamodb").update_table(TableName=f"{BUCKET}-locks", DeletionProtectionEnabled=False)
            spent += terraform("destroy", "-auto-approve", *variables)
    return spent


def in_tftest(*, lifecycle: bool) -> float:
    """Wall seconds of the same journey in tftest, with an `endpoints` block as its users write it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "module"
        shutil.copytree(MODULE, root)
        with EmbeddedTarget(folder / "target.log") as target:
            services = "\n".join(
                f'    {service} = "{target.endpoint}"' for service in ("dynamodb", "iam", "kms", "s3", "sts")
            )
            (root / "provider_override.tf").write_text(
                f'provider "aws" {{\n  s3_use_path_style = true\n  endpoints {{\n{services}\n  }}\n}}\n',
                encoding="utf-8",
            )
            environment = base_environment(
                folder, cli_config=find_provider_source().write_cli_config(folder), extra=target.environment()
            )
            environment.pop("AWS_ENDPOINT_URL")
            test = tftest.TerraformTest(str(root), binary=str(find_terraform().path), env=environment)
            variables: dict[str, Any] = {"bucket_name": BUCKET, "lifecycle_enabled": str(lifecycle).lower()}
            started = time.monotonic()
            test.setup(cleanup_on_exit=False)
            test.plan(tf_vars=variables, output=True)
            test.apply(tf_vars=variables)
            test.plan(tf_vars=variables, refresh=False, output=True)
            test.plan(tf_vars=variables, output=True)
            spent = time.monotonic() - started
            target.client("dynamodb").update_table(TableName=f"{BUCKET}-locks", DeletionProtectionEnabled=False)
            started = time.monotonic()
            test.destroy(tf_vars=variables)
            return spent + time.monotonic() - started


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="runs of each, in turn (default: %(default)s)")
    parser.add_argument("--without-lifecycle-only", action="store_true", help="leave the slow half out")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {find_terraform().name}, median of {options.runs} runs")
    for lifecycle in (False,) if options.without_lifecycle_only else (False, True):
        measure(options.runs, lifecycle=lifecycle)


def measure(runs: int, *, lifecycle: bool) -> None:
    """Runs the three in turn and prints their medians and ratios."""
    spent: dict[str, list[float]] = {"journey": [], "bare commands": [], "tftest": []}
    waits: list[float] = []
    others: dict[str, Callable[..., float]] = {"bare commands": bare, "tftest": in_tftest}
    for _ in range(runs):
        seconds, waited = journey(lifecycle=lifecycle)
        spent["journey"].append(seconds)
        waits.append(waited)
        for name, run in others.items():
            spent[name].append(run(lifecycle=lifecycle))
    which = "with" if lifecycle else "without"
    print(f"\n{which} the lifecycle resource; the provider itself waits {statistics.median(waits):.1f} s")
    reference = statistics.median(spent["journey"])
    for name, seconds_of in spent.items():
        median = statistics.median(seconds_of)
        ratio = "" if name == "journey" else f"   journey is {reference / median:.2f}x"
        between = f"({min(seconds_of):.1f} to {max(seconds_of):.1f})"
        print(f"  {name:<14} {median:6.1f} s  {between}{ratio}")


if __name__ == "__main__":
    main()
