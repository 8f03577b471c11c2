"""The package stands on the standard library and botocore alone, and on botocore only when the API is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import tfproof.iam

ALLOWED = {*sys.stdlib_module_names, "botocore", "tfproof"}


def test_the_package_imports_nothing_but_the_standard_library_and_botocore() -> None:
    for path in Path(tfproof.iam.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in ALLOWED, f"{path.name} imports {name}"
                ours = name.startswith("tfproof")
                assert not ours or name == "tfproof.errors" or name.startswith("tfproof.iam"), f"{path.name}: {name}"


def test_importing_it_loads_no_botocore() -> None:
    code = "import sys, tfproof.iam; sys.exit(any(name in sys.modules for name in ('botocore', 'boto3', 'pytest')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
