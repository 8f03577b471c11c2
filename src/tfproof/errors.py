"""The exceptions of tfproof. Every one carries what is needed to act on it.

::

    TfproofError                     base of all; `remedy` says what to do next
    ├── UsageError (ValueError)      the caller asked for something that cannot be meant
    ├── EnvironmentProblem           a tool, provider or target is missing or unfit
    ├── TerraformError               a Terraform command failed; carries command, exit code, diagnostics
    └── TargetError                  the target did not answer, or not as it must

Exit codes of the `tfproof` command follow from the class: `UsageError` is 2, as is a policy document
that breaks the grammar; every other one is 3 (could not run); 1 is kept for "ran, and is not proved".
"""

from __future__ import annotations

__all__ = ["EnvironmentProblem", "TargetError", "TfproofError", "UsageError"]


class TfproofError(Exception):
    """Base of all errors raised by tfproof: one sentence on what is wrong, and a remedy.

    Args:
        message: What is wrong; names the thing and the value.
        remedy: What the reader can do about it; empty when the message already says it.
    """

    exit_code = 3

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders under pytest-xdist; keyword-only arguments do not survive the default.
        return _restore, (type(self), self.__dict__.copy(), self.args)


def _restore(cls: type[TfproofError], attributes: dict[str, object], args: tuple[object, ...]) -> TfproofError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(attributes)
    return error


class UsageError(TfproofError, ValueError):
    """The caller asked for something that cannot be meant: a bad argument, path or combination."""

    exit_code = 2


class EnvironmentProblem(TfproofError):
    """A tool, a provider or a folder that the run needs is missing or unfit."""


class TargetError(TfproofError):
    """The target (emulator or account) did not start, did not answer, or answered what it must not."""
