"""The step of the journey that uses the module as a backend, and judges what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tfproof.backend_use.encryption import WrittenState
from tfproof.backend_use.trial import Bench
from tfproof.backend_use.use import BackendUse, Depth, Policies, use_backend
from tfproof.checks import (
    backend_documented_policy,
    backend_key_bypass,
    backend_least_privilege,
    backend_read_only_policy,
    backend_read_write_policy,
    backend_state_encryption,
)
from tfproof.checks.backend import Backend
from tfproof.checks.backend_trials import judge_sufficient
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer
from tfproof.checks.live import LiveBackend
from tfproof.gateway.client import Gateway
from tfproof.targets.target import Target
from tfproof.terraform.workspace import Workspace
from tfproof.values import reveal

__all__ = ["can_be_used", "judge_use", "use_as_backend", "use_on_bench"]


def can_be_used(target: Target, live: LiveBackend) -> bool:
    """Whether there is a gateway before the target, and a module that says how its backend is used."""
    config = reveal(live.state.outputs.get("backend_config"))
    needed = ("bucket", "key", "region")
    return bool(getattr(target, "token", "")) and isinstance(config, dict) and all(config.get(name) for name in needed)


def use_as_backend(
    workspace: Workspace, target: Target, live: LiveBackend, depth: Depth, progress: Callable[[str], None]
) -> BackendUse:
    """Uses the module's `backend_config` with real Terraform, as a role that has the module's policies."""
    folder: Path = workspace.folder / "use"
    bench = Bench(
        folder, terraform=workspace.terraform, target=target, gateway=Gateway(target), running=workspace.running
    )
    return use_on_bench(bench, target, live, depth, progress)


def use_on_bench(
    bench: Bench, target: Target, live: LiveBackend, depth: Depth, progress: Callable[[str], None] = lambda _text: None
) -> BackendUse:
    """The same, on a bench that is there already."""
    outputs = live.state.outputs
    backend = {name: value for name, value in dict(reveal(outputs["backend_config"])).items() if value is not None}
    texts = {
        name: text if isinstance(text := reveal(outputs.get(f"{name}_policy_json")), str) else None
        for name in ("documented", "read_write", "read_only")
    }
    return use_backend(bench, backend, Policies(**texts), account_id=target.account_id, depth=depth, progress=progress)


def judge_use(use: BackendUse, live: LiveBackend) -> Iterator[tuple[Check, Iterator[Answer]]]:
    """The answers of every check that the use of the backend decides, by check."""
    backend = live.state
    if use.too_old:
        yield backend_documented_policy.CHECK, backend_documented_policy.judge_too_old(backend, use.too_old)
    written = {state.setting: state for state in use.written}
    if written:
        yield backend_state_encryption.CHECK, _encrypted(backend, written, live.key_arn)
        yield backend_key_bypass.CHECK, backend_key_bypass.judge(backend, written["encrypt alone"])
    if use.documented:
        trials = {**use.documented, **{f"{name} (as a user)": trial for name, trial in use.as_user.items()}}
        output = backend_documented_policy.OUTPUT
        yield backend_documented_policy.CHECK, judge_sufficient(backend, trials, output)
    if use.read_write:
        output = backend_read_write_policy.OUTPUT
        yield backend_read_write_policy.CHECK, judge_sufficient(backend, use.read_write, output)
    if use.read_only:
        yield backend_read_only_policy.CHECK, backend_read_only_policy.judge(backend, use.read_only)
    for table in use.tables:
        if table.policy == "read-write":
            yield backend_least_privilege.CHECK, backend_least_privilege.judge(backend, table)


def _encrypted(backend: Backend, written: dict[str, WrittenState], key_arn: str) -> Iterator[Answer]:
    yield from backend_state_encryption.judge(backend, written["encrypt and kms_key_id"], key_arn)
    bare = written["neither"]
    # With strict headers demanded, a write that names no encryption is refused: as safe as one that ends at the key.
    if not bare.is_refused:
        yield from backend_state_encryption.judge(backend, bare, key_arn)
