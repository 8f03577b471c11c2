"""What an audit takes: time and peak memory by the number of resources, and beside checkov on the same plan.

    python benchmarks/audit.py [--resources 1000 10000 100000 200000] [--checkov PATH] [--states 1000]

Every measurement is a process of its own on one core: the seconds it computed, which a machine that does other things
too makes little more, the median of several; and the most memory it held.

checkov comes from an environment of its own, build/checkov, which is made on the first run: its requirements do not go
together with anybody else's. Where it cannot be installed its column is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BIN = Path(sys.executable).parent
_RUNS = 3
_MOST_FOR_CHECKOV = 10_000
_TYPES = ("aws_instance", "aws_iam_role", "aws_s3_bucket", "aws_security_group", "aws_route53_record")
_PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


def main() -> int:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resources", type=int, nargs="+", default=[1_000, 10_000, 100_000, 200_000])
    parser.add_argument("--checkov", type=Path, help="a checkov to compare with")
    parser.add_argument("--no-checkov", action="store_true")
    parser.add_argument("--states", type=int, default=1_000, help="files in the folder that is audited on all cores")
    options = parser.parse_args()
    checkov = None if options.no_checkov else _checkov(options.checkov)
    with tempfile.TemporaryDirectory(prefix="tfproof-audit-") as place:
        folder = Path(place)
        heads = "  ".join(f"{name:>16}" for name in ("structure", "with secrets", "plan"))
        print(f"{'resources':>9}  {'state MB':>8}  {heads}  checkov, same plan")
        rows = []
        for count in options.resources:
            state, plan = folder / f"{count}.tfstate", folder / f"{count}.json"
            _write_state(state, count)
            _write_plan(plan, count)
            row = [_audit(state, "--no-secrets"), _audit(state), _audit(plan)]
            rows.append((count, row[0]))
            other = "-"
            if checkov is not None and count <= _MOST_FOR_CHECKOV:
                command = [str(checkov), "--quiet", "--compact", "--framework", "terraform_plan", "-f", str(plan)]
                other = _shown(_measured(command, runs=1))
            megabytes = state.stat().st_size / 1e6
            cells = "  ".join(f"{_shown(cell):>16}" for cell in row)
            print(f"{count:>9}  {megabytes:>8.1f}  {cells}  {other}", flush=True)
            state.unlink()
            plan.unlink()
        _say_growth(rows)
        _folder(folder / "many", options.states)
    return 0


def _audit(file: Path, *options: str) -> tuple[float, float]:
    return _measured([str(_BIN / "tfproof"), "audit", "--jobs", "1", "--fail-on", "critical", *options, str(file)])


def _measured(command: list[str], runs: int = _RUNS) -> tuple[float, float]:
    """Median of the seconds computed, and the peak of memory in MB, of a process on one core."""
    took, peak = [], 0.0
    for _ in range(runs):
        pid = os.fork()
        if not pid:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            os.execv(command[0], command)  # noqa: S606
        _, status, usage = os.wait4(pid, 0)
        took.append(usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024))
        assert os.waitstatus_to_exitcode(status) in (0, 1), f"{command} ended with {status}"
    return statistics.median(took), peak


def _shown(measured: tuple[float, float]) -> str:
    return f"{measured[0]:.2f} s {measured[1]:.0f} MB"


def _say_growth(rows: list[tuple[int, tuple[float, float]]]) -> None:
    if len(rows) < 2:  # noqa: PLR2004
        return
    (few, (_, _)), (many, (long, large)) = rows[0], rows[-1]
    start, base = rows[0][1]
    per_resource = (long - start) / (many - few) * 1e6
    kilobytes = (large - base) * 1024 / (many - few)
    print(f"\nstructure: {per_resource:.0f} microseconds and {kilobytes:.1f} KB a resource more")


def _folder(folder: Path, states: int) -> None:
    """A folder of states on one core and on all: the same findings, and how much sooner."""
    folder.mkdir()
    for number in range(states):
        _write_state(folder / f"{number:05}.tfstate", 20)
    took = {}
    for jobs in (1, os.cpu_count() or 1):
        started = time.monotonic()
        command = [str(_BIN / "tfproof"), "audit", "--jobs", str(jobs), "--format", "json", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        took[jobs] = time.monotonic() - started
        assert json.loads(done.stdout)["inputs_seen"] == states
    told = ", ".join(f"{seconds:.1f} s with --jobs {jobs}" for jobs, seconds in took.items())
    print(f"folder of {states} states: {told}")


def _checkov(given: Path | None) -> Path | None:
    if given is not None:
        return given
    found = shutil.which("checkov")
    if found is not None:
        return Path(found)
    place = Path("build/checkov")
    if not (place / "bin" / "checkov").exists():
        print("installing checkov into build/checkov ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        done = subprocess.run(
            [str(place / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check", "checkov"], check=False
        )
        if done.returncode:
            shutil.rmtree(place)
            print("checkov cannot be installed: its column is left out", file=sys.stderr)
            return None
    return (place / "bin" / "checkov").resolve()


def _attributes(number: int) -> dict[str, Any]:
    return {
        "id": f"i-{number:017x}",
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:instance/i-{number:017x}",
        "name": f"host-{number}",
        "description": "made for measuring, with a text of the usual length in it",
        "tags": {"Name": f"host-{number}", "team": f"team-{number % 40}"},
        "subnet_ids": [f"subnet-{number % 7:08x}", f"subnet-{number % 11:08x}"],
        "settings": [{"enabled": True, "size": 20, "kind": "gp3"}],
        "password": None,
    }


def _entries(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        attributes = _attributes(number)
        yield {
            "module": f"module.m{number % 97}",
            "mode": "managed",
            "type": _TYPES[number % len(_TYPES)],
            "name": f"r{number // 50}",
            "provider": _PROVIDER,
            "instances": [
                {"index_key": number, "schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
            ],
        }


def _write_state(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as writing:
        writing.write(
            '{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}, "resources": ['
        )
        for number, entry in enumerate(_entries(count)):
            writing.write(("," if number else "") + json.dumps(entry))
        writing.write('], "check_results": null}')


def _write_plan(file: Path, count: int) -> None:
    """A plan that makes it all: in planned_values, which checkov reads, and in resource_changes."""
    with file.open("w", encoding="utf-8") as writing:
        writing.write(
            '{"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {"resources": ['
        )
        for number, entry in enumerate(_entries(count)):
            address = f"{entry['type']}.{entry['name']}_{number}"
            shown = {
                "address": address,
                "mode": "managed",
                "type": entry["type"],
                "name": f"{entry['name']}_{number}",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "values": _attributes(number),
            }
            writing.write(("," if number else "") + json.dumps(shown))
        writing.write(']}}, "resource_changes": [')
        for number, entry in enumerate(_entries(count)):
            address = f"{entry['type']}.{entry['name']}_{number}"
            change = {
                "actions": ["create"],
                "before": None,
                "after": _attributes(number),
                "after_unknown": {"arn": True},
            }
            shown = {"address": address, "mode": "managed", "type": entry["type"], "name": f"{entry['name']}_{number}"}
            writing.write(("," if number else "") + json.dumps({**shown, "change": change}))
        writing.write('], "configuration": {"root_module": {}}}')


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
