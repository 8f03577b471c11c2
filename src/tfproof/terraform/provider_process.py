"""One provider process that serves many Terraform commands.

A provider takes seconds of CPU to start, and Terraform starts one for every command. Run with `-debug` it prints a
`TF_REATTACH_PROVIDERS` value instead, with which any number of commands use the same process.

Rules, all found the hard way:

- The process may serve one *configuration* of the provider only. With an aliased second region on one process the
  second Configure overwrites the first, and resources come to stand in the wrong region, with exit code 0. So a
  configuration with anything but exactly one plain `provider` block (or none) is not served; Terraform starts its own
  providers then.
- Endpoint and credentials are the process's own environment, not that of the Terraform commands.
- `AWS_CA_BUNDLE` in it breaks every Configure after the first (hashicorp/terraform-provider-aws#23182); the run's
  environment does not have it.
- `terraform init` must run without it, or the lock file lacks the provider.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.terraform.source import Block, ModuleSource, installed_modules

__all__ = ["ProviderProcess", "serving_key"]

_PROVIDER: Final = "aws"
_BINARY: Final = "registry.*/hashicorp/aws/*/*/terraform-provider-aws*"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_LINE: Final = "TF_REATTACH_PROVIDERS="


def serving_key(root: Path, environment: Mapping[str, str]) -> str | None:
    """What a process must have in common to serve an initialised root module, or None when no process may.

    Args:
        root: Folder of a root module after `terraform init`.
        environment: Environment of its Terraform commands.

    Returns:
        A digest of the provider's binary, its block with every argument, and the environment it runs in.
    """
    binary = _binary(root)
    blocks = [block for folder in installed_modules(root) for block in _provider_blocks(folder)]
    if binary is None or len(blocks) > 1:
        return None
    if blocks and not _is_plain(blocks[0]):
        return None
    said = [_rendered(block) for block in blocks]
    return hashlib.sha256(json.dumps([str(binary), said, sorted(environment.items())]).encode()).hexdigest()


class ProviderProcess:
    """A provider that is running and can be attached to.

    Args:
        root: Folder of a root module after `terraform init`; its provider is started.
        environment: The environment of the run, with endpoint and credentials.
        folder: Folder for its socket.

    Attributes:
        process_id: Of the provider.

    Raises:
        TfproofError: It does not start.
    """

    def __init__(self, root: Path, environment: Mapping[str, str], folder: Path) -> None:
        binary = _binary(root)
        if binary is None:
            raise TfproofError(f"root={str(root)!r} has no provider to start", remedy="Run `terraform init` first.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._process = subprocess.Popen(
            [str(binary), "-debug"],
            cwd=folder,
            # Its socket is made here. A relative path: an absolute one may have 107 bytes, and TMPDIR can be long.
            env={**environment, "TMPDIR": "."},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it logs at trace level, megabytes a minute
            process_group=0,
        )
        self.process_id = self._process.pid
        try:
            self._address = self._await_address()
        except BaseException:
            self.stop()  # nobody will have it to stop it
            raise

    def reattach(self, root: Path) -> str:
        """Value of `TF_REATTACH_PROVIDERS` for commands in a root module's folder, from where its socket is seen."""
        seen_from = {
            provider: {**given, "Addr": {**given["Addr"], "String": self._socket(given["Addr"]["String"], root)}}
            for provider, given in self._address.items()
        }
        return json.dumps(seen_from)

    def _socket(self, name: str, root: Path) -> str:
        path = (self._folder / name).resolve()
        return min(str(path), os.path.relpath(path, root.resolve()), key=len)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends it and removes its socket; safe to call twice."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process_id, signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process_id, signal.SIGKILL)
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        for socket in self._folder.glob("plugin*"):
            socket.unlink(missing_ok=True)

    def _await_address(self) -> dict[str, Any]:
        found: list[str] = []
        waiting = threading.Thread(target=self._read_address, args=(found,), daemon=True)
        waiting.start()
        waiting.join(_START_SECONDS)
        try:
            address: dict[str, Any] = json.loads(found[0])
        except (IndexError, ValueError):
            raise TfproofError(
                "the provider did not start as a process of its own",
                remedy="Use --no-keep-provider to let Terraform start it for each command.",
            ) from None
        return address

    def _read_address(self, found: list[str]) -> None:
        if self._process.stdout is None:  # pragma: no cover  # Popen was given PIPE
            return
        for line in self._process.stdout:
            text = line.decode("utf-8", errors="replace").strip()
            if text.startswith(_LINE):
                found.append(text.removeprefix(_LINE).strip("'"))
                break
        else:
            found.append("")
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while self._process.stdout is not None and self._process.stdout.read(65536):
                pass


def _binary(root: Path) -> Path | None:
    found = sorted((root / ".terraform" / "providers").glob(_BINARY))
    return found[0] if len(found) == 1 else None


def _provider_blocks(folder: Path) -> list[Block]:
    return [block for block in ModuleSource(folder).of_type("provider") if block.labels == (_PROVIDER,)]


def _is_plain(block: Block) -> bool:
    """Whether the block is one configuration whose values do not change from plan to plan."""
    unsure = ("var.", "local.", "module.", "data.", "each.", "path.")
    texts = [attribute.text for part in _all_blocks(block) for attribute in part.attributes.values()]
    named = {name for part in _all_blocks(block) for name in part.attributes}
    return not named & {"alias", "for_each"} and not any(mark in text for text in texts for mark in unsure)


def _rendered(block: Block) -> list[object]:
    return [
        [part.type, sorted((attribute.name, attribute.text) for attribute in part.attributes.values())]
        for part in _all_blocks(block)
    ]


def _all_blocks(block: Block) -> list[Block]:
    return [block, *(inner for part in block.blocks for inner in _all_blocks(part))]
