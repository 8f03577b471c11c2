"""docs/runbook.md as something that can be run: its fenced blocks, in a folder where terraform and aws are at hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tfproof.terraform import Workspace

__all__ = ["Block", "Desk", "blocks_by_heading"]

_AWS = Path(__file__).with_name("aws_stand_in.py")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[a-z][A-Za-z ]*>")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: What stands behind the fence: `sh`, `hcl`.
        text: What stands in it.
    """

    language: str
    text: str


def blocks_by_heading(document: Path) -> dict[str, list[Block]]:
    """The fenced blocks under each heading, in order."""
    text = document.read_text(encoding="utf-8")
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {
        heading: [Block(found["language"], textwrap.dedent(found["text"])) for found in _FENCE.finditer(body)]
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


class Desk:
    """A folder with a configuration, where somebody follows the runbook and answers every question with yes.

    Args:
        workspace: A workspace of examples/minimal, initialised.
        bucket: Name of the state bucket.
    """

    def __init__(self, workspace: Workspace, bucket: str) -> None:
        self.workspace = workspace
        self.folder = workspace.root
        tools = workspace.folder / "tools"
        tools.mkdir()
        # init writes the lock file, and leaves out a provider that it is told to find running.
        _program(
            tools / "terraform", f'[ "$1" = init ] && unset TF_REATTACH_PROVIDERS\nexec {workspace.terraform.path} "$@"'
        )
        _program(tools / "aws", f'exec "{sys.executable}" "{_AWS}" "$@"')
        self._tools = tools
        self._answers = workspace.folder / "answers"
        self._answers.write_text("yes\n" * 20_000, encoding="utf-8")
        self.write("terraform.tfvars.json", json.dumps({"bucket_name": bucket}))
        # Creating the lifecycle rules takes a minute, and no procedure is about them.
        self.set_argument("lifecycle_enabled", "false")

    def follow(self, block: Block, *, exit_code: int = 0, **placeholders: str) -> str:
        """Runs a block of shell commands; answers what they print.

        Args:
            block: The block.
            exit_code: How it must end; the first command that fails ends it.
            placeholders: What to put for `<bucket>` and the like; an underscore stands for a space.
        """
        assert block.language == "sh", block
        text = block.text
        for name, value in placeholders.items():
            text = text.replace(f"<{name.replace('_', ' ')}>", value)
        assert not _PLACEHOLDER.findall(text), text
        return self.run(text, exit_code=exit_code)

    def run(self, script: str, *, exit_code: int = 0) -> str:
        """Runs shell commands as `follow` does; answers what they print, errors too."""
        environment = self.workspace.environment
        for name in ("TF_INPUT", "TF_IN_AUTOMATION"):
            del environment[name]
        environment["PATH"] = f"{self._tools}:{environment['PATH']}"
        with self._answers.open("rb") as answers:
            done = subprocess.run(
                ["bash", "-euc", script],  # noqa: S607  # whichever there is, as for a reader of the runbook
                cwd=self.folder,
                env=environment,
                stdin=answers,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                text=True,
                timeout=300,
            )
        output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
        assert done.returncode == exit_code, f"exit code {done.returncode} of:\n{script}\n{output}"
        return output

    def write(self, name: str, text: str) -> None:
        """Writes a file of the configuration."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replaces the one occurrence of a text in a file of the configuration."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def set_argument(self, name: str, value: str | None) -> None:
        """Sets an argument of the module call, or takes it out."""
        main = self.folder / "main.tf"
        text = re.sub(rf"^  {name} += .*\n", "", main.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if value is not None:
            head, call, rest = text.partition('module "state_backend" {\n')
            assert call
            text = f"{head}{call}  {name} = {value}\n{rest}"
        main.write_text(text, encoding="utf-8")


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
