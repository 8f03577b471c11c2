"""What the installed plugin costs a run that has no stacks: `pytest --collect-only` with and without it, in pairs.

python benchmarks/plugin_overhead.py [--runs N]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def collect(folder: Path, *arguments: str) -> float:
    """Wall milliseconds of one collection, as a process of its own."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (time.monotonic() - started) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="pairs (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
        collect(folder)
        pairs = [(collect(folder), collect(folder, "-p", "no:tfproof")) for _ in range(runs)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {runs} pairs")
    print(f"  with    {statistics.median(pair[0] for pair in pairs):6.0f} ms")
    print(f"  without {statistics.median(pair[1] for pair in pairs):6.0f} ms")
    print(f"  the plugin costs {statistics.median(a - b for a, b in pairs):.0f} ms")


if __name__ == "__main__":
    main()
