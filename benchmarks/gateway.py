"""What the gateway costs: a call through it against the same call to moto asked straight, and a whole journey.

    python benchmarks/gateway.py [--calls 400] [--journeys 3]

Both moto processes run side by side and are asked in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tfproof.targets.clients import make_client
from tfproof.targets.embedded import EmbeddedTarget
from tfproof.targets.emulator import ADMINISTRATOR
from tfproof.terraform import Workspace
from tfproof.terraform.binary import find_terraform
from tfproof.terraform.provider_mirror import find_provider_source

ROOT = Path(__file__).parents[1]
VARIABLES = {"bucket_name": "benchmark", "lifecycle_enabled": False, "lock_table_deletion_protection": False}


@contextlib.contextmanager
def straight() -> Iterator[str]:
    """The server that moto brings, with nothing before it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_ACCOUNT_ID": "123456789012"},
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def calls(endpoint: str) -> dict[str, Callable[[], Any]]:
    """A call of each kind that a backend and a provider make."""

    def client(service: str) -> Any:
        return make_client(
            service, endpoint=endpoint, region="us-east-1", access_key=ADMINISTRATOR, secret_key=ADMINISTRATOR
        )

    s3, dynamodb, kms = client("s3"), client("dynamodb"), client("kms")
    s3.create_bucket(Bucket="calls")
    dynamodb.create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return {
        "s3 PutObject 4 KiB": lambda: s3.put_object(Bucket="calls", Key="state", Body=b"x" * 4096),
        "s3 GetObject 4 KiB": lambda: b"".join(s3.get_object(Bucket="calls", Key="state")["Body"]),
        "s3 ListObjectsV2": lambda: s3.list_objects_v2(Bucket="calls", Prefix="env:/"),
        "dynamodb PutItem": lambda: dynamodb.put_item(TableName="locks", Item={"LockID": {"S": "x"}}),
        "kms DescribeKey": partial(kms.describe_key, KeyId=key),
    }


def measure_calls(count: int, endpoints: tuple[str, str]) -> None:
    """Medians of both ways, in milliseconds, and what the gateway adds."""
    ways = [calls(endpoint) for endpoint in endpoints]
    print(f"{'median of ' + str(count) + ' calls, ms':<32}{'straight':>10}{'gateway':>10}{'added':>10}")
    for name in ways[0]:
        seconds: list[list[float]] = [[], []]
        for _ in range(count):
            for number, way in enumerate(ways):
                before = time.perf_counter()
                way[name]()
                seconds[number].append(time.perf_counter() - before)
        plain, through = (statistics.median(some) * 1000 for some in seconds)
        print(f"{name:<32}{plain:>10.2f}{through:>10.2f}{through - plain:>10.2f}")


def journey(environment: Mapping[str, str], folder: Path) -> float:
    """Seconds of plan, apply, second plan and destroy of the module without its lifecycle."""
    workspace = Workspace(
        folder,
        ROOT / "modules/state-backend",
        terraform=find_terraform(None),
        providers=find_provider_source(None),
        environment=environment,
        variables=VARIABLES,
    )
    workspace.init()
    before = time.perf_counter()
    workspace.plan()
    workspace.apply()
    workspace.plan(name="second")
    workspace.destroy()
    return time.perf_counter() - before


def measure_journeys(count: int, target: EmbeddedTarget, endpoint: str, folder: Path) -> None:
    """Medians of whole journeys, one way after the other."""
    seconds: dict[str, list[float]] = {"straight": [], "gateway": []}
    for number in range(count):
        for name, where in (("straight", endpoint), ("gateway", target.endpoint)):
            environment = {**target.environment(), "AWS_ENDPOINT_URL": where}
            seconds[name].append(journey(environment, folder / f"{name}-{number}"))
    plain, through = (statistics.median(seconds[name]) for name in ("straight", "gateway"))
    print(f"\njourney without lifecycle, median of {count}: straight {plain:.1f} s, gateway {through:.1f} s,", end=" ")
    print(f"ratio {through / plain:.2f}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--journeys", type=int, default=3)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}\n")
    with (
        tempfile.TemporaryDirectory(prefix="tfproof-benchmark-") as name,
        straight() as endpoint,
        EmbeddedTarget(Path(name) / "target.log") as target,
    ):
        measure_calls(options.calls, (endpoint, target.endpoint))
        if options.journeys:
            measure_journeys(options.journeys, target, endpoint, Path(name))


if __name__ == "__main__":
    main()
