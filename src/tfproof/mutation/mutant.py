"""A mutant: a module with one thing changed, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

__all__ = ["Edit", "Layer", "Mutant", "Outcome", "Result"]


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    INVALID = "invalid"


class Layer(StrEnum):
    """What decided on a mutant, the cheapest first."""

    VARIABLES = "variables"
    PLAN = "plan"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a file's text.

    Attributes:
        operator: What kind of change it is: `flip-boolean`.
        start: Offset of the first byte that is replaced.
        end: Offset behind the last one.
        replacement: What comes in its place.
        change: The change for people: `true -> false`.
    """

    operator: str
    start: int
    end: int
    replacement: str
    change: str

    def applied(self, text: bytes) -> bytes:
        """The text after the change."""
        return text[: self.start] + self.replacement.encode() + text[self.end :]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file of a module.

    Attributes:
        id: Names it for as long as what it changes stays: file, block, path and change, but no line.
        file: Name of the file in the module's folder.
        line: Line of the change, from 1.
        address: Block that is changed: `aws_s3_bucket.tf_state`, `variable.tags`, `locals`.
        kind: Type of that block: `resource`, `data`, `variable`, `output`, `locals`.
        path: Nested blocks and attribute in it: `rule.bucket_key_enabled`.
        edit: The change.
        along: By file, what has to be struck out with it: where `depends_on` names a resource that is deleted.
    """

    id: str
    file: str
    line: int
    address: str
    kind: str
    path: str
    edit: Edit
    along: tuple[tuple[str, Edit], ...] = ()

    @property
    def operator(self) -> str:
        """What kind of change it is."""
        return self.edit.operator

    def write(self, module: Path, copy: Path) -> None:
        """Writes the files that it changes into a copy of the module."""
        edits = [(self.file, self.edit), *self.along]
        for file in {file for file, _ in edits}:
            text = (module / file).read_bytes()
            # From the end, so that what is changed before stays where it is.
            for edit in sorted((edit for name, edit in edits if name == file), key=lambda edit: -edit.start):
                text = edit.applied(text)
            (copy / file).write_bytes(text)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant.

    Attributes:
        mutant: Its id.
        outcome: What became of it.
        layer: What decided.
        by: For one that was killed the checks or cases that did it, for an invalid one what Terraform says.
        seconds: What deciding on it took; its share where several were decided at once.
    """

    mutant: str
    outcome: Outcome
    layer: Layer
    by: tuple[str, ...] = ()
    seconds: float = 0.0
