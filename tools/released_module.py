"""Writes src/tfproof/released_module.json: the hashes of the module that is released with this version.

Usage: released_module.py [--check] [ROOT]

With --check nothing is written; exit 1 when the file is stale. Exit 2: the module or the version cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tfproof.proof.released_module import file_hashes

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="released_module.py", description="Write the hashes of the released module.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is stale")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1], help="folder of the project")
    options = parser.parse_args(arguments)
    released = options.root / "src" / "tfproof" / "released_module.json"
    try:
        project = tomllib.loads((options.root / "pyproject.toml").read_text(encoding="utf-8"))
        files = file_hashes(options.root / "modules" / "state-backend")
        wanted = json.dumps({"version": project["project"]["version"], "files": files}, indent=2) + "\n"
        current = released.read_text(encoding="utf-8") if released.is_file() else ""
    except (OSError, ValueError, KeyError) as problem:
        sys.stderr.write(f"released_module.py: {problem}\n")
        return 2
    if current == wanted:
        return 0
    if options.check:
        sys.stderr.write(f"{released}: stale: run `make docs`\n")
        return 1
    released.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
