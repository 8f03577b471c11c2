"""A scratch configuration that keeps its state in the backend, and real Terraform in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfproof.gateway.client import Credentials
from tfproof.targets.target import Target
from tfproof.terraform.binary import Terraform
from tfproof.terraform.command import Running, run
from tfproof.terraform.environment import base_environment

__all__ = ["CONFIGURATION", "Ran", "Scratch"]

CONFIGURATION: Final = """\
variable "value" {
  type    = string
  default = "one"
}

resource "terraform_data" "first" {
  input = var.value
}

resource "terraform_data" "second" {
  input = "two"
}

output "value" {
  value = terraform_data.first.output
}
"""
"""Resources of Terraform's own: no provider is started, and every AWS call is the backend's."""

_ANY_EXIT_CODE: Final = tuple(range(-64, 256))
_SECONDS: Final = 300.0
_COMPLAINTS: Final = ("Error: ", "Failed to ", "operation error ")
_LONGEST: Final = 600
_PREAMBLE: Final = re.compile(r"https response error StatusCode: \d+, RequestID: [^,]*,( HostID: [^,]*,)? ?")
_WARNING: Final = "Warning: "
_BOXES: Final = re.compile(r"(?m)^[│╷╵] ?")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Ran:
    """A Terraform command that came to its end, well or not.

    Attributes:
        exit_code: Its exit code.
        stdout: What it printed.
        stderr: What it complained of.
        seconds: Wall time.
    """

    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def said(self) -> str:
        """All it said, its boxes and line breaks taken out: Terraform breaks lines at 78 columns."""
        text = _COLOURS.sub("", f"{self.stderr}\n{self.stdout}")
        return " ".join(text.replace("│", " ").replace("╷", " ").replace("╵", " ").split())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What it warned of: `Deprecated Parameter: The parameter "dynamodb_table" is deprecated. ...`, each once."""
        said = _BOXES.sub("", _COLOURS.sub("", f"{self.stderr}\n{self.stdout}"))
        paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", said)]
        found: dict[str, None] = {}
        for number, paragraph in enumerate(paragraphs):
            if paragraph.lstrip().startswith(_WARNING):
                title = " ".join(paragraph.split()).removeprefix(_WARNING)
                # Where it was found is indented, and says more of the file than of the warning.
                after = next((part for part in paragraphs[number + 1 :] if not part.startswith("  ")), "")
                # Without colours nothing stands between a warning's last sentence and what Terraform says next.
                text = re.split(r"(?<=\.)\n", after, maxsplit=1)[0]
                found[f"{title}: {' '.join(text.split())}"] = None
        return tuple(found)

    @property
    def complaint(self) -> str:
        """What it said of a failure, in one line without the SDK's ids; `""` when it said nothing of one."""
        said = _PREAMBLE.sub("", self.said)
        start = next((said.find(mark) for mark in _COMPLAINTS if mark in said), -1)
        return said[start : start + _LONGEST] if start >= 0 else (said[:_LONGEST] if self.exit_code else "")


class Scratch:
    """A folder with a root module whose backend is the one to be used.

    Args:
        folder: Where it is made.
        terraform: The binary.
        target: Where the backend is.
        backend: Settings of the `backend "s3"` block; an empty mapping leaves the state in a local file.
        credentials: Who Terraform is; None is the run itself, which may do everything.
        configuration: Text of the root module beside the backend block.
        running: Where its commands are kept while they run.
    """

    def __init__(
        self,
        folder: Path,
        *,
        terraform: Terraform,
        target: Target,
        backend: Mapping[str, Any],
        credentials: Credentials | None = None,
        configuration: str = CONFIGURATION,
        running: Running | None = None,
    ) -> None:
        self.folder = folder
        self.backend = dict(backend)
        self._terraform = terraform
        self._target = target
        self._running = running
        (folder / "home").mkdir(mode=0o700, parents=True, exist_ok=True)
        self.write("main.tf", configuration)
        self.use_backend(backend)
        self.become(credentials)

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the root module."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def use_backend(self, backend: Mapping[str, Any]) -> None:
        """Puts another backend block into the configuration; `terraform init` must follow."""
        self.backend = dict(backend)
        file = self.folder / "backend.tf.json"
        if backend:
            file.write_text(json.dumps({"terraform": {"backend": {"s3": self.backend}}}), encoding="utf-8")
        else:
            file.unlink(missing_ok=True)

    def become(self, credentials: Credentials | None) -> None:
        """Lets Terraform be somebody else from now on."""
        extra = {**self._target.environment(), **(credentials.environment() if credentials is not None else {})}
        self._environment = base_environment(self.folder / "home", extra=extra)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        return dict(self._environment)

    def run(self, *arguments: str) -> Ran:
        """Runs a Terraform command to its end, whatever its exit code."""
        done = run(
            self._terraform.path,
            arguments,
            cwd=self.folder,
            environment=self._environment,
            ok=_ANY_EXIT_CODE,
            timeout=_SECONDS,
            running=self._running,
        )
        return Ran(done.exit_code, done.stdout, done.stderr, done.seconds)

    def init(self, *arguments: str) -> Ran:
        """`terraform init`."""
        return self.run("init", "-no-color", "-input=false", *arguments)
