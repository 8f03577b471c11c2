"""Every error tells what is wrong and what to do, and does so in another process too."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import tfproof
from tfproof.errors import EnvironmentProblem, TargetError, TfproofError, UsageError
from tfproof.iam import MalformedPolicyDocument
from tfproof.terraform.diagnostics import Diagnostic
from tfproof.terraform.errors import TerraformError, describe_exit

# Arguments of the classes that need more than a message.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "UnmappedOperation": ("s3", "GetObjectLegalHold", "it is not in the table"),
    "TerraformError": ("apply", 1, [Diagnostic("error", "No", detail="disk", address="a.b", filename="m.tf", line=3)]),
    "TerraformCrash": ("plan", 2, [], "Terraform itself broke down: fatal error: runtime: out of memory"),
    "TerraformTimeout": ("apply", -2, [], "it took longer than 3 s"),
}


def error_classes() -> Iterator[type[TfproofError]]:
    """Every subclass in the package, wherever it is defined."""
    for module in pkgutil.walk_packages(tfproof.__path__, "tfproof."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[TfproofError]] = [TfproofError]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.__subclasses__())
        if one.__module__.startswith("tfproof"):
            yield one


CLASSES = sorted(set(error_classes()), key=lambda one: (one.__module__, one.__name__))


def made(one: type[TfproofError]) -> TfproofError:
    if one.__name__ in _ARGUMENTS:
        return one(*_ARGUMENTS[one.__name__])
    parameters = [
        parameter
        for parameter in inspect.signature(one).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    try:
        return one(*("what is wrong" for _ in parameters), remedy="what to do")
    except (TypeError, AttributeError) as error:
        raise AssertionError(f"give {one.__name__} an example in _ARGUMENTS: {error}") from error


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_survives_the_way_to_another_process(one: type[TfproofError], protocol: int) -> None:
    error = made(one)
    error.extra = ["evidence"]  # type: ignore[attr-defined]
    error.add_note("seen by a worker")

    back = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301

    assert type(back) is one
    assert str(back) == str(error)
    assert (back.message, back.remedy, back.args) == (error.message, error.remedy, error.args)
    assert vars(back) == vars(error)
    assert back.__notes__ == ["seen by a worker"]


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_says_its_message_and_then_the_remedy(one: type[TfproofError]) -> None:
    error = made(one)

    assert str(error) == (f"{error.message}\n{error.remedy}" if error.remedy else error.message)
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_exit_code_is_2_for_what_was_given_and_3_for_the_rest(one: type[TfproofError]) -> None:
    assert made(one).exit_code == (2 if issubclass(one, (UsageError, MalformedPolicyDocument)) else 3)


def test_the_tree_is_the_one_that_is_drawn() -> None:
    assert issubclass(UsageError, ValueError)
    for one in (EnvironmentProblem, TargetError, TerraformError, UsageError):
        assert one.__base__ is TfproofError
        assert one.__name__ in str(inspect.getmodule(TfproofError).__doc__)


def test_a_terraform_error_keeps_diagnostics_over_pickling() -> None:
    error = made(TerraformError)
    assert isinstance(error, TerraformError)

    back = pickle.loads(pickle.dumps(error))  # noqa: S301

    assert back.diagnostics == error.diagnostics
    assert (back.command, back.exit_code_of_terraform) == ("apply", 1)


def test_a_terraform_error_shows_twenty_errors_and_counts_the_rest() -> None:
    many = [Diagnostic("error", f"number {number}") for number in range(25)]

    text = TerraformError("plan", 1, [Diagnostic("warning", "not this"), *many]).message

    assert text.startswith("terraform plan exited with 1\nError: number 0\n")
    assert text.endswith("Error: number 19\n... and 5 more errors")
    assert "not this" not in text


def test_a_terraform_error_shows_the_end_of_the_output_when_there_is_no_diagnostic() -> None:
    text = TerraformError("plan", 2, [Diagnostic("warning", "w")], "x" * 5000 + "the end\n").message

    assert text.endswith("the end")
    assert len(text) < 4100


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited with 0"), (127, "exited with 127"), (-9, "was ended by SIGKILL"), (-2, "was ended by SIGINT"),
     (-63, "was ended by signal 63")],
)  # fmt: skip
def test_a_signal_is_named(code: int, words: str) -> None:
    assert describe_exit(code) == words
