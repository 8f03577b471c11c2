"""A pytest plugin for mutmut's runs: mutants of functions that the package calls while it is imported are seen too.

mutmut runs each mutant in a fork of a process that has imported the package already: the table of condition operators
is made by then, from functions that are not mutated yet. For a mutant of such a function the package, and the test
files that hold parts of it, are imported anew; and every test counts as one of that function, since none calls it.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = "tfproof.iam"
CALLED: Final = Path(__file__).with_name("called_while_importing.json")
"""The functions, written by the run in which mutmut notes which test calls what."""


def pytest_configure() -> None:
    """Imports the package: anew for a mutant of what is called meanwhile."""
    from mutmut.mutation.trampoline import get_mutant_under_test  # noqa: PLC0415  only where mutmut runs
    from mutmut.state import state  # noqa: PLC0415
    from mutmut.utils.format_utils import mangled_name_from_mutant_name  # noqa: PLC0415

    mutant = get_mutant_under_test()
    if mutant == "stats":
        package = importlib.import_module(PACKAGE)
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{PACKAGE}.{found.name}")
        CALLED.write_text(json.dumps(sorted(state()._stats)))  # noqa: SLF001  where mutmut notes calls until a test ends
    elif "__mutmut_" in mutant and mangled_name_from_mutant_name(mutant) in json.loads(CALLED.read_text()):
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None) or ""
            if name == PACKAGE or name.startswith(f"{PACKAGE}.") or "/tests/iam/" in path:
                del sys.modules[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets every test count as one of the functions that are called while the package is imported."""
    from mutmut.mutation.trampoline import get_mutant_under_test  # noqa: PLC0415
    from mutmut.state import state  # noqa: PLC0415

    if get_mutant_under_test() == "stats":
        for function in json.loads(CALLED.read_text()):
            state().tests_by_mangled_function_name[function] |= {item.nodeid for item in items}
