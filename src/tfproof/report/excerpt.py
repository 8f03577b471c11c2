"""The lines of a configuration around a place, without the secrets that are written in them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tfproof.audit.secret_values import is_secret_name
from tfproof.terraform.source import Location

__all__ = ["excerpt", "without_literals"]

_AROUND: Final = 3
_LONGEST_LINE: Final = 300
_ASSIGNED: Final = re.compile(r'(?P<name>[A-Za-z_][\w-]*)"?\s*[=:](?!=)')
_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)("|$)')
_REFERENCE: Final = re.compile(r"\$\{[\w.\[\]*-]+\}")
_VARIABLE: Final = re.compile(r'\s*variable\s+"?(?P<name>[\w-]+)"?')
_HEREDOC: Final = re.compile(r"<<-?\s*(?P<end>[A-Za-z_][\w-]*)\s*$")
_REDACTED: Final = '"(redacted)"'


def excerpt(location: Location) -> list[dict[str, Any]]:
    """The line at a place and three before and behind it, each cut at 300 characters; none when it cannot be read.

    Args:
        location: The place; what is assigned to a name that says secret is blanked, see `without_literals`.
    """
    try:
        shown = _blanked(location.file, location.file.stat().st_mtime_ns)
    except OSError:
        return []
    first, last = max(location.line - _AROUND, 1), min(location.line + _AROUND, len(shown))
    return [{"line": number, "text": shown[number - 1][:_LONGEST_LINE]} for number in range(first, last + 1)]


@lru_cache(maxsize=8)
def _blanked(file: Path, _changed: int) -> list[str]:
    """The lines of a file that some hundred findings may point at."""
    return without_literals(file.read_text(encoding="utf-8", errors="replace").splitlines())


def without_literals(lines: list[str]) -> list[str]:
    """Lines of HCL or its JSON with every text blanked that is assigned to a name that says secret.

    Blanked are quoted texts behind the name on its line, heredocs, and the default of a variable of such a name; a
    reference such as `"${var.password}"` stays. A secret under another name is known, if at all, by the document.

    Args:
        lines: From the beginning of the file: a heredoc may begin above what is shown.
    """
    shown: list[str] = []
    ends, hides, in_variable = "", False, False
    for line in lines:
        if ends:
            done = line.strip() == ends
            shown.append("(redacted)" if hides and not done else line)
            ends = "" if done else ends
            continue
        variable = _VARIABLE.match(line)
        if variable is not None:
            in_variable = is_secret_name(variable["name"])
        elif line.startswith("}"):
            in_variable = False
        at = _where_secret(line, in_variable=in_variable)
        shown.append(line if at is None else line[:at] + _LITERAL.sub(_blank, line[at:]))
        heredoc = _HEREDOC.search(line)
        if heredoc is not None:
            ends, hides = heredoc["end"], at is not None
    return shown


def _where_secret(line: str, *, in_variable: bool) -> int | None:
    """Where on a line the value of the first secret begins."""
    for assigned in _ASSIGNED.finditer(line):
        name = assigned["name"]
        if is_secret_name(name) or (in_variable and name == "default"):
            return assigned.end()
    return None


def _blank(literal: re.Match[str]) -> str:
    return literal.group() if _REFERENCE.fullmatch(literal.group(1)) or not literal.group(1) else _REDACTED
