"""A module's own names of its outputs: what is read under which, and what is refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tfproof import cli
from tfproof.checks import Backend
from tfproof.checks.output_mapping import READ_OUTPUTS
from tfproof.terraform import ModuleSource, State

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "modules" / "state-backend"


def test_list_has_what_the_source_reads_and_the_module_gives() -> None:
    """Whoever reads another output adds it to the list: else nobody could map it."""
    read = set()
    for file in (ROOT / "src" / "tfproof").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        read |= set(re.findall(r'outputs(?:\.get\(|\[)"(\w+)"', text))
        read |= set(re.findall(r'^_?OUTPUT(?:: Final)? = "(\w+)"', text, re.MULTILINE))
    declared = {block.labels[0] for block in ModuleSource(MODULE).of_type("output")}

    assert read - set(READ_OUTPUTS) == set()
    assert set(READ_OUTPUTS) - declared == set()


def test_renamed_output_is_read_and_pointed_at_under_its_own_name() -> None:
    outputs = {
        "state_bucket": {"value": "acme-state", "type": "string", "sensitive": False},
        "kms_key_arn": {"value": "arn", "type": "string", "sensitive": False},
        "bucket_name": {"value": "something else", "type": "string", "sensitive": False},
    }
    state = State({"version": 4, "outputs": outputs, "resources": []})

    backend = Backend(state, output_names={"bucket_name": "state_bucket", "bucket_arn": "not_there"})

    assert backend.outputs == {"kms_key_arn": "arn", "bucket_name": "acme-state", "state_bucket": "acme-state"}
    assert backend.output_address("bucket_name") == "output.state_bucket"
    assert backend.output_address("kms_key_arn") == "output.kms_key_arn"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["bucket_name"], ["'bucket_name' is not NAME=THEIRS", "bucket_name=state_bucket"]),
        (["bucket_name="], ["is not NAME=THEIRS"]),
        (["=state_bucket"], ["reads no output ''", "It reads: backend_config, "]),
        (["bucket_nam=state_bucket"], ["no output 'bucket_nam': did you mean 'bucket_name'?", "kms_key_arn"]),
        (["iam_policy_arn=x"], ["reads no output 'iam_policy_arn'"]),
        (["bucket_name=bucket_nam"], ["has no output 'bucket_nam': did you mean 'bucket_name'?", "It has: backend_"]),
        (["bucket_name=bucket_arn", "bucket_name=kms_key_arn"], ["bucket_name is given twice"]),
    ],
)
def test_bad_names_are_bad_usage_and_list_what_there_is(
    given: list[str], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = [word for name in given for word in ("--output-name", name)]

    assert cli.main(["prove", str(MODULE), "--var", "bucket_name=x", *names]) == 2

    error = capsys.readouterr().err
    assert [text for text in said if text not in error] == []


def test_checks_name_outputs_by_literals() -> None:
    """The test above finds names by their text: a name that is put together would escape it."""
    for file in (ROOT / "src" / "tfproof" / "checks").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "outputs":
                # output_names.py takes them from a table of its own, which the next line reads.
                literal = isinstance(node.slice, ast.Constant) or file.name == "output_names.py"
                assert literal, f"{file.name}:{node.lineno}"
    table = (ROOT / "src" / "tfproof" / "checks" / "output_names.py").read_text(encoding="utf-8")
    assert set(re.findall(r'\("(\w+)", "\w+"\)', table)) - set(READ_OUTPUTS) == set()
