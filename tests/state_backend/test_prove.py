"""`tfproof prove` from outside, end to end: what it answers to a broken module, and that it leaves nothing behind.

The copies have their lifecycle rules switched off by default, because creating them takes a minute: the three checks on
them fail in every copy as well, and are expected to. That the module itself is proved is what `make prove` shows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from broken_modules import Edit, removing_statement, replacing

from tfproof.checks import check_by_id

MODULE = "modules/state-backend"
LIFECYCLE = {"noncurrent-versions", "incomplete-uploads", "lock-file-versions"}


@dataclass(frozen=True)
class Ran:
    """A command that has ended.

    Attributes:
        exit_code: Its exit code.
        output: What it printed to standard output.
        errors: What it printed to standard error.
        processes: Processes it started that still run.
        files: What it left in the folder for temporary files.
    """

    exit_code: int
    output: str
    errors: str
    processes: list[int]
    files: list[str]


@pytest.fixture
def prove(request: pytest.FixtureRequest) -> Iterator[Callable[..., Ran]]:
    # Not in tmp_path: the provider's socket lies in it, and the path of a socket has to be short.
    temporary = Path(tempfile.mkdtemp(prefix="tfproof-test-"))

    def run(module: Path | str, *arguments: str) -> Ran:
        with subprocess.Popen(
            [sys.executable, "-m", "tfproof.cli", "prove", str(module), *arguments],
            cwd=request.config.rootpath,
            env=os.environ | {"TMPDIR": str(temporary), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # whatever it starts can be told by the session
        ) as process:
            output, errors = process.communicate(timeout=300)
        left = [name.name for name in temporary.iterdir()]
        return Ran(process.returncode, output, errors, _in_session(process.pid), left)

    yield run
    shutil.rmtree(temporary)


def _in_session(session: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)  # noqa: S607
    found = []
    for process in map(int, listed.stdout.split()):
        try:
            if os.getsid(process) == session:
                found.append(process)
        except (ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile, or is somebody else's
    return found


@pytest.fixture
def copy(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str, Edit], Path]:
    """Makes a copy of the module with one file changed, and without lifecycle rules."""

    def make(file: str, edit: Edit) -> Path:
        folder = tmp_path / "state-backend"
        shutil.copytree(request.config.rootpath / MODULE, folder, ignore=shutil.ignore_patterns("examples", "*.md"))
        for name, change in (("variables.tf", _without_lifecycle), (file, edit)):
            path = folder / name
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return folder

    return make


def _without_lifecycle(text: str) -> str:
    changed, count = re.subn(r'(variable "lifecycle_enabled" {[^}]*default +=) true', r"\1 false", text)
    assert count == 1
    return changed


@dataclass(frozen=True)
class Broken:
    """What is broken, and what must be said about it.

    Attributes:
        file: The file it is broken in.
        edit: Breaks it.
        checks: The checks that fail, besides those on lifecycle rules.
        place: The file, and a piece of the line, that is pointed at.
        expected: What is said to be expected there.
        found: What is said to be found there, and how it was found.
        variables: Further arguments of the command.
        also: Checks that fail because of it too, and tell of another place.
    """

    file: str
    edit: Edit
    checks: Sequence[str]
    place: tuple[str, str]
    expected: str
    found: str
    variables: Sequence[str] = ()
    also: Sequence[str] = ()


BROKEN = {
    "plan": Broken(
        "bucket.tf",
        replacing('status = "Enabled"', 'status = "Suspended"'),
        ["bucket-versioning"],
        ("bucket.tf", 'status = "Suspended"'),
        '- expected  "Enabled"',
        '+ planned   "Suspended"',
    ),
    "state": Broken(
        "outputs.tf",
        replacing(
            'the lock table."\n  value       = aws_kms_key.tf_state.arn',
            'the lock table."\n  value       = aws_s3_bucket.tf_state.arn',
        ),
        ["output-kms-key-arn"],
        ("outputs.tf", "value       = aws_s3_bucket.tf_state.arn"),
        '- expected  "arn:aws:kms:us-east-1:123456789012:key/',
        '+ in state  "arn:aws:s3:::tfproof-broken"',
    ),
    # The state says in which order things will be destroyed; what comes of it, only the destroy that is tried.
    "run": Broken(
        "bucket.tf",
        replacing("  depends_on = [aws_kms_key.tf_state]\n", ""),
        ["destroy-refused"],
        ("kms.tf", 'resource "aws_kms_key" "tf_state"'),
        '- expected  "Enabled"',
        '+ found     "PendingDeletion"  (the key after the refused destroy)',
        ["--var", "lock_mode=s3"],
        also=["creation-order"],
    ),
    # What Terraform's own write does only shows when Terraform writes.
    "use, key": Broken(
        "bucket_policy.tf",
        removing_statement("DenyUnsupportedEncryptionAlgorithm"),
        ["policy-encryption-algorithm", "backend-key-bypass"],
        ("bucket_policy.tf", ""),
        "- expected  ",
        "+ ",
    ),
    "use, permissions": Broken(
        "permissions.tf",
        replacing('"kms:DescribeKey", "kms:GenerateDataKey"]\n      Resource', '"kms:DescribeKey"]\n      Resource'),
        ["output-documented-policy", "backend-documented-policy", "backend-state-encryption"],
        ("outputs.tf", ""),
        "- expected  ",
        "kms:GenerateDataKey",
    ),
}


@pytest.mark.parametrize("layer", BROKEN)
def test_broken_module_is_not_proved_and_told_where_what_and_why(
    layer: str, copy: Callable[[str, Edit], Path], prove: Callable[..., Ran]
) -> None:
    broken = BROKEN[layer]
    module = copy(broken.file, broken.edit)

    ran = prove(module, "--var", "bucket_name=tfproof-broken", *broken.variables)

    assert (ran.exit_code, ran.errors) == (1, ""), ran
    failed = set(re.findall(r"✗ .*\[([a-z0-9-]+): failed\]", ran.output))
    headings = re.findall(r"^  ([a-z][a-z ]*)$", ran.output, re.MULTILINE)
    assert "bucket policy" in headings
    assert len(set(headings)) == len(headings)
    assert failed == LIFECYCLE | set(broken.checks) | set(broken.also)
    for check_id in broken.checks:
        # A check's own part of the report runs from its name to the empty line.
        told = re.search(rf"^{check_id}: not so: .*?\n\n", ran.output, re.DOTALL | re.MULTILINE)
        assert told is not None, ran.output
        places = re.findall(r"^  (\S+):(\d+)  ", told.group(), re.MULTILINE)
        lines = [(file, Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]) for file, line in places]
        assert any(file == str(module / broken.place[0]) and broken.place[1] in line for file, line in lines), lines
        assert broken.expected in told.group()
        assert broken.found in told.group()
        assert f"why: {check_by_id(check_id).reason}" in told.group()
    assert re.search(rf"NOT PROVED +\d+ passed, {len(failed)} failed", ran.output)
    assert (ran.processes, ran.files) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such/folder"], "'no/such/folder' is not a folder"),
        (["docs"], "has no .tf or .tf.json file"),
        ([MODULE, "--var", "bucket_name"], "--var 'bucket_name' has no '='"),
        ([MODULE, "--var", "bucket=x", "--var", "bucket_name=x"], "variable='bucket' is not a variable of"),
        ([MODULE], "variable='bucket_name' of"),
        ([MODULE, "--var-file", "no.tfvars"], "'no.tfvars' is not a file"),
    ],
    ids=["no-folder", "no-module", "no-equals", "unknown-variable", "missing-variable", "missing-file"],
)
def test_bad_usage_is_told_and_exits_with_2(arguments: list[str], said: str, prove: Callable[..., Ran]) -> None:
    ran = prove(*arguments)

    assert ran.exit_code == 2, ran
    assert said in ran.errors
    assert "Traceback" not in ran.errors
    assert (ran.processes, ran.files) == ([], [])


UNFIT = {
    "apply-fails": (
        'provider "aws" {}\n\nresource "aws_s3_object" "state" {\n  bucket  = "there-is-none"\n  key     = "x"\n'
        '  content = "x"\n}\n',
        ["terraform apply exited with 1", "NoSuchBucket", "main.tf:3"],
    ),
    "syntax-error": ('resource "aws_kms_key" {\n', ["terraform init exited with 1", "main.tf:1"]),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_cannot_be_run_is_told_and_exits_with_3(case: str, tmp_path: Path, prove: Callable[..., Ran]) -> None:
    text, said = UNFIT[case]
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text(text, encoding="utf-8")

    ran = prove(tmp_path / "module")

    assert ran.exit_code == 3, ran
    assert [piece for piece in said if piece not in ran.errors] == [], ran.errors
    assert "Traceback" not in ran.errors
    assert (ran.processes, ran.files) == ([], [])
