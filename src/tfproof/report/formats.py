"""Writes the evidence in a format."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Final, NoReturn

from tfproof.errors import UsageError
from tfproof.report.model import Evidence

__all__ = ["FORMATS", "broken_pipe", "refuse_unwritable", "render", "write"]

FORMATS: Final = ("terminal", "json", "sarif", "junit", "markdown", "html")


def render(evidence: Evidence, name: str) -> str:
    """The evidence as text, in any format but `terminal`."""
    if name == "json":
        return json.dumps(evidence, indent=2) + "\n"
    if name == "sarif":
        from tfproof.report.sarif import render_sarif  # noqa: PLC0415  # each is imported when it is asked for

        return render_sarif(evidence)
    if name == "junit":
        from tfproof.report.junit import render_junit  # noqa: PLC0415

        return render_junit(evidence)
    if name == "markdown":
        from tfproof.report.markdown import render_markdown  # noqa: PLC0415

        return render_markdown(evidence)
    from tfproof.report.html.page import render_html  # noqa: PLC0415

    return render_html(evidence)


def write(evidence: Evidence, name: str, output: Path | None) -> None:
    """Writes the evidence to a file, or to standard output.

    Raises:
        UsageError: The file cannot be written.
    """
    if name == "terminal":
        _to_terminal(evidence, output)
        return
    text = render(evidence, name)
    if output is None:
        sys.stdout.write(text)
        return
    _save(text, output)


def broken_pipe() -> NoReturn:
    """In place of rich's own answer to a reader that has gone, which is exit code 1: a check failed."""
    raise BrokenPipeError


def _to_terminal(evidence: Evidence, output: Path | None) -> None:
    from rich.console import Console  # noqa: PLC0415

    from tfproof.report.audit_terminal import print_evidence  # noqa: PLC0415

    if output is None:
        console = Console()
        console.on_broken_pipe = broken_pipe  # type: ignore[method-assign]
        print_evidence(evidence, console)
        return
    console = Console(record=True, file=io.StringIO(), width=_WIDE, no_color=True)
    print_evidence(evidence, console)
    _save(console.export_text(), output)


_WIDE: Final = 200


def refuse_unwritable(output: Path | None) -> None:
    """Looks before the work whether its report can be written: after hours is too late. Leaves a file as it is.

    Raises:
        UsageError: It cannot be written.
    """
    if output is None or (output.exists() and not output.is_file() and not output.is_dir()):
        return  # a pipe or a device: who opens it may not come back
    there = output.exists()
    try:
        with output.open("a", encoding="utf-8"):
            pass
        if not there:
            output.unlink()
    except OSError as error:
        raise _unwritable(output, error) from None


def _unwritable(output: Path, error: OSError) -> UsageError:
    return UsageError(f"--output={str(output)!r} cannot be written: {error.strerror}")


def _save(text: str, output: Path) -> None:
    try:
        # Lone surrogates can stand in JSON, and in no file.
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise _unwritable(output, error) from None
